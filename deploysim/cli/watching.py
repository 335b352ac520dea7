"""A run in a terminal: the same facts as on the Runs page, while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deploysim.cli.console import err, say
from deploysim.errors import BusyError
from deploysim.pipeline.batching import batch_state
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.pipeline.run_facts import live_facts
from deploysim.pipeline.spending import Spending, run_spending
from deploysim.store.run_progress import RunProgress, read_progress, run_state
from deploysim.store.runs import RunRecord, read_run
from deploysim.store.workspace import Workspace

LINE_EVERY_S = 5.0
LOOK_EVERY_S = 1.0
"""How often a run of another process is looked at."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of a run at a moment."""

    run: RunRecord
    progress: RunProgress
    spending: Spending

    def share(self) -> float:
        return self.progress.done / self.progress.total if self.progress.total else 1.0

    def title(self) -> str:
        return f"{self.run.lane}: {self.run.name}"

    def facts(self) -> list[tuple[str, str]]:
        found = live_facts(self.run, self.progress, spending=self.spending, now=datetime.now(UTC))
        return [(fact.label, fact.value) for fact in found]


def watched_replay(workspace: Workspace, plan: ReplayPlan, *, now: datetime) -> RunRecord:
    """Make a run and show how it goes; where another process is at work on it, show that until it ends.

    Raises:
        What `replay_sample` raises, but for BusyError.
    """
    run_id = plan.run_id()
    try:
        with _shown(workspace, run_id) as tick:
            return replay_sample(workspace, plan, now=now, report=lambda what, done, total: tick())
    except BusyError:
        say(f"Run {run_id} is at work in another process. Watching it; Ctrl-C ends the watching only.")
        return follow(workspace, run_id)


def follow(workspace: Workspace, run_id: str) -> RunRecord:
    """Show a run of another process until it is not at work any more, and return its record."""
    with _shown(workspace, run_id) as tick:
        while run_state(run := read_run(workspace, run_id), read_progress(workspace, run_id)) == "running":
            tick()
            # The other process says how it goes in a file, and to nobody in particular.
            time.sleep(LOOK_EVERY_S)
    return run


@contextmanager
def _shown(workspace: Workspace, run_id: str) -> Iterator[Callable[[], None]]:
    """Show a run while a block runs, which calls what it is given now and then."""
    if not err.is_terminal:
        yield _Lines(workspace, run_id)
        return
    with Live(get_renderable=lambda: _panel(workspace, run_id), console=err, refresh_per_second=2, transient=False):
        yield lambda: None


def _look(workspace: Workspace, run_id: str) -> _Look | None:
    progress = read_progress(workspace, run_id)
    if progress is None:
        return None
    run = read_run(workspace, run_id)
    return _Look(run, progress, run_spending(workspace, run))


def _panel(workspace: Workspace, run_id: str) -> Group:
    look = _look(workspace, run_id)
    if look is None:
        return Group(Text("starting"))
    done, total = look.progress.done, look.progress.total
    head = Table.grid(padding=(0, 2))
    head.add_row(
        Text(look.title(), style="bold"),
        ProgressBar(total=max(1, total), completed=done, width=28),
        Text(f"{done:,} of {total:,}"),
    )
    table = Table.grid(padding=(0, 2))
    for label, value in look.facts():
        table.add_row(Text(label, style="dim"), Text(value))
    if words := batch_state(workspace, run_id).words():
        table.add_row(Text("Batches", style="dim"), Text(words))
    return Group(head, table)


@dataclass(slots=True)
class _Lines:
    """Prints a plain line every few seconds."""

    workspace: Workspace
    run_id: str
    _printed: float = float("-inf")

    def __call__(self) -> None:
        if time.monotonic() - self._printed < LINE_EVERY_S or (look := _look(self.workspace, self.run_id)) is None:
            return
        self._printed = time.monotonic()
        facts = "; ".join(f"{label.lower()} {value}" for label, value in look.facts())
        said = f"{look.title()}: {look.progress.done:,} of {look.progress.total:,} ({look.share():.0%}); {facts}"
        err.print(said, markup=False, soft_wrap=True)
