"""Answers that were recorded: in the conversation itself, and elsewhere in the imported traffic."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from deploysim.tools.calls import call_key, named_values
from deploysim.tools.results import ToolResult, ToolSource
from deploysim.tools.spec import ToolSpecs
from deploysim.types import Message, ToolCall

World = frozenset[tuple[str, int]]
"""What has been changed so far: the calls that change something, each with how often it was made."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call with its result, as they stand in a conversation."""

    call: ToolCall
    result: str
    world: World
    """What had been changed before it."""


def exchanges(messages: Iterable[Message], specs: ToolSpecs) -> list[Exchange]:
    """Return the calls of a conversation that were answered, in the order of their answers."""
    changes: Counter[str] = Counter()
    open_calls: dict[str, ToolCall] = {}
    found = []
    for message in messages:
        if message.role == "assistant":
            # Identifiers are given anew in every response, and logs may repeat them.
            open_calls = {call.id: call for call in message.tool_calls}
        call = open_calls.pop(message.tool_call_id or "", None) if message.role == "tool" else None
        if call is None:
            continue
        spec = specs.of(call.name)
        found.append(Exchange(call, message.content, frozenset(changes.items())))
        if not spec.read_only and not spec.failed(message.content):
            changes[call_key(call)] += 1
    return found


class RecordedAnswers:
    """The calls of one conversation with their results.

    A result holds only while the world is as it was: the same changes made before it, as often, in whatever order.
    Asked the same thing twice in one world, the second recorded answer comes second, and the last one stays.
    """

    def __init__(self, recorded: Sequence[Exchange]) -> None:
        self._by_call: dict[tuple[str, World], list[str]] = defaultdict(list)
        for one in recorded:
            self._by_call[call_key(one.call), one.world].append(one.result)

    def answer(self, call: ToolCall, world: World, *, asked_before: int = 0) -> str | None:
        """Return what was recorded, or None.

        Args:
            call: The call.
            world: What this rollout and its prefix have changed so far.
            asked_before: How often this rollout asked the same in the same world already.
        """
        found = self._by_call.get((call_key(call), world))
        return found[min(asked_before, len(found) - 1)] if found else None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One recorded answer in another conversation."""

    conversation_id: str
    at: datetime | None
    result: Callable[[], str]
    """Reads it."""


def nowhere(key: str) -> Sequence[Elsewhere]:
    """Return no recorded answer."""
    return ()


@dataclass(frozen=True, slots=True)
class TrafficAnswers:
    """The same calls in other conversations, for tools that change nothing."""

    same: Callable[[str], Sequence[Elsewhere]] = nowhere
    """Returns the answers to a call, by its key."""

    def answer(
        self, call: ToolCall, changes: Iterable[ToolCall], *, conversation_id: str, at: datetime | None
    ) -> str | None:
        """Return the answer of the conversation nearest in time, or None where a change touches what is asked about.

        Args:
            call: The call.
            changes: Calls of this rollout that changed something. One that shares a value with the call, or that names
                nothing, may have changed what is asked about.
            conversation_id: The rollout's own conversation, whose records are not taken from here.
            at: Its time; where that is unknown, the smallest id decides.
        """
        asked = named_values(call)
        if any(not (changed := named_values(change)) or changed & asked for change in changes):
            return None
        others = [one for one in self.same(call_key(call)) if one.conversation_id != conversation_id]
        nearest = min(others, key=lambda one: (_apart(one.at, at), one.conversation_id), default=None)
        return nearest.result() if nearest else None


def recorded_result(content: str, specs: ToolSpecs, call: ToolCall, source: ToolSource) -> ToolResult:
    """Return a recorded answer as a result; recorded failures are failures."""
    return ToolResult(content, source, specs.of(call.name).failed(content))


def _apart(one: datetime | None, other: datetime | None) -> float:
    return abs((one - other).total_seconds()) if one and other else float("inf")
