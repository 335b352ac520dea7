"""Reading a reply of the Responses API: bytes in, response or failure out. No model is asked.

What the model thought is dropped; what it said in several messages is one text.
"""

from __future__ import annotations

from typing import Any

from deploysim.chat.reply import named_call, part_text
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

_ARGUMENTS = {"function_call": "arguments", "custom_tool_call": "input"}
"""Kind of a call that somebody else answers -> where it keeps what is given to the tool."""
_LENGTH = "max_output_tokens"


def read_response(body: bytes, *, latency_s: float | None) -> Response | Failure:
    """Return the response that a successful reply holds, or say why it holds none."""
    return read_body(body, lambda value: _read(value, latency_s))


def _read(value: dict[str, Any], latency_s: float | None) -> Response | Failure:
    if not isinstance(value.get("output"), list):
        raise MalformedError("the reply has no output")
    cut = _why_incomplete(value)
    if cut == "content_filter":
        return Failure(FailureKind.REFUSED_BY_FILTER, "incomplete, content_filter")
    items = [object_of(item, "an item of the output") for item in value["output"]]
    calls = tuple(_call(item) for item in items if item.get("type") in _ARGUMENTS)
    said = [_said(item) for item in items if item.get("type") == "message"]
    if not said and not calls and cut is None:
        raise MalformedError("the reply has neither text nor tool calls")
    usage = value.get("usage")
    counts: dict[str, Any] = usage if isinstance(usage, dict) else {}
    return Response(
        text=clean("\n\n".join(text for text in said if text)),
        tool_calls=calls,
        finish_reason=_finish(cut, calls),
        prompt_tokens=count_of(counts.get("input_tokens")),
        completion_tokens=count_of(counts.get("output_tokens")),
        latency_s=seconds_of(latency_s),
        model=clean_or_none(value.get("model")),
    )


def _why_incomplete(value: dict[str, Any]) -> str | None:
    """Return why a response was cut, None where it is whole, or raise MalformedError where there is none yet."""
    status = value.get("status", "completed")
    if status == "incomplete":
        details = value.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return reason if isinstance(reason, str) else "incomplete"
    if status != "completed":
        raise MalformedError("the response failed" if status == "failed" else "the response did not come to its end")
    return None


def _finish(cut: str | None, calls: tuple[ToolCall, ...]) -> str:
    """Return the chat API's name of why the response ended, so that both APIs give the same rows."""
    if cut is not None:
        return "length" if cut == _LENGTH else clean(cut)
    return "tool_calls" if calls else "stop"


def _call(item: dict[str, Any]) -> ToolCall:
    return named_call(item.get("call_id"), item.get("name"), item.get(_ARGUMENTS[item["type"]], ""))


def _said(item: dict[str, Any]) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = [object_of(part, "a part of the content") for part in list_of(content, "the content of a message")]
    return "".join(part_text(part) for part in parts)
