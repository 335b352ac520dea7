"""Runs: one model configuration answering one sample in one lane, with its responses."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deploysim.errors import NotFoundError
from deploysim.store.files import read_json, sha256_file, write_json, write_parquet, write_text
from deploysim.store.imports import DataType
from deploysim.store.journal import read_journal
from deploysim.store.outcomes import ANSWERED, CUT, UNFINISHED, Outcomes
from deploysim.store.sealing import seal_journal
from deploysim.store.workspace import Workspace, checked_id

RESPONSES: dict[str, DataType] = {
    "prefix_id": pl.String,
    "repeat": pl.Int32,
    "attempt": pl.Int32,
    "status": pl.String,
    "text": pl.String,
    "tool_calls": pl.String,
    "finish_reason": pl.String,
    "failure_kind": pl.String,
    "failure_detail": pl.String,
    "prompt_tokens": pl.Int64,
    "completion_tokens": pl.Int64,
    "latency_s": pl.Float64,
    "model": pl.String,
    "at": pl.String,
    "parameters": pl.String,
    "dropped": pl.String,
    "steps": pl.String,
    "ending": pl.String,
    "left_at": pl.String,
    "sources": pl.String,
}
"""`status` is "ok" or "failed"; `tool_calls` is JSON text; `attempt` counts how often the outcome was asked for. `parameters`
are all that were sent, as JSON text, where the log gave any (else they are the run's own); `dropped` names those of the log
that could not be sent.

The last four are of an agent's rollout and null elsewhere: all steps as JSON text, how it ended, the tool that nobody
could answer for, and how many results came from where as JSON text. Text and tool calls are those of the last step."""

LATER = ("parameters", "dropped", "steps", "ending", "left_at", "sources")
"""Columns that parts and runs from before there were them lack."""
TOKENS: dict[str, DataType] = {name: RESPONSES[name] for name in ("prefix_id", "prompt_tokens", "completion_tokens")}
ENDED = ("done", "stopped")
"""States in which a run's responses are sealed and can be graded."""
CANCEL = "cancel batches"
"""What a request to stop holds that is also one to cancel."""
SILENT_AFTER_S = 15.0
"""A run whose process has not been heard of for so long has stopped."""


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


def write_responses(workspace: Workspace, run_id: str, rows: list[dict[str, Any]]) -> None:
    """Write the responses of a run that were made elsewhere."""
    write_parquet(responses_path(workspace, run_id), _frame(rows))


def seal_responses(
    workspace: Workspace, run_id: str, outcomes: Outcomes, *, kept: NDArray[np.bool_] | None = None
) -> None:
    """Write what the journal holds as Parquet, the newest row of each prefix and repeat winning.

    Args:
        workspace: Where the run is.
        run_id: The run.
        outcomes: What its journal holds.
        kept: Which of them; all where None. The others stay in the journal and count once the run goes on.
    """
    target = responses_path(workspace, run_id)
    seal_journal(journal_path(workspace, run_id), outcomes, target, schema=RESPONSES, kept=kept)


def responses(workspace: Workspace, run_id: str) -> pl.DataFrame:
    """Return a run's responses so far, one row per prefix and repeat."""
    sealed = responses_path(workspace, run_id)
    return _scan_sealed(sealed).collect() if sealed.exists() else _from_journal(journal_path(workspace, run_id))


def read_part(path: Path, *, but: Sequence[str]) -> pl.DataFrame:
    """Read a file of responses that was made elsewhere; of some columns those that it lacks are null."""
    frame = pl.read_parquet(path)
    return frame.with_columns(pl.lit(None, RESPONSES[name]).alias(name) for name in but if name not in frame.columns)


def responses_of(workspace: Workspace, run_id: str, prefix_id: str) -> pl.DataFrame:
    """Return a run's responses to one prefix."""
    return responses_to(workspace, run_id, [prefix_id])


def responses_to(workspace: Workspace, run_id: str, prefix_ids: Sequence[str]) -> pl.DataFrame:
    """Return a run's responses to some prefixes."""
    wanted = pl.col("prefix_id").is_in(list(prefix_ids))
    return scan_responses(workspace, run_id).filter(wanted).sort("prefix_id", "repeat").collect()


def responses_digest(workspace: Workspace, run_id: str) -> str | None:
    """Return the SHA-256 of a run's responses, or None while it still answers."""
    path = responses_path(workspace, run_id)
    return sha256_file(path) if path.exists() else None


OUTCOME = (
    pl.when(pl.col("status") == "failed")
    .then(pl.col("failure_kind"))
    .when(pl.col("ending").is_in(list(UNFINISHED)))
    .then(pl.col("ending"))
    .when(pl.col("finish_reason") == "length")
    .then(pl.lit(CUT))
    .otherwise(pl.col("ending").fill_null(ANSWERED))
)
"""What became of a prefix, as `outcome_of` says of one row."""


def outcome_counts(workspace: Workspace, run_id: str) -> dict[str, int]:
    """Return how often there is which outcome among a run's responses so far, most frequent first."""
    counted = (
        scan_responses(workspace, run_id)
        .group_by(outcome=OUTCOME)
        .len()
        .sort("len", "outcome", descending=[True, False])
    )
    return dict(counted.collect().iter_rows())


@dataclass(frozen=True, slots=True)
class RunSums:
    """What the responses of a run come to."""

    rows: int
    prompt_tokens: int
    completion_tokens: int
    latencies: dict[str, float]
    """Percentiles "50", "90" and "99" of all latencies in seconds; none where none is known."""


def run_sums(workspace: Workspace, run_id: str) -> RunSums:
    """Return what a run's responses so far come to; a million of them are not held in memory."""
    latency = pl.col("latency_s")
    quantiles = {str(percent): latency.quantile(percent / 100, "higher") for percent in (50, 90, 99)}
    found = scan_responses(workspace, run_id).select(
        pl.len().alias("rows"), pl.col("prompt_tokens", "completion_tokens").sum(), **quantiles
    )
    row = found.collect().row(0, named=True)
    known = {percent: row[percent] for percent in quantiles if row[percent] is not None}
    return RunSums(row["rows"], row["prompt_tokens"] or 0, row["completion_tokens"] or 0, known)


def dropped_parameters(workspace: Workspace, run_id: str) -> dict[str, int]:
    """Return how many of a run's responses were asked for without which parameters of the log."""
    names = scan_responses(workspace, run_id).select(
        pl.col("dropped").drop_nulls().str.split(",").explode().alias("name")
    )
    counted = names.drop_nulls().group_by("name").len().sort("len", "name", descending=[True, False]).collect()
    return dict(counted.iter_rows())


def written_tokens(workspace: Workspace, run_id: str) -> int:
    """Return how many tokens a run's responses have."""
    return int(scan_responses(workspace, run_id).select(pl.col("completion_tokens").sum()).collect().item() or 0)


def counted_tokens(workspace: Workspace, run_id: str, *, most: int) -> pl.DataFrame:
    """Return how many tokens the endpoint counted for a run's first responses, at most so many: columns of `TOKENS`."""
    sealed = responses_path(workspace, run_id)
    if sealed.exists():
        counted = pl.scan_parquet(sealed).filter(pl.col("status") == "ok").select(list(TOKENS)).drop_nulls()
        return counted.head(most).collect()
    path = journal_path(workspace, run_id)
    rows = (row for row in read_journal(path) if row["status"] == "ok") if path.exists() else iter(())
    found = [{name: row[name] for name in TOKENS} for row in islice(rows, most)]
    return pl.DataFrame(found, schema=TOKENS).drop_nulls()


def failures_by_reason(frame: pl.DataFrame) -> dict[str, int]:
    """Return how many responses failed, by reason, most frequent first."""
    counts = (
        frame.filter(pl.col("status") == "failed")
        .group_by("failure_kind")
        .len()
        .sort("len", "failure_kind", descending=[True, False])
    )
    return dict(counts.iter_rows())


def scan_responses(workspace: Workspace, run_id: str) -> pl.LazyFrame:
    """Return a run's responses so far, to be read as far as they are needed."""
    sealed = responses_path(workspace, run_id)
    return _scan_sealed(sealed) if sealed.exists() else responses(workspace, run_id).lazy()


def _scan_sealed(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, schema=RESPONSES, missing_columns="insert", extra_columns="ignore")


def _record(path: Path) -> RunRecord:
    values: Mapping[str, Any] = read_json(path)
    return RunRecord(**{**values, "notes": tuple(values["notes"])})


_BLANK: dict[str, Any] = dict.fromkeys(LATER)


def _from_journal(path: Path) -> pl.DataFrame:
    return (
        _frame([{**_BLANK, **row} for row in read_journal(path)]) if path.exists() else pl.DataFrame(schema=RESPONSES)
    )


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    newest = {(row["prefix_id"], row["repeat"]): row for row in rows}
    return pl.DataFrame(list(newest.values()), schema=RESPONSES).sort("prefix_id", "repeat")
