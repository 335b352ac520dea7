"""Trajectories of agents side by side: what each lane did, aligned step by step, and what became of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.grade.rules import RULES
from deploysim.pipeline.lanes import Lanes, joint_verdicts
from deploysim.pipeline.replay_notes import source_shares
from deploysim.store.grades import FAILED
from deploysim.store.runs import failures_by_reason, responses, responses_of
from deploysim.store.samples import SampledPrefix, get_prefix, prefixes
from deploysim.store.trajectories import ending_counts, left_counts, read_trajectory, source_counts
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import RuleStep
from deploysim.tools.calls import call_key
from deploysim.tools.spec import ToolSpecs
from deploysim.tools.trajectory import recorded_trajectory
from deploysim.types import Ending, Lane, ToolCall, Trajectory, Verdict


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing in a trajectory: words of the model, or a call with its result."""

    text: str = ""
    call: ToolCall | None = None
    number: int = 0
    """Of a call, from 1, as the rules count."""
    result: str | None = None
    """None where nobody answered."""
    source: str = ""
    failed: bool = False

    @property
    def key(self) -> str:
        """What two lanes share that do the same."""
        return call_key(self.call) if self.call else "says"


@dataclass(frozen=True, slots=True)
class Row:
    """What two lanes did at the same point."""

    left: Happening | None
    right: Happening | None

    @property
    def same(self) -> bool:
        """Whether both made the same call."""
        return bool(self.left and self.right and self.left.call and self.left.key == self.right.key)


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


def happenings(trajectory: Trajectory) -> list[Happening]:
    """Return what happens in a trajectory, in order, each call with its result."""
    return list(_happenings(trajectory))


def _happenings(trajectory: Trajectory) -> Iterator[Happening]:
    given = iter(zip_longest(trajectory.sources, trajectory.failed))
    number = 0
    messages = list(trajectory.messages)
    for place, message in enumerate(messages):
        if message.role != "assistant":
            continue
        if message.content.strip() or not message.tool_calls:
            yield Happening(message.content)
        results = {}
        for later in messages[place + 1 :]:
            if later.role == "assistant":
                break
            source, failed = next(given, ("", False))
            results[later.tool_call_id] = (later.content, source or "", bool(failed))
        for call in message.tool_calls:
            number += 1
            result, source, failed = results.get(call.id, (None, "", False))
            yield Happening("", call, number, result, source, failed)


def aligned(left: Sequence[Happening], right: Sequence[Happening]) -> list[Row]:
    """Put what two lanes did side by side: the same calls in one row, what stands between them by its order."""
    rows: list[Row] = []
    matcher = SequenceMatcher(a=[one.key for one in left], b=[one.key for one in right], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            rows += [Row(x, y) for x, y in zip(left[a:b], right[c:d], strict=True)]
        else:
            rows += [Row(x, y) for x, y in zip_longest(left[a:b], right[c:d])]
    return rows


def trajectories_of(workspace: Workspace, lanes: Lanes, prefix_id: str) -> dict[Lane, Trajectory]:
    """Return what each lane did after a prefix; none where it is no agent's, and no lane that failed."""
    sampled = get_prefix(workspace, lanes.sample_id, prefix_id)
    if sampled is None or not sampled.prefix.followed_by:
        return {}
    found = {Lane.RECORDED: _recorded(sampled)}
    for lane, run_id in lanes.runs().items():
        rows = responses_of(workspace, run_id, prefix_id).filter(repeat=0)
        trajectory = read_trajectory(rows.row(0, named=True)) if rows.height else None
        if trajectory:
            found[Lane(lane)] = trajectory
    return found


def lane_totals(workspace: Workspace, lanes: Lanes) -> list[LaneTotals]:
    """Return what became of the rollouts of every lane."""
    agents = [one for one in prefixes(workspace, lanes.sample_id) if one.prefix.followed_by]
    totals = [_recorded_totals(agents)]
    ids = [one.prefix.prefix_id for one in agents]
    for lane, run_id in lanes.runs().items():
        mine = responses(workspace, run_id).filter(pl.col("prefix_id").is_in(ids))
        trajectories = [found for row in mine.iter_rows(named=True) if (found := read_trajectory(row))]
        totals.append(
            LaneTotals(
                lane=lane,
                rollouts=mine.height,
                failed=sum(failures_by_reason(mine).values()),
                endings=ending_counts(workspace, run_id),
                left_at=left_counts(workspace, run_id),
                calls=_mean_calls(trajectories),
                sources=source_counts(workspace, run_id),
            )
        )
    return totals


def agent_rates(workspace: Workspace, lanes: Lanes, graders: Sequence[Grader]) -> pl.DataFrame:
    """Return how often each behaviour of agents is there, by lane.

    Columns: category, lane, present, decided, not_comparable, open (unsure or failed), and present_comparable and
    decided_comparable over the prefixes at which every lane came to an end of its own that can be compared.
    """
    mine = [grader for grader in graders if _reads_steps(grader)]
    joint = joint_verdicts(workspace, lanes, list(mine)).filter(pl.col("prefix_id").is_in(_agents(workspace, lanes)))
    lanes_there = [Lane.RECORDED, *map(Lane, lanes.runs())]
    cut = _unfinished(workspace, lanes)
    not_alike = joint.filter(pl.any_horizontal(*(pl.col(lane) == str(Verdict.NOT_COMPARABLE) for lane in lanes_there)))
    out = {*cut, *not_alike["prefix_id"]}
    rows = [
        {"category": grader.category, "lane": str(lane), **_counts(joint.filter(category=grader.category), lane, out)}
        for grader in mine
        for lane in lanes_there
    ]
    return pl.DataFrame(rows)


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


def _agents(workspace: Workspace, lanes: Lanes) -> list[str]:
    return [one.prefix.prefix_id for one in prefixes(workspace, lanes.sample_id) if one.prefix.followed_by]


def _recorded(sampled: SampledPrefix) -> Trajectory:
    return recorded_trajectory(sampled.prefix.followed_by, ToolSpecs())


def _recorded_totals(agents: Sequence[SampledPrefix]) -> LaneTotals:
    trajectories = [_recorded(one) for one in agents]
    endings: dict[str, int] = {}
    for one in trajectories:
        endings[str(one.ending)] = endings.get(str(one.ending), 0) + 1
    results = sum(len(one.sources) for one in trajectories)
    sources = {"recorded": results} if results else {}
    return LaneTotals(Lane.RECORDED, len(agents), 0, endings, {}, _mean_calls(trajectories), sources)


def _mean_calls(trajectories: Sequence[Trajectory]) -> float | None:
    if not trajectories:
        return None
    return sum(len(m.tool_calls) for one in trajectories for m in one.messages) / len(trajectories)
