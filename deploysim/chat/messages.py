"""Messages on their way to an endpoint: the chat API's own shape, and nothing that another model thought."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deploysim.chat.model import Tool
from deploysim.chat.settings import ModelSettings
from deploysim.types import Message

UNSENDABLE = "the messages hold halves of characters, which cannot be sent"
"""Why a request fails that no connection can carry."""

_REASONING = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?</\1>\s*", re.DOTALL)
_OWN_LIMIT_NAME = ("api.openai.com", "openai.azure.com")


def request_body(
    settings: ModelSettings,
    messages: Sequence[Message],
    *,
    seed: int | None,
    tools: Sequence[Tool] | None,
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the whole request for one response; the parameters are those of the settings where None."""
    body: dict[str, Any] = {"model": settings.model, "messages": api_messages(with_system(messages, settings))}
    body |= settings.parameters() if parameters is None else parameters
    if any(host in (settings.base_url or "") for host in _OWN_LIMIT_NAME) and "max_tokens" in body:
        # OpenAI's newer models refuse the older name, which is the only one that many other servers know.
        body["max_completion_tokens"] = body.pop("max_tokens")
    if seed is not None:
        body["seed"] = seed
    if tools:
        body["tools"] = list(tools)
    return body


def with_system(messages: Sequence[Message], settings: ModelSettings) -> list[Message]:
    """Return the messages with the run's system prompt in place of the conversation's own, where it has one.

    An empty system prompt is none at all.
    """
    if settings.system_prompt is None:
        return list(messages)
    own = [Message("system", settings.system_prompt)] if settings.system_prompt else []
    return [*own, *(m for m in messages if m.role != "system")]


def api_messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return messages in the chat API's own shape."""
    return [_api_message(message) for message in messages]


def spoken(message: Message) -> str:
    """Return what a message says, without the reasoning that another model put before its answer."""
    return _REASONING.sub("", message.content) if message.role == "assistant" else message.content


def _api_message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "content": message.content, "tool_call_id": message.tool_call_id or ""}
    content = spoken(message)
    if not message.tool_calls:
        return {"role": message.role, "content": content}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    return {"role": message.role, "content": content or None, "tool_calls": calls}
