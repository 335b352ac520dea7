"""The Responses API: what is sent, what is read, and that both APIs give the same answers over real HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from servers import Endpoint, Reply, answer, raw, refuse

from deploysim.chat.model import Answer
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.responses_body import input_items, response_body
from deploysim.chat.responses_reply import read_response
from deploysim.chat.settings import ModelSettings
from deploysim.errors import ModelError
from deploysim.types import Failure, FailureKind, Message, Response, ToolCall

USER = Message("user", "Where is order 7?")
CHAT_CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find", "arguments": '{"order": 7}'}
FIND = {"name": "find", "description": "finds an order", "parameters": {"type": "object", "properties": {}}}


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": list(parts)}


def text(words: str) -> dict[str, Any]:
    return {"type": "output_text", "text": words, "annotations": []}


def response(*items: Any, status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": "model-that-answered",
        "output": list(items),
        "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
        **fields,
    }


def incomplete(reason: str, *items: Any) -> dict[str, Any]:
    return response(*items, status="incomplete", incomplete_details={"reason": reason})


def replies(value: Any) -> Reply:
    return raw(json.dumps(value).encode())


def ask(endpoint: Endpoint, api: str, *, times: int = 1, tools: Any = None, **changes: Any) -> list[Answer]:
    values: dict[str, Any] = {"timeout_s": 5.0, "max_retries": 0, "api": api, **changes}

    async def asking() -> list[Answer]:
        async with OpenAIModel(ModelSettings("x", "a-model", endpoint.url, **values)) as model:
            return [await model.complete([USER], seed=5, tools=tools) for _ in range(times)]

    return asyncio.run(asking())


@pytest.mark.parametrize(
    ("chat", "responses", "expected"),
    [
        (answer("an answer"), response(message(text("an answer"))), ("an answer", (), "stop")),
        (
            answer(None, finish="tool_calls", tool_calls=[CHAT_CALL]),
            response(CALL),
            ("", (ToolCall("c1", "find", '{"order": 7}'),), "tool_calls"),
        ),
        (
            answer("Let me look.", finish="tool_calls", tool_calls=[CHAT_CALL]),
            response(message(text("Let me look.")), CALL),
            ("Let me look.", (ToolCall("c1", "find", '{"order": 7}'),), "tool_calls"),
        ),
        (
            answer(None, refusal="I must not."),
            response(message({"type": "refusal", "refusal": "I must not."})),
            ("I must not.", (), "stop"),
        ),
        (
            answer("cut", finish="length"),
            incomplete("max_output_tokens", message(text("cut"))),
            ("cut", (), "length"),
        ),
        (answer(None, finish="length"), incomplete("max_output_tokens"), ("", (), "length")),
        (answer(""), response(message(text(""))), ("", (), "stop")),
        (
            answer([{"type": "thinking", "thinking": "a plan"}, {"type": "text", "text": "so: yes"}]),
            response(
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a plan"}]},
                message(text("so: "), text("yes")),
            ),
            ("so: yes", (), "stop"),
        ),
    ],
)
def test_both_apis_give_the_same_response(chat: Reply, responses: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Text, tool calls, refusals, cut and silent responses are the same rows whichever API they came through."""
    with Endpoint(script=[chat, replies(responses)]) as endpoint:
        found = [*ask(endpoint, "chat"), *ask(endpoint, "responses")]

    for one in found:
        assert isinstance(one, Response)
        assert expected == (one.text, one.tool_calls, one.finish_reason)
        assert (one.prompt_tokens, one.completion_tokens, one.model) == (7, 3, "model-that-answered")
    assert [seen.path for seen in endpoint.requests] == ["/v1/chat/completions", "/v1/responses"]


@pytest.mark.parametrize(
    ("bad", "kind", "detail"),
    [
        (raw(b"{}"), FailureKind.MALFORMED, "the reply has no output"),
        (raw(b"SECRET", kind="text/plain"), FailureKind.MALFORMED, "the reply is not JSON"),
        (replies({"output": "SECRET"}), FailureKind.MALFORMED, "the reply has no output"),
        (replies(response("SECRET")), FailureKind.MALFORMED, "an item of the output is not a JSON object"),
        (replies(response()), FailureKind.MALFORMED, "the reply has neither text nor tool calls"),
        (replies(response({"type": "reasoning", "summary": []})), FailureKind.MALFORMED, "the reply has neither text nor tool calls"),
        (replies(response({**CALL, "name": None})), FailureKind.MALFORMED, "a tool call has no name"),
        (replies(response(message({"type": "output_text"}))), FailureKind.MALFORMED, "a part of the content is not text"),
        (
            replies(response({"type": "message", "content": {"text": "SECRET"}})),
            FailureKind.MALFORMED,
            "the content of a message is not a list",
        ),
        (replies(response(status="queued")), FailureKind.MALFORMED, "the response did not come to its end"),
        (replies(response(status="failed")), FailureKind.MALFORMED, "the response failed"),
        (answer(), FailureKind.MALFORMED, "the reply has no output"),
        (
            replies(response(status="failed", error={"code": "server_error", "message": "SECRET"})),
            FailureKind.SERVER_ERROR,
            "HTTP 502, server_error",
        ),
        (
            replies(response(status="failed", error={"code": "rate_limit_exceeded", "message": "SECRET"})),
            FailureKind.RATE_LIMITED,
            "HTTP 429, rate_limit_exceeded",
        ),
        (
            replies(response(status="failed", error={"code": "invalid_prompt", "message": "SECRET"})),
            FailureKind.REFUSED_BY_FILTER,
            "HTTP 400, invalid_prompt",
        ),
        (
            replies(incomplete("content_filter", message(text("SECRET")))),
            FailureKind.REFUSED_BY_FILTER,
            "incomplete, content_filter",
        ),
        (refuse(400, error={"code": "invalid_prompt"}), FailureKind.REFUSED_BY_FILTER, "HTTP 400, invalid_prompt"),
        (
            refuse(400, error={"code": "context_length_exceeded"}),
            FailureKind.CONTEXT_TOO_LONG,
            "HTTP 400, context_length_exceeded",
        ),
    ],
)  # fmt: skip
def test_every_misbehaviour_is_a_failure_with_its_reason(bad: Reply, kind: FailureKind, detail: str) -> None:
    """Whatever comes back, the call ends in a failure that quotes nothing, and the next call is fine."""
    good = replies(response(message(text("fine"))))
    with Endpoint(script=[good, bad, good]) as endpoint:
        _, found, after = ask(endpoint, "responses", times=3)

    assert Failure(kind, detail) == found
    assert isinstance(after, Response)


def test_passing_trouble_inside_a_reply_is_tried_again() -> None:
    """A response that failed at the provider for a passing reason is asked for again, like a status of its own."""
    failed = replies(response(status="failed", error={"code": "server_error", "message": "x"}))
    with Endpoint(script=[failed, replies(response(message(text("fine"))))]) as endpoint:
        (found,) = ask(endpoint, "responses", max_retries=1)

    assert isinstance(found, Response)
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (raw(b"Not Found", status=404, kind="text/plain"), "has no Responses API"),
        (refuse(400, error={"param": "max_output_tokens"}), "does not take the parameter max_output_tokens"),
    ],
)
def test_what_every_call_would_meet_stops_the_run(bad: Reply, words: str) -> None:
    """An endpoint without this API, or a limit below the smallest, is said once and not a million times."""
    with Endpoint(otherwise=bad) as endpoint, pytest.raises(ModelError, match=words):
        ask(endpoint, "responses")


def test_the_whole_request() -> None:
    """Prompt, parameters and tools in this API's shape; nothing kept at the provider; no seed, which it does not take."""
    tool = {"type": "function", "function": FIND}
    with Endpoint(otherwise=replies(response(message(text("x"))))) as endpoint:
        ask(endpoint, "responses", tools=[tool], system_prompt="be brief", temperature=0.2, top_p=0.9, max_tokens=50)

    assert endpoint.requests[0].body == {
        "model": "a-model",
        "store": False,
        "instructions": "be brief",
        "input": [{"role": "user", "content": "Where is order 7?"}],
        "temperature": 0.2,
        "top_p": 0.9,
        "max_output_tokens": 50,
        "tools": [{"type": "function", "strict": False, **FIND}],
    }


def test_calls_and_results_are_items_and_reasoning_is_not_sent() -> None:
    """An assistant's words, its calls and the tool's results keep their order; another model's reasoning is dropped."""
    conversation = [
        USER,
        Message(
            "assistant", "<think>hm</think>Let me look.", (ToolCall("c1", "find", "{}"), ToolCall("c2", "now", ""))
        ),
        Message("tool", "sent", (), "c1"),
        Message("tool", "noon", (), "c2"),
        Message("assistant", "", (ToolCall("c3", "find", "{}"),)),
        Message("assistant", "It is <think>x</think> on its way."),
    ]

    assert input_items(conversation) == [
        {"role": "user", "content": "Where is order 7?"},
        {"role": "assistant", "content": "Let me look."},
        {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "now", "arguments": ""},
        {"type": "function_call_output", "call_id": "c1", "output": "sent"},
        {"type": "function_call_output", "call_id": "c2", "output": "noon"},
        {"type": "function_call", "call_id": "c3", "name": "find", "arguments": "{}"},
        {"role": "assistant", "content": "It is <think>x</think> on its way."},
    ]


def test_a_system_prompt_at_the_start_becomes_the_instructions() -> None:
    """A later system message stays where it is; a conversation without one has no instructions."""
    settings = ModelSettings("x", "m", api="responses")
    first, later = Message("system", "be kind"), Message("system", "now be brief")

    sent = response_body(settings, [first, USER, later], seed=1, tools=None)
    without = response_body(settings, [USER], seed=1, tools=None)

    assert (sent["instructions"], [item["role"] for item in sent["input"]]) == ("be kind", ["user", "system"])
    assert {"model": "m", "store": False, "input": [{"role": "user", "content": USER.content}]} == without


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (
            {"type": "function", "function": {**FIND, "strict": True}},
            {"type": "function", **FIND, "strict": True},
        ),
        ({"type": "custom", "custom": {"name": "write"}}, {"type": "custom", "name": "write"}),
        ({"type": "function", **FIND}, {"type": "function", **FIND}),
        ({"type": "web_search"}, {"type": "web_search"}),
    ],
)
def test_tools_lose_their_inner_object(tool: dict[str, Any], expected: dict[str, Any]) -> None:
    """A description in the chat API's shape is unfolded; one in this API's shape is passed on."""
    body = response_body(ModelSettings("x", "m"), [USER], seed=None, tools=[tool])

    assert [expected] == body["tools"]


def test_several_messages_are_one_text() -> None:
    """What a model says before and after its calls is one response; halves of characters cannot be kept."""
    call = {"type": "custom_tool_call", "call_id": "c9", "name": "write", "input": "a line"}
    value = response(message(text("First \ud83d")), call, message(text("then")))

    found = read_response(json.dumps(value).encode(), latency_s=None)

    assert isinstance(found, Response)
    assert ("First \ufffd\n\nthen", (ToolCall("c9", "write", "a line"),), None) == (
        found.text,
        found.tool_calls,
        found.latency_s,
    )
