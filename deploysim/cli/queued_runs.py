"""The command that gives queued runs their turn: work-queue."""

from __future__ import annotations

from datetime import UTC, datetime

from deploysim.cli.console import WorkspaceOption, context, say
from deploysim.pipeline.run_queue import work_queue
from deploysim.wording import counted


def work_queue_command(workspace: WorkspaceOption = None) -> None:
    """Let the runs that wait in the queue go one after another; the app starts this by itself.

    Example: python -m deploysim work-queue
    """
    here = context(workspace)
    done = work_queue(here.workspace, clock=lambda: datetime.now(UTC))
    say(f"{counted(done, 'queued run')} had their turn." if done else "Nothing waits, or another process is at it.")
