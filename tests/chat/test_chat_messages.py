"""What is sent: the API's shape, the right system prompt, nobody else's reasoning."""

from __future__ import annotations

from typing import Any

import pytest

from deploysim.chat.messages import api_messages, request_body
from deploysim.chat.settings import ModelSettings
from deploysim.types import Message, ToolCall

USER = Message("user", "Where is my order?")
PLAIN = {"role": "user", "content": "Where is my order?"}


def test_tool_calls_and_results_are_sent_in_the_api_shape() -> None:
    """A call keeps its id, its name and its arguments as text; its result names it."""
    sent = api_messages([Message("assistant", "", (ToolCall("c1", "find", "{}"),)), Message("tool", "42", (), "c1")])

    assert sent == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "42", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<think>\nplan\n</think>\n\nHello", "Hello"),
        ("  <thinking>a</thinking>b", "b"),
        ("<think>never closed", "<think>never closed"),
        ("Use the <think> tag: <think>x</think>", "Use the <think> tag: <think>x</think>"),
        ("", ""),
    ],
)
def test_reasoning_of_another_model_is_not_sent(content: str, expected: str) -> None:
    """Reasoning before an assistant's answer is dropped; words about it stay."""
    assert [{"role": "assistant", "content": expected}] == api_messages([Message("assistant", content)])


def test_what_a_user_says_is_never_changed() -> None:
    """Only assistant messages can carry a model's reasoning."""
    assert api_messages([Message("user", "<think>a</think>b")]) == [{"role": "user", "content": "<think>a</think>b"}]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (None, [{"role": "system", "content": "old"}, PLAIN]),
        ("new", [{"role": "system", "content": "new"}, PLAIN]),
        ("", [PLAIN]),
    ],
)
def test_a_run_may_replace_the_system_prompt(prompt: str | None, expected: list[dict[str, Any]]) -> None:
    """Without a prompt of its own a run keeps the conversation's; an empty one is none at all."""
    settings = ModelSettings("x", system_prompt=prompt)

    assert expected == request_body(settings, [Message("system", "old"), USER], seed=None, tools=None)["messages"]


def test_only_what_was_set_is_sent() -> None:
    """Parameters left open are the endpoint's to choose."""
    assert request_body(ModelSettings("x", "m"), [USER], seed=None, tools=None) == {"model": "m", "messages": [PLAIN]}


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (None, "max_tokens"),
        ("http://127.0.0.1/v1", "max_tokens"),
        ("https://api.openai.com/v1", "max_completion_tokens"),
    ],
)
def test_all_parameters_are_sent(base_url: str | None, name: str) -> None:
    """Temperature, limit, seed and tools; the limit under the name that the endpoint knows."""
    settings = ModelSettings("x", "m", base_url, temperature=0.0, top_p=0.9, max_tokens=50)
    tool = {"type": "function", "function": {"name": "find"}}

    sent = request_body(settings, [USER], seed=3, tools=[tool])

    assert {"temperature": 0.0, "top_p": 0.9, name: 50, "seed": 3, "tools": [tool]} == {
        key: value for key, value in sent.items() if key not in ("model", "messages")
    }
