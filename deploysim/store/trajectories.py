"""Trajectories of agents in a run's responses: all steps as JSON text, and counts that are read without them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from deploysim.store.responses import scan_responses
from deploysim.store.workspace import Workspace
from deploysim.types import Ending, Message, ToolCall, Trajectory


def trajectory_fields(trajectory: Trajectory) -> dict[str, str | None]:
    """Return a trajectory as the columns of a response."""
    counts = Counter(trajectory.sources)
    return {
        "steps": _encoded(trajectory),
        "ending": str(trajectory.ending),
        "left_at": trajectory.left_at or None,
        "sources": json.dumps({source: counts[source] for source in sorted(counts)}),
    }


def read_trajectory(row: Mapping[str, Any]) -> Trajectory | None:
    """Return the trajectory of a response's row, or None where it has none."""
    if not row.get("steps"):
        return None
    steps = json.loads(row["steps"])
    results = [step for step in steps if step["role"] == "tool"]
    return Trajectory(
        messages=tuple(map(_message, steps)),
        ending=Ending(row["ending"]),
        sources=tuple(step["source"] for step in results),
        failed=tuple(step["failed"] for step in results),
        left_at=row["left_at"] or "",
    )


def source_counts(workspace: Workspace, run_id: str) -> dict[str, int]:
    """Return how many tool results of a run came from where, most first; none where no tool was called."""
    counts: Counter[str] = Counter()
    # Most rollouts share their few combinations of counts.
    found = scan_responses(workspace, run_id).drop_nulls("sources").group_by("sources").len().collect()
    for text, rows in found.iter_rows():
        counts.update({source: count * rows for source, count in json.loads(text).items()})
    return dict(counts.most_common())


def ending_counts(workspace: Workspace, run_id: str) -> dict[str, int]:
    """Return how a run's rollouts ended, most frequent first; none where it has none."""
    found = scan_responses(workspace, run_id).drop_nulls("ending").group_by("ending").len()
    return dict(found.sort("len", "ending", descending=[True, False]).collect().iter_rows())


def left_counts(workspace: Workspace, run_id: str) -> dict[str, int]:
    """Return at which tools a run's rollouts left the simulated world, most frequent first."""
    found = scan_responses(workspace, run_id).filter(pl.col("left_at").is_not_null()).group_by("left_at").len()
    return dict(found.sort("len", "left_at", descending=[True, False]).collect().iter_rows())


def _encoded(trajectory: Trajectory) -> str:
    given = iter(zip(trajectory.sources, trajectory.failed, strict=True))
    steps = []
    for message in trajectory.messages:
        step = {key: value for key, value in asdict(message).items() if value not in (None, ())}
        if message.role == "tool":
            step["source"], step["failed"] = next(given)
        steps.append(step)
    return json.dumps(steps, ensure_ascii=False, separators=(",", ":"))


def _message(step: Mapping[str, Any]) -> Message:
    calls = tuple(ToolCall(**call) for call in step.get("tool_calls", ()))
    return Message(step["role"], step["content"], calls, step.get("tool_call_id"), step.get("finish_reason"))
