"""Formats other than plain chat messages, each on a small file in its published shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Exclusion, Outcome, Rejected
from deploysim.types import Message, RawConversation

WriteRows = Callable[..., Path]
ASK = {"role": "user", "content": "What is 2 + 2?"}
ANSWER = {"role": "assistant", "content": "4"}
MESSAGES = (Message("user", "What is 2 + 2?"), Message("assistant", "4"))
STOPPED = (MESSAGES[0], Message("assistant", "4", finish_reason="stop"))
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_714_557_600,
    "model": "gpt-4o-2024-05-13",
    "choices": [{"index": 0, "message": ANSWER, "finish_reason": "stop"}],
}


def outcome_of(path: Path) -> Outcome:
    """Read the only row of a file, with its format detected."""
    (outcome,) = read_conversations(path)
    return outcome


@pytest.mark.parametrize(
    "row",
    [
        {"request": {"model": "gpt-4o", "messages": [ASK], "user": "u"}, "response": COMPLETION},
        {"request": {"body": {"messages": [ASK], "user": "u"}}, "response": {"status_code": 200, "body": COMPLETION}},
        {"messages": [ASK], "user": "u", **{key: COMPLETION[key] for key in ("id", "created", "model", "choices")}},
    ],
)
def test_openai_call_logs_are_read(write_rows: WriteRows, row: dict[str, object]) -> None:
    """A logged call is its messages and the answer, with what the answer says of itself."""
    expected = RawConversation(
        messages=STOPPED,
        row=1,
        source_id="chatcmpl-1",
        model="gpt-4o-2024-05-13",
        started_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
        user_id="u",
    )
    assert expected == outcome_of(write_rows(row))


def test_anthropic_call_logs_are_read(write_rows: WriteRows) -> None:
    """Anthropic's request has the system prompt apart, and its response is the message."""
    request = {"model": "claude-3-5-haiku", "system": "Be brief.", "messages": [ASK], "metadata": {"user_id": "u"}}
    response = {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "4"}]}
    outcome = outcome_of(write_rows({"request": request, "response": {**response, "stop_reason": "end_turn"}}))

    assert isinstance(outcome, RawConversation)
    assert (Message("system", "Be brief."), *STOPPED) == outcome.messages
    assert (outcome.source_id, outcome.model, outcome.user_id) == ("msg_1", "claude-3-5-haiku", "u")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("4", MESSAGES),
        ('{"sum": 4}', (MESSAGES[0], Message("assistant", '{"sum": 4}'))),
        ({"message": ANSWER}, MESSAGES),
        ({"choices": []}, Excluded(1, Exclusion.NO_RESPONSE)),
        ({"error": {"code": 500}}, Excluded(1, Exclusion.NO_RESPONSE)),
        ('{"choices": [{"message": {"content": "4"}}]}', MESSAGES),
        ({"message": None, "content": "4"}, MESSAGES),
        ({"choices": [{"text": "4"}]}, Rejected("log.jsonl", 1, "a message has no content")),
        ({"message": "4"}, Rejected("log.jsonl", 1, "the response's message is text, expected an object")),
        ({"usage": {}}, Rejected("log.jsonl", 1, "the response has neither choices nor a message nor content")),
        ([1], Rejected("log.jsonl", 1, "the response is a list, expected an object or text")),
    ],
)
def test_a_logged_answer_may_have_several_shapes(write_rows: WriteRows, response: object, expected: object) -> None:
    """Text stays text even where it is JSON; a failed call has no response to replay against."""
    outcome = outcome_of(write_rows({"request": {"messages": [ASK]}, "response": response}))

    assert expected == (outcome.messages if isinstance(outcome, RawConversation) else outcome)


def test_an_answer_already_among_the_messages_is_not_added_twice(write_rows: WriteRows) -> None:
    """Some logs repeat the answer beside messages that end with it."""
    outcome = outcome_of(write_rows({"messages": [ASK, ANSWER], "response": "4"}))

    assert isinstance(outcome, RawConversation)
    assert outcome.messages == MESSAGES


def wildchat_row(**changes: object) -> dict[str, object]:
    """A row in WildChat's own columns."""
    shared = {"language": "English", "toxic": False, "redacted": True, "turn_identifier": 9, "country": "France"}
    asked = {**ASK, **shared, "hashed_ip": "ab12", "header": {"user-agent": "x"}, "timestamp": None}
    answered = {**ANSWER, **shared, "hashed_ip": None, "timestamp": "2023-04-26T11:48:18+00:00"}
    return {
        "conversation_hash": "h1",
        "model": "gpt-4-0314",
        "timestamp": "2023-04-26T12:00:00+00:00",
        "conversation": [asked, answered],
        "turn": 1,
        "language": "English",
        "openai_moderation": [{"flagged": False}],
        "toxic": False,
        "redacted": True,
        "state": "Normandy",
        "country": "France",
        "hashed_ip": "ab12",
        **changes,
    }


def test_wildchat_rows_are_read(write_rows: WriteRows) -> None:
    """The hashed address stands for the user, and the first answer's time for the start."""
    expected = RawConversation(
        messages=MESSAGES,
        row=1,
        source_id="h1",
        model="gpt-4-0314",
        started_at=datetime(2023, 4, 26, 11, 48, 18, tzinfo=UTC),
        user_id="ab12",
        language="English",
        metadata=(("country", "France"), ("toxic", "false"), ("redacted", "true")),
    )
    assert expected == outcome_of(write_rows(wildchat_row()))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"turn": 2}, Excluded(1, Exclusion.MISSING_TURN)),
        ({"conversation": []}, Excluded(1, Exclusion.NO_MESSAGES)),
        ({"conversation": [ASK]}, Excluded(1, Exclusion.NO_RESPONSE)),
    ],
)
def test_incomplete_wildchat_rows_are_excluded(
    write_rows: WriteRows, changes: dict[str, object], expected: Excluded
) -> None:
    """A conversation that lost a user message would be replayed without it."""
    assert expected == outcome_of(write_rows(wildchat_row(**changes)))


def test_wildchat_parquet_reads_like_its_json(tmp_path: Path, write_rows: WriteRows) -> None:
    """Both containers of the same row give the same conversation; moderation columns are not even loaded."""
    row = wildchat_row(timestamp=datetime(2023, 4, 26, 12, tzinfo=UTC))
    path = tmp_path / "part.parquet"
    pl.DataFrame([row]).write_parquet(path)

    assert outcome_of(write_rows(wildchat_row())) == outcome_of(path)


def test_lmsys_rows_are_read(write_rows: WriteRows) -> None:
    """LMSYS-Chat-1M shares WildChat's columns but for the identifier."""
    row = {"conversation_id": "x1", "model": "vicuna-13b", "conversation": [ASK, ANSWER], "turn": 1, "redacted": False}
    outcome = outcome_of(write_rows(row))

    assert isinstance(outcome, RawConversation)
    assert (outcome.source_id, outcome.messages) == ("x1", MESSAGES)


def sharegpt(*turns: tuple[str, str], **more: object) -> dict[str, object]:
    """A row in ShareGPT's shape."""
    return {"id": "s1", "conversations": [{"from": who, "value": text} for who, text in turns], **more}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (sharegpt(("human", "What is 2 + 2?"), ("gpt", "4")), MESSAGES),
        (sharegpt(("system", "S"), ("human", "What is 2 + 2?"), ("gpt", "4")), (Message("system", "S"), *MESSAGES)),
        (sharegpt(("human", "What is 2 + 2?"), ("gpt", "4"), system="S"), (Message("system", "S"), *MESSAGES)),
        (sharegpt(("human", "<image> What?"), ("gpt", "4"), image="a.jpg"), Excluded(1, Exclusion.MEDIA)),
        (sharegpt(("human", "a"), ("function_call", "{}"), ("gpt", "4")), Excluded(1, Exclusion.UNKNOWN_PART)),
        (
            sharegpt(("human", "a"), ("Alice", "4")),
            Rejected("log.jsonl", 1, "a message is from none of human, user, gpt, chatgpt, assistant, system"),
        ),
    ],
)
def test_sharegpt_rows_are_read(write_rows: WriteRows, row: dict[str, object], expected: object) -> None:
    """Speakers become roles; pictures and tool texts cannot be replayed."""
    outcome = outcome_of(write_rows(row))

    assert expected == (outcome.messages if isinstance(outcome, RawConversation) else outcome)
