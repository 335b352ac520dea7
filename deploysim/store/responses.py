"""The responses of a run: one row for each prefix and repeat, from its journal or sealed as Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.store.files import sha256_file, write_parquet
from deploysim.store.imports import DataType
from deploysim.store.journal import read_journal
from deploysim.store.outcomes import ANSWERED, CUT, UNFINISHED, Outcomes
from deploysim.store.runs import journal_path, responses_path
from deploysim.store.sealing import seal_journal
from deploysim.store.workspace import Workspace

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


def write_responses(workspace: Workspace, run_id: str, rows: list[dict[str, Any]]) -> None:
    """Write the responses of a run that were made elsewhere."""
    write_parquet(responses_path(workspace, run_id), _frame(rows))


def seal_responses(workspace: Workspace, run_id: str, outcomes: Outcomes) -> None:
    """Write those outcomes of a run's journal that count as Parquet; the others stay in the journal."""
    seal_journal(journal_path(workspace, run_id), outcomes, responses_path(workspace, run_id), schema=RESPONSES)


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


_BLANK: dict[str, Any] = dict.fromkeys(LATER)


def _from_journal(path: Path) -> pl.DataFrame:
    return (
        _frame([{**_BLANK, **row} for row in read_journal(path)]) if path.exists() else pl.DataFrame(schema=RESPONSES)
    )


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    newest = {(row["prefix_id"], row["repeat"]): row for row in rows}
    return pl.DataFrame(list(newest.values()), schema=RESPONSES).sort("prefix_id", "repeat")
