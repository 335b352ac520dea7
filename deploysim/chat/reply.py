"""Reading a chat completion: bytes in, response or failure out. No model is asked."""

from __future__ import annotations

import json
import re
from typing import Any

from deploysim.types import Failure, FailureKind, Response, ToolCall

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_TEXT = ("thinking", "reasoning", "redacted_thinking")


class MalformedError(ValueError):
    """A reply does not have the form of a chat completion; says where, never quoting it."""


def read_reply(body: bytes, *, latency_s: float) -> Response | Failure:
    """Return the response that a successful reply holds, or say why it holds none."""
    try:
        value = _object(json.loads(body), "the reply")
    except MalformedError as error:
        return Failure(FailureKind.MALFORMED, str(error))
    except (ValueError, RecursionError):
        return Failure(FailureKind.MALFORMED, "the reply is not JSON")
    try:
        return _read(value, latency_s)
    except MalformedError as error:
        return Failure(FailureKind.MALFORMED, str(error))


def _read(value: dict[str, Any], latency_s: float) -> Response | Failure:
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices:
        raise MalformedError("the reply has no choices")
    choice = _object(choices[0], "the choice")
    finish = choice.get("finish_reason")
    if finish == "content_filter":
        return Failure(FailureKind.REFUSED_BY_FILTER, "finish_reason content_filter")
    message = _object(choice.get("message"), "the message")
    calls = tuple(_tool_call(call) for call in _list(message.get("tool_calls"), "tool_calls"))
    usage = value.get("usage")
    counts: dict[str, Any] = usage if isinstance(usage, dict) else {}
    model = value.get("model")
    return Response(
        text=_text(message, silent=bool(calls) or finish == "length"),
        tool_calls=calls,
        finish_reason=_clean(finish) if isinstance(finish, str) else None,
        prompt_tokens=_count(counts.get("prompt_tokens")),
        completion_tokens=_count(counts.get("completion_tokens")),
        latency_s=round(latency_s, 3),
        model=_clean(model) if isinstance(model, str) else None,
    )


def _text(message: dict[str, Any], *, silent: bool) -> str:
    """Return what the model said; `silent` where a response without any words is possible."""
    content = message.get("content")
    if content is None:
        content = message.get("refusal")
    if content is None and silent:
        return ""
    if isinstance(content, list):
        parts = [_object(part, "a part of the content") for part in content]
        content = "".join(_part(part) for part in parts if part.get("type") not in _NOT_TEXT)
    if not isinstance(content, str):
        raise MalformedError("the message has neither text nor tool calls")
    return _clean(content)


def _part(part: dict[str, Any]) -> str:
    text = part.get("text", part.get("refusal"))
    if not isinstance(text, str):
        raise MalformedError("a part of the content is not text")
    return text


def _tool_call(value: Any) -> ToolCall:
    call = _object(value, "a tool call")
    function = _object(call.get("function"), "the function of a tool call")
    name, arguments = function.get("name"), function.get("arguments", "")
    if not isinstance(name, str):
        raise MalformedError("a tool call has no name")
    # Some servers send the arguments parsed already.
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    call_id = call.get("id")
    return ToolCall(_clean(call_id) if isinstance(call_id, str) else "", _clean(name), _clean(text))


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is not a JSON object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedError(f"{what} is not a list")
    return value


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _clean(text: str) -> str:
    """Replace halves of characters, which JSON can carry and no file or database can."""
    return _LONE_SURROGATE.sub("\ufffd", text)
