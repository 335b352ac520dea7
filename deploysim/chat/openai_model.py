"""Any OpenAI-compatible chat completions endpoint, through the openai client."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import openai
from openai.types.chat import ChatCompletion

from deploysim.chat.failures import failure_of
from deploysim.chat.model import Answer
from deploysim.chat.settings import ModelSettings
from deploysim.types import Failure, FailureKind, Message, Response, ToolCall

# The client insists on a key; endpoints without keys ignore this one.
_NO_KEY = "none"


class OpenAIModel:
    """A chat model behind an endpoint. Open it inside the coroutine that uses it: its connections belong to one loop.

    Retries are the client's: exponential backoff with jitter, and `Retry-After` where the server sends it.
    """

    def __init__(self, settings: ModelSettings, *, base_url: str | None = None) -> None:
        self._settings = settings
        self._base_url = base_url or settings.base_url
        self._client = openai.AsyncOpenAI(
            base_url=self._base_url,
            api_key=settings.api_key.reveal() or _NO_KEY,
            timeout=settings.timeout_s,
            max_retries=settings.max_retries,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: object, at: TracebackType | None) -> None:
        await self._client.close()

    async def complete(self, messages: Sequence[Message], *, seed: int | None = None) -> Answer:
        """Ask once and return the response, or why there is none."""
        body: dict[str, Any] = {**self._settings.parameters(), **({} if seed is None else {"seed": seed})}
        started = time.monotonic()
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self._settings.model, messages=api_messages(with_system(messages, self._settings)), **body
            )
            completion = raw.parse()
        except (openai.OpenAIError, ValueError) as error:
            # A reply that is not JSON surfaces as a ValueError of the JSON parser.
            return failure_of(error, settings=self._settings, base_url=self._base_url)
        return read_completion(completion, latency_s=time.monotonic() - started)


def with_system(messages: Sequence[Message], settings: ModelSettings) -> list[Message]:
    """Return the messages with the run's system prompt in place of the conversation's own, where it has one."""
    if settings.system_prompt is None:
        return list(messages)
    return [Message("system", settings.system_prompt), *(m for m in messages if m.role != "system")]


def api_messages(messages: Iterable[Message]) -> list[Any]:
    """Return messages in the chat API's own shape."""
    return [_api_message(message) for message in messages]


def _api_message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "content": message.content, "tool_call_id": message.tool_call_id or ""}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    return {"role": message.role, "content": message.content or None, "tool_calls": calls}


def read_completion(completion: object, *, latency_s: float) -> Answer:
    """Turn a parsed completion into a response, or say what is wrong with it. No model is asked."""
    if not isinstance(completion, ChatCompletion) or not completion.choices:
        return Failure(FailureKind.MALFORMED, "the reply has no choices")
    choice = completion.choices[0]
    if choice.finish_reason == "content_filter":
        return Failure(FailureKind.REFUSED_BY_FILTER, "finish_reason content_filter")
    message = choice.message
    # Fields are not validated by the client, so a server may have sent null where an object should stand.
    if message is None or (message.content is None and not message.tool_calls and not message.refusal):
        return Failure(FailureKind.MALFORMED, "the reply has neither text nor tool calls")
    usage = completion.usage
    return Response(
        text=message.content or message.refusal or "",
        tool_calls=tuple(_tool_call(call) for call in message.tool_calls or ()),
        finish_reason=choice.finish_reason,
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        latency_s=round(latency_s, 3),
        model=completion.model,
    )


def _tool_call(call: Any) -> ToolCall:
    return ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
