"""Keeping others out while the workspace's files are rewritten, and clearing away what killed writers left."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from deploysim.errors import BusyError
from deploysim.store.runs import journal_path
from deploysim.store.workspace import Workspace

_PARTIAL = re.compile(r"\..+\.(\d+)\.part(?:\..*)?")
"""Names that `atomic_path` gives to what is being written, with the process's number; DuckDB adds endings of its own."""


@contextmanager
def writers_locked_out(workspace: Workspace, run_ids: Iterable[str]) -> Iterator[None]:
    """Hold the locks of all imports, of some runs, of judging and of the reviews while the block runs.

    Raises:
        BusyError: where one of them is being written.
    """
    with ExitStack() as held:
        for path in workspace.conversations.glob(".*.lock"):
            _hold(held, path, "An import is running", "wait for it, or stop it and start it again afterwards")
        for run_id in run_ids:
            journal = journal_path(workspace, run_id)
            if journal.exists():
                lock = Path(f"{journal}.lock")
                _hold(held, lock, f"Run {run_id} is being answered", "stop it on the Runs page, or wait for it")
        for path in workspace.grades.glob("*/*.jsonl"):
            _hold(held, Path(f"{path}.lock"), "Judges are being asked", "wait for it, or stop it")
        for path in (workspace.root / "reviews").glob("*.jsonl"):
            _hold(held, Path(f"{path}.lock"), "Somebody is reviewing", "try again when no review is open")
        yield


def clear_leftovers(workspace: Workspace) -> int:
    """Remove what killed writers left half written, which may hold anything, and return how many there were.

    Raises:
        BusyError: where a process of this machine is still writing one.
    """
    found = [(path, int(match[1])) for path in workspace.root.rglob("*") if (match := _PARTIAL.fullmatch(path.name))]
    busy = [path for path, pid in found if pid != os.getpid() and _alive(pid)]
    if busy:
        raise BusyError(
            f"Another process is writing {busy[0].parent.name} of this workspace.",
            expected="a workspace in which nothing is being written",
            next_step="wait for it, then run the same command again",
        )
    leftovers = [path for path, _ in found] + list(workspace.conversations.glob(".*.parts/spill"))
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(leftovers)


def _hold(held: ExitStack, path: Path, happened: str, next_step: str) -> None:
    try:
        held.enter_context(FileLock(path, timeout=0))
    except Timeout as error:
        raise BusyError(
            f"{happened}, so nothing was erased.",
            expected="a workspace in which nothing that holds the conversation is being written",
            next_step=next_step,
        ) from error


def _alive(pid: int) -> bool:
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
