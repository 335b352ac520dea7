"""The records that cross module borders. All are frozen; many rows travel as Polars frames instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]
Unit = Literal["turn", "conversation"]


DECODING = (
    "temperature",
    "top_p",
    "max_tokens",
    "seed",
    "stop",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning_effort",
    "frequency_penalty",
    "presence_penalty",
)
"""Decoding parameters that are kept of a log, by the chat API's names; `max_tokens` stands for its newer name too."""


class Lane(StrEnum):
    """Where a response to a prefix came from."""

    RECORDED = "recorded"
    """The response in the log."""
    BASELINE = "baseline"
    """The old model answering the same prefix again today."""
    CANDIDATE = "candidate"
    """The new model."""


class Verdict(StrEnum):
    """What a grader says of one response in one category."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"
    NOT_COMPARABLE = "not comparable"


class FailureKind(StrEnum):
    """Why a call gave no response. A failure is counted and shown, never graded as text."""

    REFUSED_BY_FILTER = "refused by the provider's filter"
    CONTEXT_TOO_LONG = "context too long"
    TIMED_OUT = "timed out"
    RATE_LIMITED = "rate limited"
    CONNECTION_LOST = "connection lost"
    SERVER_ERROR = "server error"
    REJECTED = "request rejected"
    MALFORMED = "malformed reply"
    NOT_SCRUBBED = "could not be scrubbed"
    MISSING = "missing from the imported responses"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call of an assistant message, as the chat API gives it."""

    id: str
    name: str
    arguments: str
    """JSON text, not parsed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message in the chat API's own shape."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    """For `role="tool"`: the call that this message answers."""
    finish_reason: str | None = None
    """For `role="assistant"`: why the model stopped, where the log says it."""


@dataclass(frozen=True, slots=True)
class RawConversation:
    """A conversation as a reader found it, with personal data. It lives in memory only and is never stored."""

    messages: tuple[Message, ...]
    row: int
    """Line or row of the source file, from 1."""
    source_id: str | None = None
    """The log's own identifier of the conversation."""
    model: str | None = None
    started_at: datetime | None = None
    """Aware, UTC."""
    user_id: str | None = None
    language: str | None = None
    """As the log says it, such as "English"; None where it does not."""
    metadata: tuple[tuple[str, str], ...] = ()
    tools: tuple[str, ...] = ()
    """Tools that the model could call: each the JSON text of its description, as the chat API takes it."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Decoding parameters where the log has them: names of the chat API, values as JSON text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of scrubbed text that stands where personal data stood."""

    message: int
    """Index of the message within the conversation."""
    start: int
    """First character, in the scrubbed content."""
    end: int
    entity: str
    """Type of what was replaced, such as PERSON."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One logged production conversation, scrubbed."""

    conversation_id: str
    messages: tuple[Message, ...]
    row: int
    source_key: str
    """Keyed hash of the log's own identifier (of the row number where it has none)."""
    content_key: str
    """Keyed hash of the raw messages: recognises duplicates."""
    model: str | None = None
    started_at: datetime | None = None
    user_key: str | None = None
    """Keyed hash of the user's identifier."""
    language: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    spans: tuple[Span, ...] = ()
    tools: tuple[str, ...] = ()
    """Tools that the model could call: each the JSON text of its description, as the chat API takes it."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Decoding parameters where the log has them: names of the chat API, values as JSON text."""


class Ending(StrEnum):
    """How a rollout came to its end. Each is an outcome that is counted."""

    ANSWERED = "answered"
    """The model spoke to the user without calling a tool."""
    ASKED = "asked"
    """The same, and what it said last is a question."""
    LEFT_THE_WORLD = "left the simulated world"
    """It called a tool that nobody could answer for."""
    TOO_MANY_STEPS = "step limit"
    TOO_MANY_TOKENS = "token limit"
    TOO_LONG = "time limit"
    LOG_ENDS = "the log ends"
    """Of a recorded one: the log has no message to the user after its last call."""

    @property
    def whole(self) -> bool:
        """Whether the model came to an end of its own."""
        return self in (Ending.ANSWERED, Ending.ASKED)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What a model did after a prefix, up to its message to the user: the response to the prefix of an agent."""

    messages: tuple[Message, ...]
    """Its responses and the results it was given, in order."""
    ending: Ending
    sources: tuple[str, ...] = ()
    """Who gave each result, in order: one for each tool message."""
    failed: tuple[bool, ...] = ()
    """Of each result, whether the tool said that it could not do it."""
    left_at: str = ""
    """The tool that nobody could answer for."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A conversation cut just before one assistant response: what is replayed."""

    prefix_id: str
    """`<conversation_id>:<number of messages>`."""
    conversation_id: str
    messages: tuple[Message, ...]
    tools: tuple[str, ...] = ()
    """Tools that the model could call: each the JSON text of its description, as the chat API takes it."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Decoding parameters where the log has them: names of the chat API, values as JSON text."""
    followed_by: tuple[Message, ...] = ()
    """Of an agent's prefix, whose response is a whole rollout: what the log has after it, up to the next message of the
    user. Empty where a single response is replayed."""
    started_at: datetime | None = None
    """When the conversation began, UTC, where the log says it and somebody needs it."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a model answered to one prefix."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    """"stop", "length", "tool_calls", …, as the endpoint said; None where it did not."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float | None = None
    """Seconds from sending the request to having the whole reply."""
    model: str | None = None
    """The model name that the endpoint reported."""
    trajectory: Trajectory | None = None
    """Of an agent's rollout: all its steps. Text and calls are then those of the last one, tokens and time of all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that gave no response."""

    kind: FailureKind
    detail: str = ""
    """What the endpoint or library said, without any conversation text."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one rule or one judge of a chain said of a response."""

    by: str
    """Such as "rule refusal" or "judge gpt-5-mini"."""
    verdict: Verdict
    reason: str = ""
    severity: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """One grader's verdict on one response in one category."""

    verdict: Verdict
    reason: str = ""
    """One sentence."""
    severity: int | None = None
    """0 to 4, where present."""
    evidence: tuple[tuple[int, int], ...] = field(default=())
    """Character ranges in the response's text that the verdict rests on."""
    confidence: float | None = None
    """0 to 1, as a judge says it; None where a rule decided or a judge said nothing."""
    opinions: tuple[Opinion, ...] = ()
    """What every step of a chain said, in order; empty where there was but one rule."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval estimate at a stated level."""

    low: float
    high: float
    level: float
    """Probability that the interval is meant to hold, such as 0.9."""
