"""The lanes of a sample as audits read them: every response or failure, by prefix, with who gave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from deploysim.audit.records import RECORDED, Side
from deploysim.audit.spreads import Outcome
from deploysim.audit.steps import Steps, steps_of_calls, steps_of_trajectory, told
from deploysim.audit.telling import Answer, Pair
from deploysim.pipeline.lanes import Lanes
from deploysim.store.imports import decode_tool_calls
from deploysim.store.responses import responses
from deploysim.store.runs import ENDED, list_runs, read_run
from deploysim.store.sample_prefixes import SampledPrefix, get_prefixes, prefix_index, prefixes, recorded_responses
from deploysim.store.samples import read_sample
from deploysim.store.tool_records import rollout_count
from deploysim.store.trajectories import read_trajectory
from deploysim.store.workspace import Workspace
from deploysim.tools.spec import ToolSpecs
from deploysim.tools.trajectory import recorded_trajectory
from deploysim.types import Lane, Trajectory


def ended_lanes(workspace: Workspace, sample_id: str) -> Lanes:
    """Return the newest ended run of each lane, where there is one; neither is needed to audit the other."""
    newest: dict[str, str] = {}
    for run in reversed(list_runs(workspace, sample_id=sample_id)):
        if run.status in ENDED and not run.without:
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
    logged = _logged_steps(workspace, sample_id) if run_id is None else {}
    return [_outcome(row, logged.get(row["prefix_id"])) for row in rows.iter_rows(named=True)]


def readings(
    workspace: Workspace, sample_id: str, run_id: str | None, prefix_ids: Sequence[str], *, repeat: int = 0
) -> dict[str, str]:
    """Return what a lane gave for some prefixes as a reader sees it: of a rollout all its steps, else the text."""
    sampled = get_prefixes(workspace, sample_id, prefix_ids)
    answers = _answers(workspace, sample_id, run_id, repeat).filter(pl.col("prefix_id").is_in(list(prefix_ids)))
    found = {}
    for row in answers.iter_rows(named=True):
        trajectory = read_trajectory(row) if run_id else _logged(sampled[row["prefix_id"]])
        found[row["prefix_id"]] = told(trajectory) if trajectory else row["text"] or ""
    return found


def pairs(first: Sequence[Outcome], second: Sequence[Outcome]) -> tuple[list[Pair], int]:
    """Return the pairs of responses to the same prefix, and how many prefixes have none on one side.

    Where the log ends before the agent's answer, it holds no whole response to compare with.
    """
    others = {outcome.prefix_id: outcome for outcome in second}
    both = [(one, others[one.prefix_id]) for one in first if one.prefix_id in others]
    found = [
        Pair(one.prefix_id, one.cluster, Answer(one.text, one.steps), Answer(other.text, other.steps))
        for one, other in both
        if one.whole and other.whole
    ]
    return found, len(first) - len(found)


_COLUMNS = (
    "prefix_id", "text", "tool_calls", "finish_reason", "failure_kind", "completion_tokens", "latency_s", "steps",
    "ending", "left_at",
)  # fmt: skip


def _answers(workspace: Workspace, sample_id: str, run_id: str | None, repeat: int) -> pl.DataFrame:
    if run_id is not None:
        return responses(workspace, run_id).filter(pl.col("repeat") == repeat).select(_COLUMNS)
    recorded = recorded_responses(workspace, sample_id)
    return recorded.with_columns(pl.lit(None).alias(name) for name in _COLUMNS if name not in recorded.columns)


def _logged_steps(workspace: Workspace, sample_id: str) -> dict[str, Steps]:
    """Return by prefix what the log's agents did."""
    if not rollout_count(workspace, sample_id):
        return {}
    agents = ((one, _logged(one)) for one in prefixes(workspace, sample_id))
    return {one.prefix.prefix_id: steps_of_trajectory(did, simulated=False) for one, did in agents if did}


def _logged(sampled: SampledPrefix) -> Trajectory | None:
    followed_by = sampled.prefix.followed_by
    return recorded_trajectory(followed_by, ToolSpecs()) if followed_by else None


def _outcome(row: Mapping[str, Any], logged: Steps | None) -> Outcome:
    return Outcome(
        prefix_id=row["prefix_id"],
        cluster=row["cluster"],
        failure=row["failure_kind"],
        text=row["text"] or "",
        finish_reason=row["finish_reason"],
        tokens=row["completion_tokens"],
        steps=logged or _steps(row),
    )


def _steps(row: Mapping[str, Any]) -> Steps | None:
    trajectory = read_trajectory(row)
    if trajectory:
        return steps_of_trajectory(trajectory, simulated=True, seconds=row["latency_s"])
    return steps_of_calls(decode_tool_calls(row["tool_calls"]))
