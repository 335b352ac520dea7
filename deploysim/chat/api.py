"""The two APIs that a model is asked through: where requests go, how they are written, how replies are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import Attempt, error_attempt, error_in
from deploysim.chat.messages import request_body
from deploysim.chat.model import Tool
from deploysim.chat.reply import read_reply
from deploysim.chat.responses_body import response_body
from deploysim.chat.responses_reply import read_response
from deploysim.chat.settings import ModelSettings
from deploysim.types import DECODING, Failure, FailureKind, Message, Response

_STATUS_OF_CODE = {"rate_limit_exceeded": 429} | dict.fromkeys(
    ("invalid_prompt", "bio_policy", "misalignment_policy_violation"), 400
)
"""What an error that comes inside a successful reply would have been as a status of its own."""


class BodyWriter(Protocol):
    """Writes the whole request for one response."""

    def __call__(
        self,
        settings: ModelSettings,
        messages: Sequence[Message],
        *,
        seed: int | None,
        tools: Sequence[Tool] | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the request's JSON."""
        ...


class ReplyReader(Protocol):
    """Reads a successful reply."""

    def __call__(self, body: bytes, *, latency_s: float | None) -> Response | Failure:
        """Return the response, or why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """One way of asking a model."""

    name: str
    """What people call it."""
    path: str
    """Below the base URL."""
    body: BodyWriter
    read: ReplyReader
    takes_seed: bool = True
    lacks: tuple[str, ...] = ()
    """Decoding parameters that it does not have."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of a request that have other names than the chat API's parameters."""

    @property
    def decoding_keys(self) -> tuple[str, ...]:
        """Keys of a request that may say how to decode."""
        return (*DECODING, *self.keys)

    def parameter(self, key: str) -> str:
        """Return the chat API's name of the parameter that a key of a request stands for."""
        return self.keys.get(key, key)


APIS = {
    "chat": Api(
        "chat completions",
        "/chat/completions",
        request_body,
        read_reply,
        keys={"max_completion_tokens": "max_tokens"},
    ),
    "responses": Api(
        "Responses API",
        "/responses",
        response_body,
        read_response,
        takes_seed=False,
        lacks=("stop", "frequency_penalty", "presence_penalty"),
        keys={"max_output_tokens": "max_tokens", "text": "response_format", "reasoning": "reasoning_effort"},
    ),
}


def request_chars(body: Mapping[str, Any]) -> int:
    """Return roughly how many characters of text a request of either API holds."""
    items = body.get("messages") or [{"content": body.get("instructions")}, *body.get("input", ())]
    return sum(len(item.get("content") or item.get("output") or "") for item in items)


def read_attempt(
    api: Api, endpoint: Endpoint, body: bytes, headers: Mapping[str, str], *, latency_s: float | None
) -> Attempt:
    """Return what a successful reply stands for; it may hold an error instead of a response.

    Raises:
        ModelError: where that error is one that every call would meet.
    """
    answer = api.read(body, latency_s=latency_s)
    if isinstance(answer, Failure) and answer.kind is FailureKind.MALFORMED:
        hidden = _hidden_status(body)
        if hidden:
            return error_attempt(endpoint, hidden, headers, error_in(body))
    return Attempt(answer)


def _hidden_status(body: bytes) -> int | None:
    """Return the status of an error that came as a successful reply, as some gateways send it."""
    error = error_in(body)
    if not isinstance(error, dict) or not ({"code", "message"} & set(error)):
        return None
    code = error.get("code")
    if isinstance(code, str):
        return _STATUS_OF_CODE.get(code, 502)
    return code if isinstance(code, int) and 400 <= code < 600 else 502
