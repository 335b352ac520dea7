"""How far a run is, as its process says, and what others ask of that process."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

from deploysim.store.files import read_json, write_json, write_text
from deploysim.store.runs import RunRecord, responses_path, run_folder
from deploysim.store.workspace import Workspace

CANCEL = "cancel batches"
"""What a request to stop holds that is also one to cancel."""

SILENT_AFTER_S = 15.0
"""A run whose process has not been heard of for so long has stopped."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is, as its process last said."""

    done: int
    """Outcomes: of each prefix as many as there are repeats."""
    failed: int
    total: int
    prompt_tokens: int
    """Of the whole run, so far."""
    completion_tokens: int
    """Of the whole run, so far."""
    seconds: float
    """Spent by the process that runs now."""
    answered_now: int
    """Answered by the process that runs now."""
    updated: float
    """Unix time."""
    failed_by_kind: dict[str, int] = field(default_factory=dict)
    """Failures of the whole run, by reason."""
    cut: int = 0
    """Responses of the whole run that ended because they reached a limit of length."""
    lately_per_second: float | None = None
    """Outcomes a second, over the latest thousand."""
    latencies: dict[str, float] = field(default_factory=dict)
    """Percentiles "50", "90" and "99" of the latest latencies, in seconds."""
    width: int | None = None
    """Calls that may be in flight at the moment; it adapts to the endpoint."""
    ceiling: int | None = None
    """Most calls that may ever be in flight."""
    waits_s: float = 0.0
    """How long all calls still wait for a limit of requests or tokens; 0 where none holds them back."""
    answered_by: dict[str, int] = field(default_factory=dict)
    """Responses of the whole run by the name that the endpoint gave the model that answered."""
    retries: int = 0
    """Calls that the process that runs now has tried again."""

    @property
    def per_second(self) -> float | None:
        """Outcomes a second of late, by the process that runs now."""
        if self.lately_per_second is not None:
            return self.lately_per_second
        return self.answered_now / self.seconds if self.seconds > 0 and self.answered_now else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated time left, or None before the first answer."""
        return (self.total - self.done) / self.per_second if self.per_second else None


def write_progress(workspace: Workspace, run_id: str, progress: RunProgress) -> None:
    """Say how far a run is."""
    write_json(run_folder(workspace, run_id) / "progress.json", asdict(progress))


def read_progress(workspace: Workspace, run_id: str) -> RunProgress | None:
    """Return how far a run is, or None where it never said."""
    path = run_folder(workspace, run_id) / "progress.json"
    return RunProgress(**read_json(path)) if path.exists() else None


def run_state(record: RunRecord, progress: RunProgress | None, *, now: float | None = None) -> str:
    """Return "running", "interrupted", "done", "stopped" or "failed"."""
    if record.status != "started":
        return record.status
    heard = progress.updated if progress else 0.0
    return "running" if (now or time.time()) - heard < SILENT_AFTER_S else "interrupted"


def request_stop(workspace: Workspace, run_id: str, *, cancel_batches: bool = False) -> None:
    """Ask the process of a run to stop cleanly; it does so within seconds.

    Args:
        workspace: Where the run is.
        run_id: The run.
        cancel_batches: Whether what it has at a provider's Batch API is cancelled first; else it goes on there.
    """
    write_text(run_folder(workspace, run_id) / "stop", CANCEL if cancel_batches else "")


def cancel_requested(workspace: Workspace, run_id: str) -> bool:
    """Say whether a run was asked to stop and to cancel its batches."""
    path = run_folder(workspace, run_id) / "stop"
    return path.exists() and path.read_text(encoding="ascii") == CANCEL


def stop_requested(workspace: Workspace, run_id: str) -> bool:
    """Say whether a run was asked to stop."""
    return (run_folder(workspace, run_id) / "stop").exists()


def clear_for_resume(workspace: Workspace, run_id: str) -> None:
    """Take back a request to stop, and let the journal count again in place of what was sealed from it."""
    (run_folder(workspace, run_id) / "stop").unlink(missing_ok=True)
    responses_path(workspace, run_id).unlink(missing_ok=True)
