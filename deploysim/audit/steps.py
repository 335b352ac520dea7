"""What a rollout with tools did beside its last words. Plain chat has none of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploysim.types import ToolCall


@dataclass(frozen=True, slots=True)
class Steps:
    """One rollout, counted."""

    tools: tuple[str, ...]
    """Names of the tools called, in order."""
    failed: int = 0
    """Tool results that were errors."""
    responses: int = 1
    """Times that the model spoke or called."""
    seconds: float | None = None
    """From the first request to the end; None where the log does not say."""
    sources: Mapping[str, int] = field(default_factory=dict)
    """Tool results by where they came from; empty for the log, whose results are real."""
    ending: str = ""
    """How it ended; "" where that is not known."""

    @property
    def failed_share(self) -> float | None:
        """Share of calls whose result was an error, or None where nothing was called."""
        return self.failed / len(self.tools) if self.tools else None

    def mix(self) -> dict[str, int]:
        """Return how often which tool was called."""
        return dict(Counter(self.tools))


def steps_of_calls(calls: tuple[ToolCall, ...]) -> Steps | None:
    """Return what a single response with tool calls amounts to, or None where it calls nothing."""
    return Steps(tuple(call.name for call in calls)) if calls else None
