"""What reading a log file gives besides conversations: rejections, exclusions, imported responses, counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from deploysim.types import RawConversation, ToolCall

MAX_ROW_BYTES = 20 * 1024 * 1024
"""A larger row is rejected instead of read."""


class Exclusion(StrEnum):
    """Why a readable conversation cannot be replayed."""

    NO_MESSAGES = "no messages"
    NO_USER_TEXT = "no user message with text"
    NO_RESPONSE = "no assistant response after a user message"
    MISSING_TURN = "a user message is missing from the log"
    MEDIA = "images, audio or files"
    UNKNOWN_PART = "a part of a message that has no replayable form"
    OPTED_OUT = "the user opted out"
    REMOVED = "a message was removed by moderation"
    FAILED_CALL = "the call failed, so there is no response"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be read. The reason names fields and types, never what they hold."""

    source: str
    """Name of the file, without its folder."""
    row: int
    """Line or row of the file, from 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """A readable conversation that cannot be replayed."""

    row: int
    reason: Exclusion


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file, as a mapping of its columns or keys. It may hold personal data."""

    number: int
    """Line or row of the file, from 1."""
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response made elsewhere to a conversation already imported. It may hold personal data."""

    source_id: str
    """The log's own identifier of the conversation that it answers."""
    turn: int | None
    """Which assistant turn of the conversation it stands for, from 1; None for the last."""
    text: str
    row: int
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """Which format a file has, as far as its first rows tell."""

    format: str
    confidence: float
    """Share of the first rows that fit the format, 0 to 1."""
    why: str


@dataclass(slots=True)
class ReadStats:
    """Running counts of what reading changed or passed over without rejecting it. Updated in place."""

    rows: int = 0
    """Rows seen, rejected and filtered ones included."""
    filtered: int = 0
    """Rows that the `where` condition left out."""
    unreadable_times: int = 0
    """Times that were there but could not be understood; the conversation keeps none."""
    repaired_texts: int = 0
    """Texts in which NUL characters or halves of surrogate pairs became U+FFFD."""
    reasoning_dropped: int = 0
    """Messages from which another model's reasoning was dropped."""
    tools_dropped: int = 0
    """Descriptions of tools that only their provider can run, or that cannot be read."""


Outcome = RawConversation | Rejected | Excluded
"""What becomes of one row."""
