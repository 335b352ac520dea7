"""Trajectories of agents side by side: what each lane did, aligned step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from deploysim.pipeline.lanes import Lanes
from deploysim.store.responses import responses_of
from deploysim.store.sample_prefixes import get_prefix
from deploysim.store.trajectories import read_trajectory
from deploysim.store.workspace import Workspace
from deploysim.tools.calls import call_key
from deploysim.tools.spec import ToolSpecs
from deploysim.tools.trajectory import recorded_trajectory
from deploysim.types import Lane, ToolCall, Trajectory


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
    found = {Lane.RECORDED: recorded_trajectory(sampled.prefix.followed_by, ToolSpecs())}
    for lane, run_id in lanes.runs().items():
        rows = responses_of(workspace, run_id, prefix_id).filter(repeat=0)
        trajectory = read_trajectory(rows.row(0, named=True)) if rows.height else None
        if trajectory:
            found[Lane(lane)] = trajectory
    return found
