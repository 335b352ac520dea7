"""What became of all rollouts of a sample's agents: how they ended, who answered their tools, what was found in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.grade.rules import RULES
from deploysim.pipeline.lanes import Lanes, joint_verdicts
from deploysim.pipeline.replay_notes import source_shares
from deploysim.store.grades import FAILED
from deploysim.store.responses import failures_by_reason, responses
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.trajectories import ending_counts, left_counts, read_trajectory, source_counts
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import RuleStep
from deploysim.tools.calls import call_key
from deploysim.tools.spec import ToolSpecs
from deploysim.tools.trajectory import recorded_trajectory
from deploysim.types import Ending, Lane, Trajectory, Verdict


@dataclass(frozen=True, slots=True)
class Agents:
    """The rollouts of a sample in all lanes, counted."""

    prefix_ids: tuple[str, ...]
    """All of them, in drawing order."""
    differ: tuple[str, ...]
    """Those at which the candidate made other calls than the log."""
    unfinished: tuple[str, ...]
    """Those at which the candidate did not come to an end of its own, failed, or has not answered yet."""
    totals: tuple[LaneTotals, ...]


@dataclass(frozen=True, slots=True)
class LaneTotals:
    """What became of the rollouts of one lane."""

    lane: str
    rollouts: int
    failed: int
    endings: dict[str, int]
    left_at: dict[str, int]
    calls: float | None
    """Mean calls of a rollout; None where there is none."""
    sources: dict[str, int]

    def shares(self) -> str:
        """Return who answered the tools, in words."""
        return source_shares(self.sources)


def agents_of(workspace: Workspace, lanes: Lanes) -> Agents:
    """Count the rollouts of a sample in every lane, reading each once."""
    logged = {
        one.prefix.prefix_id: recorded_trajectory(one.prefix.followed_by, ToolSpecs())
        for one in prefixes(workspace, lanes.sample_id)
        if one.prefix.followed_by
    }
    totals, candidate = [_recorded_totals(list(logged.values()))], dict[str, Trajectory]()
    for lane, run_id in lanes.runs().items():
        mine = responses(workspace, run_id).filter(pl.col("prefix_id").is_in(list(logged)))
        found = {
            (row["prefix_id"], row["repeat"]): did
            for row in mine.iter_rows(named=True)
            if (did := read_trajectory(row))
        }
        totals.append(_totals(workspace, lane, run_id, mine, list(found.values())))
        if lane == Lane.CANDIDATE:
            candidate = {prefix_id: did for (prefix_id, repeat), did in found.items() if repeat == 0}
    return Agents(
        prefix_ids=tuple(logged),
        differ=tuple(one for one in logged if one in candidate and _calls(candidate[one]) != _calls(logged[one])),
        unfinished=tuple(one for one in logged if one not in candidate or not candidate[one].ending.whole),
        totals=tuple(totals),
    )


def agent_rates(workspace: Workspace, lanes: Lanes, graders: Sequence[Grader], agents: Iterable[str]) -> pl.DataFrame:
    """Return how often each behaviour of agents is there, by lane, at the prefixes that are agents'.

    Columns: category, lane, present, decided, not_comparable, open (unsure or failed), and present_comparable and
    decided_comparable over the prefixes at which every lane came to an end of its own that can be compared.
    """
    mine = [grader for grader in graders if _reads_steps(grader)]
    joint = joint_verdicts(workspace, lanes, list(mine)).filter(pl.col("prefix_id").is_in(list(agents)))
    lanes_there = [Lane.RECORDED, *map(Lane, lanes.runs())]
    out = incomparable(workspace, lanes, graders, joint)
    rows = [
        {"category": grader.category, "lane": str(lane), **_counts(joint.filter(category=grader.category), lane, out)}
        for grader in mine
        for lane in lanes_there
    ]
    return pl.DataFrame(rows)


def incomparable(workspace: Workspace, lanes: Lanes, graders: Sequence[Grader], joint: pl.DataFrame) -> frozenset[str]:
    """Return the prefixes at which some lane's rollout cannot stand beside the others'.

    It did not come to an end of its own, or it stopped to ask before it had done what the log did.

    Args:
        workspace: Where the runs are.
        lanes: What is compared.
        graders: Who graded; those that read steps say what is not comparable.
        joint: Verdicts, as `joint_verdicts` gives them.
    """
    mine = joint.filter(pl.col("category").is_in([grader.category for grader in graders if _reads_steps(grader)]))
    used = [Lane.RECORDED, *map(Lane, lanes.runs())]
    not_alike = mine.filter(pl.any_horizontal(*(pl.col(lane) == str(Verdict.NOT_COMPARABLE) for lane in used)))
    return frozenset({*_unfinished(workspace, lanes), *not_alike["prefix_id"]})


def _counts(joint: pl.DataFrame, lane: Lane, out: Iterable[str]) -> dict[str, int]:
    comparable = joint.filter(~pl.col("prefix_id").is_in(list(out)))

    def count(frame: pl.DataFrame, *verdicts: str) -> int:
        return frame.filter(pl.col(lane).is_in([str(verdict) for verdict in verdicts])).height

    decided = (str(Verdict.PRESENT), str(Verdict.ABSENT))
    return {
        "present": count(joint, Verdict.PRESENT),
        "decided": count(joint, *decided),
        "not_comparable": count(joint, Verdict.NOT_COMPARABLE),
        "open": count(joint, Verdict.UNSURE, FAILED),
        "present_comparable": count(comparable, Verdict.PRESENT),
        "decided_comparable": count(comparable, *decided),
    }


def _reads_steps(grader: Grader) -> bool:
    first = grader.about.chain[0]
    return isinstance(first, RuleStep) and hasattr(RULES[first.rule], "reads_steps")


def _unfinished(workspace: Workspace, lanes: Lanes) -> set[str]:
    """Return the prefixes at which some run's rollout did not come to an end of its own."""
    whole = [str(ending) for ending in Ending if ending.whole]
    found: set[str] = set()
    for run_id in lanes.runs().values():
        rows = responses(workspace, run_id).filter(pl.col("repeat") == 0, ~pl.col("ending").is_in(whole))
        found |= set(rows["prefix_id"])
    return found


def _calls(trajectory: Trajectory) -> list[str]:
    return [call_key(call) for message in trajectory.messages for call in message.tool_calls]


def _totals(
    workspace: Workspace, lane: str, run_id: str, rows: pl.DataFrame, trajectories: Sequence[Trajectory]
) -> LaneTotals:
    return LaneTotals(
        lane=lane,
        rollouts=rows.height,
        failed=sum(failures_by_reason(rows).values()),
        endings=ending_counts(workspace, run_id),
        left_at=left_counts(workspace, run_id),
        calls=_mean_calls(trajectories),
        sources=source_counts(workspace, run_id),
    )


def _recorded_totals(trajectories: Sequence[Trajectory]) -> LaneTotals:
    endings: Mapping[str, int] = Counter(str(one.ending) for one in trajectories)
    results = sum(len(one.sources) for one in trajectories)
    sources = {"recorded": results} if results else {}
    return LaneTotals(Lane.RECORDED, len(trajectories), 0, dict(endings), {}, _mean_calls(trajectories), sources)


def _mean_calls(trajectories: Sequence[Trajectory]) -> float | None:
    return sum(len(_calls(one)) for one in trajectories) / len(trajectories) if trajectories else None
