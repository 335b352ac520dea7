"""What a rollout with tools did beside its last words. Plain chat has none of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploysim.tools.calls import call_key
from deploysim.types import ToolCall, Trajectory


@dataclass(frozen=True, slots=True)
class Steps:
    """One rollout, counted. Two are equal that did the same, whoever answered and however long it took."""

    tools: tuple[str, ...]
    """Names of the tools called, in order."""
    failed: int = 0
    """Tool results that were errors."""
    responses: int = 1
    """Times that the model spoke or called."""
    seconds: float | None = field(default=None, compare=False)
    """From the first request to the end; None where the log does not say."""
    sources: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Tool results by where they came from; empty for the log, whose results are real."""
    ending: str = ""
    """How it ended; "" where that is not known."""
    calls: tuple[str, ...] = ()
    """Of each call a text that it shares with calls that are the same."""

    @property
    def failed_share(self) -> float | None:
        """Share of calls whose result was an error, or None where nothing was called."""
        return self.failed / len(self.tools) if self.tools else None

    def mix(self) -> dict[str, int]:
        """Return how often which tool was called."""
        return dict(Counter(self.tools))


def steps_of_calls(calls: tuple[ToolCall, ...]) -> Steps | None:
    """Return what a single response with tool calls amounts to, or None where it calls nothing."""
    if not calls:
        return None
    return Steps(tuple(call.name for call in calls), calls=tuple(map(call_key, calls)))


def steps_of_trajectory(trajectory: Trajectory, *, simulated: bool, seconds: float | None = None) -> Steps:
    """Return what a rollout amounts to.

    Args:
        trajectory: All that the model did, with what it was given.
        simulated: Whether its tools were: the results in a log are real, and have no source.
        seconds: How long the model took; None where that is not known.
    """
    calls = [call for message in trajectory.messages for call in message.tool_calls]
    return Steps(
        tools=tuple(call.name for call in calls),
        failed=sum(trajectory.failed),
        responses=sum(message.role == "assistant" for message in trajectory.messages),
        seconds=seconds,
        sources=Counter(trajectory.sources) if simulated else {},
        ending=str(trajectory.ending),
        calls=tuple(map(call_key, calls)),
    )


def told(trajectory: Trajectory) -> str:
    """Return a rollout as text, as the log's and a replayed one are shown alike: nothing says who answered its calls."""
    parts = []
    for message in trajectory.messages:
        if message.role == "tool":
            parts.append(f"(result) {message.content}")
            continue
        parts += [message.content] if message.content.strip() else []
        parts += [f"(calls) {call.name}({call.arguments})" for call in message.tool_calls]
    return "\n\n".join(parts)
