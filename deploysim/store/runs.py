"""Runs: one model configuration answering one sample in one lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploysim.errors import NotFoundError
from deploysim.store.files import read_json, write_json
from deploysim.store.workspace import Workspace, checked_id

ENDED = ("done", "stopped")
"""States in which a run's responses are sealed and can be graded."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run is: written when it starts and again when it ends."""

    run_id: str
    sample_id: str
    lane: str
    name: str
    """What people call the model."""
    model: str
    settings: dict[str, Any]
    """Whole request parameters, without the key."""
    settings_line: str
    fingerprint: str
    seed: int
    prefixes: int
    """Prefixes of the sample that are not withheld."""
    created_at: str
    status: str = "started"
    """"started", "done", "stopped" (asked to) or "failed" (see error)."""
    finished_at: str | None = None
    error: str | None = None
    without: str = ""
    """What was taken away from it to see what that does; such a run stands for no lane unless somebody names it."""
    imported_from: str | None = None
    """Base name of the file, where the responses were made elsewhere."""
    notes: tuple[str, ...] = ()
    gate_note: str = ""
    """Under which condition the sample went to another machine: the note that stays whatever becomes of the run."""
    repeats: int = 1
    """Independent responses to each prefix."""
    block: int | None = None
    """Conversations of each of the blocks in which it was sent; None where it was not."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How often which outcome is among the sealed responses, "answered" and "cut by length" among them."""
    answered_by: dict[str, int] = field(default_factory=dict)
    """Sealed responses by the name that the endpoint gave the model that answered."""
    dropped_parameters: dict[str, int] = field(default_factory=dict)
    """How many sealed responses were asked for without a parameter that their log has and the endpoint does not take."""
    prompt_tokens: int | None = None
    """Read by all attempts of a run that has ended, as the endpoint counted; None where it counted none."""
    completion_tokens: int | None = None
    """Written by all attempts of a run that has ended."""


def run_folder(workspace: Workspace, run_id: str) -> Path:
    """Return where a run is kept."""
    return workspace.runs / checked_id(run_id, kind="run")


def journal_path(workspace: Workspace, run_id: str) -> Path:
    """Return the journal that a run's responses are appended to."""
    return run_folder(workspace, run_id) / "responses.jsonl"


def responses_path(workspace: Workspace, run_id: str) -> Path:
    """Return the Parquet file that a run's responses end up in."""
    return run_folder(workspace, run_id) / "responses.parquet"


def write_run(workspace: Workspace, record: RunRecord) -> None:
    """Write a run's record."""
    write_json(run_folder(workspace, record.run_id) / "run.json", asdict(record))


def read_run(workspace: Workspace, run_id: str) -> RunRecord:
    """Return a run's record.

    Raises:
        NotFoundError: where the workspace has no such run.
    """
    path = run_folder(workspace, run_id) / "run.json"
    if not path.exists():
        raise NotFoundError(
            f"The workspace has no run {run_id}.",
            next_step="`python -m deploysim status` lists the runs; it may belong to another workspace",
        )
    return _record(path)


def list_runs(workspace: Workspace, *, sample_id: str | None = None) -> list[RunRecord]:
    """Return all runs, newest first, of one sample where given."""
    found = [_record(path) for path in workspace.runs.glob("*/run.json")]
    chosen = [r for r in found if sample_id in (None, r.sample_id)]
    return sorted(chosen, key=lambda r: (r.created_at, r.run_id), reverse=True)


def _record(path: Path) -> RunRecord:
    values: Mapping[str, Any] = read_json(path)
    return RunRecord(**{**values, "notes": tuple(values["notes"])})
