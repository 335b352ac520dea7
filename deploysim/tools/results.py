"""What a simulated tool answers, and where the answer comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ToolSource(StrEnum):
    """Who answered a call. Every result says it, and every page that shows a rate shows the shares."""

    RECORDED = "recorded"
    """The same call in the same conversation, with the same things done before it."""
    TRAFFIC = "recorded elsewhere"
    """The same call in another conversation."""
    OWN_WRITE = "written before"
    """What this very rollout wrote."""
    SNAPSHOT = "snapshot"
    """The repository as it was at the conversation's time."""
    SIMULATOR = "simulated"
    """A model that plays the tool."""
    STATIC = "fixed answer"
    FAULT = "simulated failure"
    """A failure put in at the recorded rate, in the recorded words."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What one call gave."""

    content: str
    source: ToolSource
    failed: bool = False
    """The tool answered that it could not do it."""
