"""Reading replies: what is a response, what is a failure, and what is said about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from servers import completion

from deploysim.chat.reply import read_reply
from deploysim.types import Failure, FailureKind, Response, ToolCall

CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}


def read(value: Any) -> Response | Failure:
    return read_reply(json.dumps(value).encode(), latency_s=1.23456)


def with_choice(**choice: Any) -> dict[str, Any]:
    return {"choices": [choice]}


def test_a_completion_is_a_response() -> None:
    """Text, finish reason, usage, model and latency are taken over."""
    expected = Response("an answer", (), "stop", 7, 3, 1.235, "model-that-answered")

    assert expected == read(completion())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (completion(""), Response("", (), "stop")),
        (completion("cut", finish="length"), Response("cut", (), "length")),
        (completion(None, finish="length"), Response("", (), "length")),
        (completion(None, finish="stop", refusal="I must not."), Response("I must not.", (), "stop")),
        (
            completion(None, finish="tool_calls", tool_calls=[CALL]),
            Response("", (ToolCall("c1", "find", '{"order": 7}'),), "tool_calls"),
        ),
        (
            completion("", tool_calls=[{"function": {"name": "now", "arguments": {"zone": "é"}}}]),
            Response("", (ToolCall("", "now", '{"zone": "é"}'),), "stop"),
        ),
        (completion("hi", tool_calls=None, reasoning_content="secret plan"), Response("hi", (), "stop")),
        (
            completion([{"type": "thinking", "thinking": []}, {"type": "text", "text": "so: "}, {"text": "yes"}]),
            Response("so: yes", (), "stop"),
        ),
        (completion("half \ud83d only"), Response("half \ufffd only", (), "stop")),
        (with_choice(message={"content": "bare"}), Response("bare")),
        ({**completion("x"), "usage": {"prompt_tokens": "7", "completion_tokens": True}}, Response("x", (), "stop")),
    ],
)
def test_what_counts_as_a_response(value: Any, expected: Response) -> None:
    """Empty, cut-off, refusing, tool-calling and oddly shaped replies are still what the model answered."""
    found = read(value)

    assert isinstance(found, Response)
    assert (expected.text, expected.tool_calls, expected.finish_reason) == (
        found.text,
        found.tool_calls,
        found.finish_reason,
    )


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        (b"", FailureKind.MALFORMED, "the reply is not JSON"),
        (b"<html>SECRET</html>", FailureKind.MALFORMED, "the reply is not JSON"),
        (b'{"choices": [', FailureKind.MALFORMED, "the reply is not JSON"),
        (b"\xff\xfe\x00SECRET", FailureKind.MALFORMED, "the reply is not JSON"),
        (b"[" * 100_000, FailureKind.MALFORMED, "the reply is not JSON"),
        (b'"SECRET"', FailureKind.MALFORMED, "the reply is not a JSON object"),
        (b"{}", FailureKind.MALFORMED, "the reply has no choices"),
        (b'{"choices": []}', FailureKind.MALFORMED, "the reply has no choices"),
        (b'{"choices": {"0": "SECRET"}}', FailureKind.MALFORMED, "the reply has no choices"),
        (b'{"choices": ["SECRET"]}', FailureKind.MALFORMED, "the choice is not a JSON object"),
        (b'{"choices": [{"message": null}]}', FailureKind.MALFORMED, "the message is not a JSON object"),
        (
            b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}',
            FailureKind.MALFORMED,
            "the message has neither text nor tool calls",
        ),
        (
            b'{"choices": [{"message": {"content": 7}}]}',
            FailureKind.MALFORMED,
            "the message has neither text nor tool calls",
        ),
        (
            b'{"choices": [{"message": {"content": "a", "tool_calls": [{"function": {}}]}}]}',
            FailureKind.MALFORMED,
            "a tool call has no name",
        ),
        (
            b'{"choices": [{"message": {"content": "SECRET"}, "finish_reason": "content_filter"}]}',
            FailureKind.REFUSED_BY_FILTER,
            "finish_reason content_filter",
        ),
    ],
)
def test_what_counts_as_a_failure(body: bytes, kind: FailureKind, detail: str) -> None:
    """A reply without a response says what it lacks, in words of ours only."""
    assert Failure(kind, detail) == read_reply(body, latency_s=0.0)
