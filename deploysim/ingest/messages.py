"""Messages in the chat APIs' shapes (OpenAI's parts and Anthropic's blocks) as `Message` records."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import MAX_ROW_BYTES, Exclusion, ReadStats
from deploysim.ingest.values import clean_text, kind_of, structure
from deploysim.types import Message, Role, ToolCall

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""Type of a part -> the key that its text stands under."""
_REASONING_PARTS = ("thinking", "redacted_thinking", "reasoning", "reasoning_content")
_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
_MEDIA_PARTS = (
    *("image_url", "image", "image_file", "input_image", "input_audio", "audio", "video", "video_url"),
    *("file", "input_file", "document", "container_upload"),
)
_CONTENT_FIELDS = ("content", "tool_calls", "function_call", "refusal")
"""A message has at least one of these, though it may be null."""
_MEDIA_FIELDS = ("audio", "image", "images", "files", "attachments")
_FINISH = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
"""Anthropic's name of why a model stopped -> OpenAI's."""
_REMOVED = ("[redacted]", "[removed]", "[deleted]", "<redacted>", "[content removed]")
"""What a log holds in place of a whole message that moderation took away."""


def read_messages(value: object, stats: ReadStats) -> tuple[Message, ...]:
    """Read a list of chat messages (or the JSON text of one), in order.

    Raises UnreadableRowError for a wrong shape and NotReplayableError for images, files and unknown parts.
    """
    found = structure(value)
    if not isinstance(found, list | tuple):
        raise UnreadableRowError(f"the messages are {kind_of(found)}, expected a list")
    messages = [message for item in found for message in read_message(item, stats)]
    return link_tool_messages(messages)


def read_message(value: object, stats: ReadStats) -> list[Message]:
    """Read one chat message; tool results inside a user message become tool messages before it."""
    if not isinstance(value, Mapping):
        raise UnreadableRowError(f"a message is {kind_of(value)}, expected an object")
    role = value.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise UnreadableRowError("a message has no role, or one that is none of " + ", ".join(ROLES))
    if not any(name in value for name in _CONTENT_FIELDS):
        raise UnreadableRowError("a message has no content")
    if any(value.get(name) for name in _MEDIA_FIELDS):
        raise NotReplayableError(Exclusion.MEDIA)
    content = _read_content(value, stats)
    stats.reasoning_dropped += content.reasoning or any(value.get(name) for name in _REASONING_FIELDS)
    if content.results and role != "user":
        raise NotReplayableError(Exclusion.UNKNOWN_PART)
    if content.results and not content.texts:
        return content.results
    answers = _text_of(value.get("tool_call_id"), stats)
    calls = (*content.calls, *_read_calls(value, stats)) if role == "assistant" else ()
    finish = _text_of(value.get("finish_reason"), stats) if role == "assistant" else None
    return [
        *content.results,
        Message(ROLES[role], "\n".join(content.texts), calls, answers, _FINISH.get(finish or "", finish)),
    ]


def read_system(value: object, stats: ReadStats) -> tuple[Message, ...]:
    """Read a system prompt that stands outside the messages: text, text blocks, or nothing."""
    if not value:
        return ()
    return tuple(read_message({"role": "system", "content": value}, stats))


def link_tool_messages(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Give calls and results without an identifier one, by their order: endpoints insist on it."""
    linked: list[Message] = []
    open_calls: deque[str] = deque()
    for index, message in enumerate(messages):
        if message.role == "assistant":
            named = (replace(c, id=c.id or f"call_{index}_{n}") for n, c in enumerate(message.tool_calls))
            message = replace(message, tool_calls=tuple(named))
            open_calls = deque(call.id for call in message.tool_calls)
        elif message.role == "tool" and message.tool_call_id is None and open_calls:
            message = replace(message, tool_call_id=open_calls.popleft())
        elif message.tool_call_id is not None and message.tool_call_id in open_calls:
            open_calls.remove(message.tool_call_id)
        linked.append(message)
    return tuple(linked)


def check_replayable(messages: Sequence[Message]) -> None:
    """Raise NotReplayableError unless a user message with text is followed by an assistant response."""
    if not messages:
        raise NotReplayableError(Exclusion.NO_MESSAGES)
    size = sum(len(m.content) + sum(len(call.arguments) for call in m.tool_calls) for m in messages)
    if size > MAX_ROW_BYTES:
        raise UnreadableRowError(f"the row is larger than {MAX_ROW_BYTES // 1024**2} MB")
    if any(_is_removed(message) for message in messages):
        raise NotReplayableError(Exclusion.REMOVED)
    asked = [index for index, m in enumerate(messages) if m.role == "user" and m.content.strip()]
    if not asked:
        raise NotReplayableError(Exclusion.NO_USER_TEXT)
    if not any(m.role == "assistant" for m in messages[asked[0] :]):
        raise NotReplayableError(Exclusion.NO_RESPONSE)


def _is_removed(message: Message) -> bool:
    spoken = message.role in ("user", "assistant")
    return spoken and len(message.content) < 24 and message.content.strip().casefold() in _REMOVED


@dataclass(slots=True)
class _Content:
    """What the parts of one message come to."""

    texts: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    results: list[Message] = field(default_factory=list)
    reasoning: bool = False


def _read_content(message: Mapping[str, object], stats: ReadStats) -> _Content:
    value = message.get("content")
    if value is None:
        value = message.get("refusal") or ""
    if isinstance(value, str):
        return _Content(texts=[clean_text(value, stats)])
    if not isinstance(value, list | tuple):
        raise UnreadableRowError(f"a message's content is {kind_of(value)}, expected text or a list of parts")
    content = _Content()
    for part in value:
        _read_part(part, content, stats)
    return content


def _read_part(part: object, content: _Content, stats: ReadStats) -> None:
    if isinstance(part, str):
        content.texts.append(clean_text(part, stats))
        return
    if not isinstance(part, Mapping):
        raise UnreadableRowError(f"a part of a message is {kind_of(part)}, expected an object")
    kind = part.get("type")
    if not isinstance(kind, str):
        raise NotReplayableError(Exclusion.UNKNOWN_PART)
    if kind in _TEXT_PARTS:
        content.texts.append(_required_text(part, _TEXT_PARTS[kind], stats))
    elif kind == "tool_use":
        content.calls.append(_call(part, "input", part.get("id"), stats))
    elif kind == "tool_result":
        content.results.append(_read_result(part, stats))
    elif kind in _REASONING_PARTS:
        content.reasoning = True
    else:
        raise NotReplayableError(Exclusion.MEDIA if kind in _MEDIA_PARTS else Exclusion.UNKNOWN_PART)


def _read_result(part: Mapping[str, object], stats: ReadStats) -> Message:
    inner = _read_content(part, stats)
    if inner.calls or inner.results:
        raise NotReplayableError(Exclusion.UNKNOWN_PART)
    return Message("tool", "\n".join(inner.texts), tool_call_id=_text_of(part.get("tool_use_id"), stats))


def _read_calls(message: Mapping[str, object], stats: ReadStats) -> list[ToolCall]:
    calls = structure(message.get("tool_calls")) or []
    if not isinstance(calls, list | tuple):
        raise UnreadableRowError(f"tool_calls is {kind_of(calls)}, expected a list")
    legacy = message.get("function_call")
    return [_read_call(call, stats) for call in (*calls, *([{"function": legacy}] if legacy else []))]


def _read_call(call: object, stats: ReadStats) -> ToolCall:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(function, Mapping):
        raise NotReplayableError(Exclusion.UNKNOWN_PART)
    return _call(function, "arguments", call.get("id"), stats)


def _call(function: Mapping[str, object], arguments: str, call_id: object, stats: ReadStats) -> ToolCall:
    name = _required_text(function, "name", stats)
    return ToolCall(_text_of(call_id, stats) or "", name, _arguments(function.get(arguments), stats))


def _arguments(value: object, stats: ReadStats) -> str:
    """Arguments as JSON text, which is what the chat API carries."""
    if isinstance(value, str):
        return clean_text(value, stats)
    if value is None:
        return "{}"
    if isinstance(value, Mapping):
        return clean_text(json.dumps(value, ensure_ascii=False, default=str), stats)
    raise UnreadableRowError(f"a tool call's arguments are {kind_of(value)}, expected an object or JSON text")


def _required_text(part: Mapping[str, object], key: str, stats: ReadStats) -> str:
    value = part.get(key)
    if not isinstance(value, str):
        raise UnreadableRowError(f"{key} of a message part is {kind_of(value)}, expected text")
    return clean_text(value, stats)


def _text_of(value: object, stats: ReadStats) -> str | None:
    return clean_text(value, stats) if isinstance(value, str) and value else None
