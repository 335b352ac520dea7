"""Chat messages in OpenAI's and Anthropic's shapes become conversations, or say why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Exclusion, Outcome, ReadStats, Rejected
from deploysim.types import Message, RawConversation, ToolCall

WriteRows = Callable[..., Path]
ASK = {"role": "user", "content": "What is 2 + 2?"}
ANSWER = {"role": "assistant", "content": "4"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 2}'}}
ADD = ToolCall("call_1", "add", '{"a": 2, "b": 2}')


def read_one(path: Path, format: str = "openai-chat", stats: ReadStats | None = None) -> Outcome:
    """Read the only row of a file."""
    (outcome,) = read_conversations(path, format=format, stats=stats)
    return outcome


def messages_of(path: Path, format: str = "openai-chat") -> tuple[Message, ...]:
    """Read the messages of the only row of a file."""
    outcome = read_one(path, format)
    assert isinstance(outcome, RawConversation)
    return outcome.messages


def test_all_fields_of_a_row_are_kept(write_rows: WriteRows) -> None:
    """Model, time, user, id, language and the single values of the metadata come along."""
    path = write_rows(
        {
            "id": "c-1",
            "model": "gpt-4o",
            "created": 1_714_557_600,
            "user": "u-7",
            "language": "English",
            "metadata": {
                "plan": "pro",
                "seats": 3,
                "beta": True,
                "nested": {"a": 1},
                "long": "x" * 300,
                "user_id": "z",
            },
            "messages": [ASK, ANSWER],
        }
    )

    expected = RawConversation(
        messages=(Message("user", "What is 2 + 2?"), Message("assistant", "4")),
        row=1,
        source_id="c-1",
        model="gpt-4o",
        started_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
        user_id="u-7",
        language="English",
        metadata=(("plan", "pro"), ("seats", "3"), ("beta", "true")),
    )
    assert expected == read_one(path)


@pytest.mark.parametrize(
    ("extra", "user"),
    [
        ({"user": "u"}, "u"),
        ({"user_id": 12}, "12"),
        ({"safety_identifier": "s"}, "s"),
        ({"metadata": {"user_id": "m"}}, "m"),
        ({"user": {"name": "nested"}}, None),
        ({}, None),
    ],
)
def test_user_identifier_is_found_where_apis_put_it(
    write_rows: WriteRows, extra: dict[str, object], user: str | None
) -> None:
    """The end user's identifier may stand in the row or in its metadata."""
    outcome = read_one(write_rows({"messages": [ASK, ANSWER], **extra}))

    assert isinstance(outcome, RawConversation)
    assert user == outcome.user_id


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "developer", "content": "Be kind."}, Message("system", "Be kind.")),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            Message("user", "a\nb"),
        ),
        ({"role": "user", "content": [{"type": "input_text", "text": "a"}]}, Message("user", "a")),
        ({"role": "user", "content": ["a", "b"]}, Message("user", "a\nb")),
        ({"role": "user", "content": ""}, Message("user", "")),
        ({"role": "assistant", "content": None}, Message("assistant", "")),
        ({"role": "assistant", "tool_calls": [CALL]}, Message("assistant", "", (ADD,))),
        ({"role": "assistant", "content": None, "refusal": "No."}, Message("assistant", "No.")),
        ({"role": "assistant", "content": "a", "audio": None, "tool_calls": None}, Message("assistant", "a")),
        ({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, Message("assistant", "No.")),
        (
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}]},
            Message("assistant", "a"),
        ),
        (
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            Message("assistant", "", (ADD,)),
        ),
        ({"role": "tool", "content": "4", "tool_call_id": "call_1"}, Message("tool", "4", (), "call_1")),
    ],
)
def test_each_message_shape_is_read(write_rows: WriteRows, message: dict[str, object], expected: Message) -> None:
    """Roles, parts, refusals, tool calls and tool results in their published shapes."""
    messages = messages_of(write_rows({"messages": [ASK, ANSWER, message]}))

    assert expected == messages[2]


def test_reasoning_is_dropped_and_counted(write_rows: WriteRows) -> None:
    """Another model's reasoning is left out, whether as a field or as a block, and counted once a message."""
    stats = ReadStats()
    path = write_rows(
        {
            "messages": [
                ASK,
                {**ANSWER, "reasoning_content": "two and two"},
                {
                    "role": "assistant",
                    "content": [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "b"}],
                },
            ]
        }
    )
    outcome = read_one(path, stats=stats)

    assert isinstance(outcome, RawConversation)
    assert [message.content for message in outcome.messages] == ["What is 2 + 2?", "4", "b"]
    assert stats.reasoning_dropped == 2


def test_calls_without_identifiers_are_linked_by_order(write_rows: WriteRows) -> None:
    """Calls that carry no id get one, and the results that follow refer to them in order."""
    calls = [{"function": {"name": name, "arguments": {"x": 1}}} for name in ("first", "second")]
    results = [{"role": "tool", "content": name} for name in ("first", "second")]
    messages = messages_of(
        write_rows({"messages": [ASK, {"role": "assistant", "content": "", "tool_calls": calls}, *results]})
    )

    assert [call.id for call in messages[1].tool_calls] == ["call_1_0", "call_1_1"]
    assert messages[1].tool_calls[0].arguments == '{"x": 1}'
    assert [message.tool_call_id for message in messages[2:]] == ["call_1_0", "call_1_1"]


def test_legacy_function_calls_are_tool_calls(write_rows: WriteRows) -> None:
    """The older `function_call` and role `function` read as a tool call and its result."""
    call = {"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": "{}"}}
    result = {"role": "function", "name": "add", "content": "4"}
    messages = messages_of(write_rows({"messages": [ASK, call, result, ANSWER]}))

    assert (ToolCall("call_1_0", "add", "{}"),) == messages[1].tool_calls
    assert Message("tool", "4", (), "call_1_0") == messages[2]


def test_anthropic_blocks_become_the_same_messages(write_rows: WriteRows) -> None:
    """A system prompt, a tool_use and a tool_result in Anthropic's shape read like OpenAI's."""
    path = write_rows(
        {
            "model": "claude-sonnet-4",
            "system": [{"type": "text", "text": "Be exact."}],
            "metadata": {"user_id": "u-1"},
            "messages": [
                ASK,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "Adding."},
                        {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 2}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "4"}]},
                        {"type": "text", "text": "So?"},
                    ],
                },
                ANSWER,
            ],
        }
    )

    expected = (
        Message("system", "Be exact."),
        Message("user", "What is 2 + 2?"),
        Message("assistant", "Adding.", (ToolCall("toolu_1", "add", '{"a": 2}'),)),
        Message("tool", "4", (), "toolu_1"),
        Message("user", "So?"),
        Message("assistant", "4"),
    )
    assert expected == messages_of(path, "anthropic-chat")


def image(kind: str) -> dict[str, object]:
    """A user message with a part of the given kind."""
    return {"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": kind, kind: {}}]}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": []}, Exclusion.NO_MESSAGES),
        ({"messages": [ANSWER]}, Exclusion.NO_USER_TEXT),
        ({"messages": [{"role": "user", "content": " \n"}, ANSWER]}, Exclusion.NO_USER_TEXT),
        ({"messages": [ASK]}, Exclusion.NO_RESPONSE),
        ({"messages": [ANSWER, ASK]}, Exclusion.NO_RESPONSE),
        ({"messages": [image("image_url"), ANSWER]}, Exclusion.MEDIA),
        ({"messages": [image("input_audio"), ANSWER]}, Exclusion.MEDIA),
        ({"messages": [image("file"), ANSWER]}, Exclusion.MEDIA),
        ({"messages": [{**ASK, "attachments": [{"id": "f"}]}, ANSWER]}, Exclusion.MEDIA),
        ({"messages": [ASK, {**ANSWER, "audio": {"id": "a"}}]}, Exclusion.MEDIA),
        ({"messages": [image("hologram"), ANSWER]}, Exclusion.UNKNOWN_PART),
        ({"messages": [{"role": "user", "content": [{"type": ["x"]}]}, ANSWER]}, Exclusion.UNKNOWN_PART),
        ({"messages": [ASK, {**ANSWER, "tool_calls": [{"type": "custom", "custom": {}}]}]}, Exclusion.UNKNOWN_PART),
        ({"messages": [ASK, ANSWER], "opted_out": True}, Exclusion.OPTED_OUT),
        ({"messages": [ASK, ANSWER], "metadata": {"opt_out": "yes"}}, Exclusion.OPTED_OUT),
        ({"messages": [{"role": "user", "content": "[REDACTED]"}, ANSWER]}, Exclusion.REMOVED),
    ],
)
def test_what_cannot_be_replayed_is_excluded(write_rows: WriteRows, row: dict[str, object], reason: Exclusion) -> None:
    """A readable conversation that cannot be replayed is excluded, with its reason."""
    assert Excluded(1, reason) == read_one(write_rows(row))


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASK, ANSWER, ASK]},
        {"messages": [ANSWER, ASK, ANSWER]},
        {"messages": [ASK, ASK, ANSWER, ANSWER]},
        {"messages": [ASK, {"role": "assistant", "content": ""}]},
        {"messages": [ASK, ANSWER], "opted_out": False},
        {"messages": [ASK, ANSWER], "opted_out": "no"},
        {"messages": [{"role": "user", "content": "What does [redacted] mean?"}, ANSWER]},
        {"messages": [{"role": "user", "content": '[{"type": "image_url"}]'}, ANSWER]},
        {"messages": [{"role": "user", "content": "hi", "attachments": []}, ANSWER]},
    ],
)
def test_near_misses_of_exclusion_are_kept(write_rows: WriteRows, row: dict[str, object]) -> None:
    """Unanswered last messages, greetings, empty responses and the like stay, message for message."""
    expected = [message["content"] for message in row["messages"]]  # type: ignore[attr-defined]

    assert expected == [message.content for message in messages_of(write_rows(row))]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ("nothing of the kind", "the messages are text, expected a list"),
        (None, "the messages are nothing, expected a list"),
        (["hello"], "a message is text, expected an object"),
        ([{"content": "secret"}], "a message has no role"),
        ([{"role": "secret", "content": "a"}], "a message has no role, or one that is none of system"),
        ([{"role": "user", "text": "secret"}], "a message has no content"),
        ([{"role": "user", "content": 7}], "a message's content is a number, expected text or a list of parts"),
        ([{"role": "user", "content": [7]}], "a part of a message is a number, expected an object"),
        ([{"role": "user", "content": [{"type": "text"}]}], "text of a message part is nothing, expected text"),
        ([{"role": "assistant", "tool_calls": {"a": "secret"}}], "tool_calls is an object, expected a list"),
        (
            [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 3}}]}],
            "a tool call's arguments are a number",
        ),
    ],
)
def test_wrong_shapes_are_rejected_without_content(write_rows: WriteRows, messages: object, reason: str) -> None:
    """A rejection names fields and types, and nothing that the row holds."""
    outcome = read_one(write_rows({"messages": messages}))

    assert isinstance(outcome, Rejected)
    assert (outcome.source, outcome.row) == ("log.jsonl", 1)
    assert outcome.reason.startswith(reason)
    assert "secret" not in outcome.reason


def test_messages_may_be_json_text(write_rows: WriteRows) -> None:
    """A column that holds the messages as JSON text reads like the list itself."""
    text = '[{"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "4"}]'

    assert messages_of(write_rows({"messages": [ASK, ANSWER]})) == messages_of(write_rows({"messages": text}))


def test_characters_that_cannot_be_stored_are_replaced_and_counted(write_rows: WriteRows) -> None:
    """NUL and half a surrogate pair become U+FFFD; a whole emoji stays."""
    stats = ReadStats()
    path = write_rows({"messages": [{"role": "user", "content": "a\x00b \ud83d 😀"}, ANSWER]})
    outcome = read_one(path, stats=stats)

    assert isinstance(outcome, RawConversation)
    assert outcome.messages[0].content == "a�b � 😀"
    assert stats.repaired_texts == 1
