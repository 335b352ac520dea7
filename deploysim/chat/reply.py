"""Reading a chat completion: bytes in, response or failure out. No model is asked."""

from __future__ import annotations

import json
from typing import Any

from deploysim.chat.reply_values import (
    MalformedError,
    clean,
    clean_or_none,
    count_of,
    list_of,
    object_of,
    read_body,
    seconds_of,
)
from deploysim.types import Failure, FailureKind, Response, ToolCall

_NOT_TEXT = ("thinking", "reasoning", "redacted_thinking")


def read_reply(body: bytes, *, latency_s: float | None) -> Response | Failure:
    """Return the response that a successful reply holds, or say why it holds none."""
    return read_body(body, lambda value: _read(value, latency_s))


def _read(value: dict[str, Any], latency_s: float | None) -> Response | Failure:
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices:
        raise MalformedError("the reply has no choices")
    choice = object_of(choices[0], "the choice")
    finish = choice.get("finish_reason")
    if finish == "content_filter":
        return Failure(FailureKind.REFUSED_BY_FILTER, "finish_reason content_filter")
    message = object_of(choice.get("message"), "the message")
    calls = tuple(_tool_call(call) for call in list_of(message.get("tool_calls"), "tool_calls"))
    usage = value.get("usage")
    counts: dict[str, Any] = usage if isinstance(usage, dict) else {}
    return Response(
        text=_text(message, silent=bool(calls) or finish == "length"),
        tool_calls=calls,
        finish_reason=clean_or_none(finish),
        prompt_tokens=count_of(counts.get("prompt_tokens")),
        completion_tokens=count_of(counts.get("completion_tokens")),
        latency_s=seconds_of(latency_s),
        model=clean_or_none(value.get("model")),
    )


def _text(message: dict[str, Any], *, silent: bool) -> str:
    """Return what the model said; `silent` where a response without any words is possible."""
    content = message.get("content")
    if content is None:
        content = message.get("refusal")
    if content is None and silent:
        return ""
    if isinstance(content, list):
        parts = [object_of(part, "a part of the content") for part in content]
        content = "".join(part_text(part) for part in parts if part.get("type") not in _NOT_TEXT)
    if not isinstance(content, str):
        raise MalformedError("the message has neither text nor tool calls")
    return clean(content)


def part_text(part: dict[str, Any]) -> str:
    """Return the words of one part of a message, or raise MalformedError."""
    text = part.get("text", part.get("refusal"))
    if not isinstance(text, str):
        raise MalformedError("a part of the content is not text")
    return text


def _tool_call(value: Any) -> ToolCall:
    call = object_of(value, "a tool call")
    function = object_of(call.get("function"), "the function of a tool call")
    return named_call(call.get("id"), function.get("name"), function.get("arguments", ""))


def named_call(call_id: Any, name: Any, arguments: Any) -> ToolCall:
    """Return a tool call, or raise MalformedError where it has no name."""
    if not isinstance(name, str):
        raise MalformedError("a tool call has no name")
    # Some servers send the arguments parsed already.
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(clean_or_none(call_id) or "", clean(name), clean(text))
