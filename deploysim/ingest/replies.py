"""The assistant message in what an API answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploysim.ingest.items import answer_of
from deploysim.ingest.messages import read_message
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats
from deploysim.ingest.values import identifier, kind_of, structure
from deploysim.types import Message


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a chat API."""

    message: Message
    finish_reason: str | None
    model: str | None
    body: Mapping[str, object]
    """The answer's object, for the caller to find its identifier and time; empty where the answer is plain text."""


def read_reply(value: object, stats: ReadStats) -> Reply:
    """Read a chat completion, a response of the Responses API, an Anthropic or a bare assistant message, or plain text.

    Of several choices the first counts. Raises NotReplayableError where there is no answer (an error in its place, no
    choices), UnreadableRowError for any other shape.
    """
    found = _answer(value)
    if found is None:
        raise NotReplayableError(Exclusion.NO_RESPONSE)
    if isinstance(found, str):
        return Reply(_assistant({"content": found}, stats), None, None, {})
    if not isinstance(found, Mapping):
        raise UnreadableRowError(f"the response is {kind_of(found)}, expected an object or text")
    body = found["body"] if isinstance(found.get("body"), Mapping) else found
    choice = _choice(body)
    message = choice.get("message") or choice
    if not isinstance(message, Mapping):
        raise UnreadableRowError(f"the response's message is {kind_of(message)}, expected an object")
    finish_reason = identifier(choice, ("finish_reason", "stop_reason"), stats)
    return Reply(
        message=_assistant({**message, "finish_reason": finish_reason}, stats),
        finish_reason=finish_reason,
        model=identifier(body, ("model",), stats),
        body=body,
    )


def _answer(value: object) -> object:
    """An API's answer may be logged as JSON text; a model's own text may be JSON too, and stays text."""
    found = structure(value)
    is_api = isinstance(found, Mapping) and (
        "choices" in found or found.get("object") == "response" or {"role", "content"} <= found.keys()
    )
    return found if is_api or not isinstance(value, str) else value


def _choice(body: Mapping[str, object]) -> Mapping[str, object]:
    """The part of the body that holds the message: its first choice, or the body itself."""
    choices = body.get("choices")
    if isinstance(choices, list | tuple) and choices and isinstance(choices[0], Mapping):
        return choices[0]
    if any(body.get(key) is not None for key in ("message", "content", "tool_calls")):
        return body
    if isinstance(body.get("output"), list | tuple):
        return _last_of(answer_of(body))
    if any(key in body for key in ("error", "choices", "content")):
        raise NotReplayableError(Exclusion.NO_RESPONSE)
    raise UnreadableRowError("the response has neither choices nor a message nor content")


def _last_of(answered: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    if not answered:
        raise NotReplayableError(Exclusion.NO_RESPONSE)
    return answered[-1]


def _assistant(message: Mapping[str, object], stats: ReadStats) -> Message:
    return read_message({**message, "role": "assistant"}, stats)[-1]
