"""The lanes of a sample as audits read them: every response or failure, by prefix, with who gave it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from deploysim.audit.records import RECORDED, Side
from deploysim.audit.spreads import Outcome
from deploysim.audit.steps import Steps, steps_of_calls
from deploysim.audit.telling import Answer, Pair
from deploysim.pipeline.lanes import Lanes
from deploysim.store.imports import decode_tool_calls
from deploysim.store.runs import ENDED, list_runs, read_run, responses
from deploysim.store.samples import prefix_index, read_sample, recorded_responses
from deploysim.store.workspace import Workspace
from deploysim.types import Lane


def ended_lanes(workspace: Workspace, sample_id: str) -> Lanes:
    """Return the newest ended run of each lane, where there is one; neither is needed to audit the other."""
    newest: dict[str, str] = {}
    for run in reversed(list_runs(workspace, sample_id=sample_id)):
        if run.status in ENDED:
            newest[run.lane] = run.run_id
    return Lanes(sample_id, newest.get(Lane.CANDIDATE), newest.get(Lane.BASELINE))


def side(workspace: Workspace, sample_id: str, run_id: str | None, *, repeat: int = 0) -> Side:
    """Return whose responses a run, or the log where `run_id` is None, holds."""
    if run_id is None:
        models = ", ".join(sorted(read_sample(workspace, sample_id).models))
        return Side(RECORDED, None, models or "unknown", "as logged")
    run = read_run(workspace, run_id)
    return Side(run.lane, run_id, run.name, run.settings_line, repeat)


def repeats_of(workspace: Workspace, run_id: str) -> int:
    """Return how many responses to each prefix a run was asked for."""
    return read_run(workspace, run_id).repeats


def outcomes(workspace: Workspace, sample_id: str, run_id: str | None, *, repeat: int = 0) -> list[Outcome]:
    """Return what a lane gave for every prefix that it came to, in drawing order."""
    index = prefix_index(workspace, sample_id).select(
        "prefix_id", "position", cluster=pl.coalesce("user_key", "conversation_id")
    )
    rows = index.join(_answers(workspace, sample_id, run_id, repeat), on="prefix_id").sort("position")
    return [_outcome(row) for row in rows.iter_rows(named=True)]


def pairs(first: Sequence[Outcome], second: Sequence[Outcome]) -> tuple[list[Pair], int]:
    """Return the pairs of responses to the same prefix, and how many prefixes have none on one side."""
    others = {outcome.prefix_id: outcome for outcome in second}
    both = [(one, others[one.prefix_id]) for one in first if one.prefix_id in others]
    found = [
        Pair(one.prefix_id, one.cluster, Answer(one.text, one.steps), Answer(other.text, other.steps))
        for one, other in both
        if one.failure is None and other.failure is None
    ]
    return found, len(first) - len(found)


def _answers(workspace: Workspace, sample_id: str, run_id: str | None, repeat: int) -> pl.DataFrame:
    columns = ("prefix_id", "text", "tool_calls", "finish_reason", "failure_kind", "completion_tokens")
    if run_id is None:
        recorded = recorded_responses(workspace, sample_id)
        return recorded.with_columns(
            failure_kind=pl.lit(None, dtype=pl.String), completion_tokens=pl.lit(None, dtype=pl.Int64)
        ).select(columns)
    return responses(workspace, run_id).filter(pl.col("repeat") == repeat).select(columns)


def _outcome(row: dict[str, object]) -> Outcome:
    calls = decode_tool_calls(str(row["tool_calls"])) if row["tool_calls"] else ()
    steps: Steps | None = steps_of_calls(calls)
    tokens = row["completion_tokens"]
    return Outcome(
        prefix_id=str(row["prefix_id"]),
        cluster=str(row["cluster"]),
        failure=str(row["failure_kind"]) if row["failure_kind"] else None,
        text=str(row["text"] or ""),
        finish_reason=str(row["finish_reason"]) if row["finish_reason"] else None,
        tokens=tokens if isinstance(tokens, int) else None,
        steps=steps,
    )
