"""A request of the Responses API: the same messages, tools and parameters as for chat completions, in its shape.

Nothing is kept at the provider (`store` is off), and nothing that another model thought is sent. The API takes no seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deploysim.chat.messages import spoken, with_system
from deploysim.chat.model import Tool
from deploysim.chat.settings import ModelSettings
from deploysim.types import Message

_NAMES = {"max_tokens": "max_output_tokens"}
"""The chat API's name of a parameter -> this API's, where they differ."""


def response_body(
    settings: ModelSettings,
    messages: Sequence[Message],
    *,
    seed: int | None,
    tools: Sequence[Tool] | None,
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the whole request for one response; `seed` is not sent, and settings' parameters are where None is given."""
    sent = with_system(messages, settings)
    body: dict[str, Any] = {"model": settings.model, "store": False}
    if sent and sent[0].role == "system":
        body["instructions"] = sent.pop(0).content
    body["input"] = input_items(sent)
    given = settings.parameters() if parameters is None else parameters
    body |= dict(_parameter(name, value) for name, value in given.items())
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    return body


def input_items(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return messages as input items: a tool call and its result are items of their own."""
    return [item for message in messages for item in _items(message)]


def _items(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        result = {"call_id": message.tool_call_id or "", "output": message.content}
        return [{"type": "function_call_output", **result}]
    calls = [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]
    content = spoken(message)
    return calls if calls and not content else [{"role": message.role, "content": content}, *calls]


def _parameter(name: str, value: Any) -> tuple[str, Any]:
    """Return a parameter of the chat API as this one names and shapes it."""
    if name == "reasoning_effort":
        return "reasoning", {"effort": value}
    if name == "response_format":
        return "text", {"format": _without_inner(value, "json_schema")}
    if name == "tool_choice":
        return name, _without_inner(value, "function")
    return _NAMES.get(name, name), value


def _without_inner(value: Any, kind: str) -> Any:
    """Return an object of the chat API with what its inner object holds beside the type."""
    inner = value.get(kind) if isinstance(value, Mapping) and value.get("type") == kind else None
    return {"type": kind, **inner} if isinstance(inner, Mapping) else value


def _tool(tool: Tool) -> dict[str, Any]:
    """Return a tool's description without the chat API's inner object; what has none is passed on as it is."""
    inner = tool.get(str(tool.get("type")))
    if not isinstance(inner, Mapping):
        return dict(tool)
    # Without the word this API is strict and the chat API is not.
    strict = {"strict": False} if tool["type"] == "function" else {}
    return {"type": tool["type"], **strict, **inner}
