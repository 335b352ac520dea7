"""Replay on other machines: the run is begun and finished here, its shards are answered anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.errors import InputError
from deploysim.pipeline.batching import check_way
from deploysim.pipeline.replaying import ReplayPlan, begin, finish, whole
from deploysim.replay.shards import SHARD_TASKS, Shard, shards
from deploysim.store.journal import Journal
from deploysim.store.outcomes import Outcomes, read_outcomes
from deploysim.store.responses import LATER, RESPONSES, read_part
from deploysim.store.runs import RunRecord, journal_path
from deploysim.store.tool_records import rollout_count
from deploysim.store.workspace import Workspace


def hand_out(workspace: Workspace, plan: ReplayPlan, *, now: datetime, tasks: int = SHARD_TASKS) -> Iterator[Shard]:
    """Begin a run, or go on with it, and yield what is left of it as shards.

    Raises:
        BusyError: where a process on this machine is at work on the run.
        InputError: where the sample holds rollouts or the plan has a budget, or where the spot-check of scrubbing does
            not allow sending the sample to another machine.
    """
    if rollout_count(workspace, plan.sample_id):
        raise InputError(
            "The sample holds agents' rollouts, whose tools are answered where the workspace is.",
            expected="a sample of single responses",
            next_step="replay it here, or draw single steps: `python -m deploysim sample --single-steps`",
        )
    check_way(workspace, plan.run_id(), plan.settings, batch=False)
    if plan.budget:
        raise InputError(
            "A budget cannot be kept by several machines, none of which knows what the others spend.",
            expected="shards without a budget",
            next_step="hand out fewer of them with a limit, or replay on one machine",
        )
    with Journal(journal_path(workspace, plan.run_id())) as journal:
        record = begin(workspace, plan, now=now)
        todo = whole(workspace, record, read_outcomes(journal.path), limit=plan.limit, retry=plan.retry)
    yield from shards(todo, tasks=tasks)


def collect(workspace: Workspace, plan: ReplayPlan, parts: Path, *, now: datetime) -> RunRecord:
    """Take the parts of a folder into the run; those that were taken before are not taken again.

    Raises:
        BusyError: where a process on this machine is at work on the run.
        InputError: where a part has not the columns of responses.
    """
    with Journal(journal_path(workspace, plan.run_id())) as journal:
        record = begin(workspace, plan, now=now)
        outcomes = read_outcomes(journal.path)
        for part in sorted(parts.glob("*.parquet")):
            journal.append(_new(part, outcomes))
        return finish(workspace, record)


def _new(part: Path, outcomes: Outcomes) -> Iterator[dict[str, Any]]:
    # Whoever made it may know nothing of what a log gives, nor of rollouts.
    frame = read_part(part, but=LATER)
    if frame.schema != pl.Schema(RESPONSES):
        raise InputError(
            f"{part.name} is no part of a run.",
            expected=f"the columns {', '.join(RESPONSES)}, as `replay_shard` writes them",
            next_step="move it out of the folder, or make the part again",
        )
    for row in frame.iter_rows(named=True):
        before = outcomes.get(row["prefix_id"], row["repeat"])
        if before is None or before.attempts < row["attempt"]:
            yield row
