"""What a job says of itself in its folder: how far it is, and what it came to. Counts only, never conversation text."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from deploysim.errors import InputError
from deploysim.pipeline.import_counts import ImportCounts
from deploysim.pipeline.importing import ImportResult
from deploysim.store.files import read_json, write_json
from deploysim.store.imports import ImportRecord
from deploysim.store.workspace import Workspace, checked_id

JOB_FOLDER = "DEPLOYSIM_JOB"
"""Variable that names the folder of the job that a process is."""
STDIN_BYTES = "DEPLOYSIM_STDIN_BYTES"
"""Variable that says how much the app is going to write to the process's standard input."""
EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is."""

    what: str
    """What it is at, such as sorting."""
    done: int
    """Rows that have come to their end, whatever became of them; where it is sorting, conversations in their place."""
    total: int
    """0 where it is not known."""
    kept: int
    duplicates: int
    left_out: dict[str, int]
    """Rows left out, by reason."""
    per_second: float | None
    seconds_left: float | None


@dataclass(slots=True)
class JobReport:
    """Writes a job's folder from inside the job; outside of one it writes nothing."""

    folder: Path | None
    _what: str = ""
    _started: float = 0.0
    _before: int = 0
    """Rows that an earlier process had done: they do not count towards the speed."""
    _written: float = 0.0

    def importing(self, counts: ImportCounts) -> None:
        """Say how far an import is, at most twice a second."""
        now = time.monotonic()
        if self.folder is None or now - self._written < EVERY_S:
            return
        stage = counts.stage()
        if stage.what != self._what:
            self._what, self._before, self._started = stage.what, stage.done, now
        fresh, seconds = stage.done - self._before, now - self._started
        speed = fresh / seconds if fresh and seconds > 1 else None
        left = max(0, stage.total - stage.done) / speed if speed and stage.total else None
        progress = ImportProgress(
            stage.what, stage.done, stage.total, counts.kept, counts.duplicates, left_out(counts), speed, left
        )
        write_json(self.folder / "progress.json", asdict(progress))
        self._written = time.monotonic()

    def replaying(self, run_id: str) -> None:
        """Say which run the job is at work on."""
        if self.folder is not None:
            write_json(self.folder / "run.json", {"run_id": run_id})

    def ended(self, exit_code: int) -> None:
        """Say how the job ended: only the process that started it is told by the system."""
        if self.folder is not None:
            write_json(self.folder / "end.json", {"exit_code": exit_code})

    def imported(self, results: Sequence[ImportResult]) -> None:
        """Say what the imports came to."""
        if self.folder is not None:
            write_json(self.folder / "result.json", {"imports": [result_row(result) for result in results]})


def job_report(environ: Mapping[str, str] | None = None) -> JobReport:
    """Return the report of the job that this process is, or one that says nothing where it is none."""
    folder = (os.environ if environ is None else environ).get(JOB_FOLDER)
    if folder and threading.current_thread() is threading.main_thread():
        # A server that was started in the background may have handed down that Ctrl-C is to be ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return JobReport(Path(folder) if folder else None)


def say_no_values() -> None:
    """Have errors that nobody foresaw told by their kind and place alone, for a process that holds raw text."""
    sys.excepthook = _say_where


def _say_where(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    """Print an error without its message: what a process prints may be kept, and messages quote values."""
    frames = traceback.extract_tb(at)[-3:]
    where = " <- ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    sys.stderr.write(f"An error that was not foreseen: {kind.__name__} at {where}. Please report it.\n")


def check_stdin(data: bytes, environ: Mapping[str, str] | None = None) -> None:
    """Raise InputError where the app announced more bytes than came: half a file must not pass for a whole one."""
    announced = (os.environ if environ is None else environ).get(STDIN_BYTES)
    if announced is not None and int(announced) != len(data):
        raise InputError(
            f"Only {len(data):,} of {int(announced):,} bytes of the uploaded file arrived, so nothing was imported.",
            expected="the app to run until it has handed the file over",
            next_step="upload the file again",
        )


def left_out(counts: ImportCounts) -> dict[str, int]:
    """Return how many rows were left out, by reason; those that could not be read are one of them."""
    unreadable = {"could not be read": counts.rejected_rows} if counts.rejected_rows else {}
    filtered = {"did not meet the row filter": counts.stats.filtered} if counts.stats.filtered else {}
    return {**counts.excluded(), **unreadable, **filtered}


def result_row(result: ImportResult) -> dict[str, Any]:
    """Return an import's record and whether it added anything, as programs read it."""
    return {**asdict(result.record), "added": result.added}


def read_progress(workspace: Workspace, job_id: str) -> ImportProgress | None:
    """Return how far an import is, or None where it has not said so yet."""
    path = workspace.jobs / checked_id(job_id, kind="job") / "progress.json"
    return ImportProgress(**read_json(path)) if path.exists() else None


def read_run_id(workspace: Workspace, job_id: str) -> str | None:
    """Return the run that a job is or was at work on, or None where it has not said so."""
    path = workspace.jobs / checked_id(job_id, kind="job") / "run.json"
    return str(read_json(path)["run_id"]) if path.exists() else None


def read_exit_code(folder: Path) -> int | None:
    """Return how a job ended, or None where it did not say so."""
    path = folder / "end.json"
    return int(read_json(path)["exit_code"]) if path.exists() else None


def read_results(workspace: Workspace, job_id: str) -> list[ImportResult]:
    """Return what the imports of a job came to; none where it did not get so far."""
    path = workspace.jobs / checked_id(job_id, kind="job") / "result.json"
    rows = read_json(path)["imports"] if path.exists() else []
    return [
        ImportResult(ImportRecord(**{k: v for k, v in row.items() if k != "added"}), added=row["added"]) for row in rows
    ]
