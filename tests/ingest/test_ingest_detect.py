"""The format is told from the rows, with a stated confidence; where it cannot be, the error helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.ingest.detect import detect
from deploysim.ingest.nothing_good import nothing_good_error
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Exclusion, Rejected

WriteRows = Callable[..., Path]
CHAT = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
BLOCKS = [*CHAT, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "c"}]}]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"messages": CHAT}, "openai-chat"),
        ({"messages": CHAT, "model": "gpt-4o", "response": None}, "openai-chat"),
        ({"messages": CHAT, "model": "claude-opus-4"}, "anthropic-chat"),
        ({"messages": CHAT, "system": "s"}, "anthropic-chat"),
        ({"messages": BLOCKS}, "anthropic-chat"),
        ({"messages": CHAT[:1], "response": "b"}, "api-log"),
        ({"request": {"messages": CHAT[:1]}, "response": {"choices": []}}, "api-log"),
        ({"conversation": CHAT, "conversation_hash": "h"}, "wildchat"),
        ({"conversation": CHAT, "conversation_id": "h", "turn": 1}, "wildchat"),
        ({"conversations": [{"from": "human", "value": "a"}]}, "sharegpt"),
    ],
)
def test_each_format_is_recognised(write_rows: WriteRows, row: dict[str, object], expected: str) -> None:
    """Formats that share a key are told apart by what stands beside it."""
    detection = detect(write_rows(row))

    assert (detection.format, detection.confidence) == (expected, 1.0)
    assert detection.why.startswith("rows have")


def test_confidence_is_the_share_of_rows_that_fit(write_rows: WriteRows) -> None:
    """One row in four of another shape lowers the confidence, and is rejected when read."""
    path = write_rows(*[{"messages": CHAT}] * 3, {"hello": 1})

    assert detect(path).confidence == 0.75
    assert isinstance(list(read_conversations(path))[3], Rejected)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "a secret", "response": "b"},
        {"messages": "a secret"},
        {"conversation": CHAT},
        {"conversations": ["a secret"]},
        {"messages": [{"text": "a secret"}]},
    ],
)
def test_an_unknown_shape_says_what_was_seen_and_what_to_do(write_rows: WriteRows, row: dict[str, object]) -> None:
    """The message names the keys, the known formats and the two ways out, and no content."""
    with pytest.raises(InputError) as caught:
        detect(write_rows(row))

    message = str(caught.value)
    assert ", ".join(row) in message
    assert "openai-chat" in message
    assert "--format" in message
    assert "--map" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("question,answer_text,User Id,notes (EN)", "question, answer_text, User Id, notes (EN)"),
        ("question,elena@example.org,+1 415 555 0132", "question and 2 more"),
        ("Hello I am Elena Brandt,question,42", "question and 2 more"),
        ("elena@example.org,42", "2 columns that look like data, not names"),
    ],
)
def test_what_is_no_name_of_a_column_is_not_shown(write_bytes: Callable[..., Path], header: str, shown: str) -> None:
    """The first line of a table without a header is data: a message may be logged, and must not quote it."""
    with pytest.raises(InputError) as caught:
        detect(write_bytes(f"{header}\n{','.join('x' * len(header.split(',')))}\n".encode(), name="t.csv"))
    assert f"Its rows have: {shown}." in str(caught.value)


def test_usual_column_names_are_proposed_as_a_map(write_rows: WriteRows) -> None:
    """A table of prompts and responses comes with the map to copy."""
    with pytest.raises(InputError, match="--map user=Question,assistant=answer"):
        detect(write_rows({"Question": "a", "answer": "b"}))


def test_an_unknown_format_name_is_corrected(write_rows: WriteRows) -> None:
    """A mistyped name gets a suggestion before anything is read."""
    with pytest.raises(InputError, match="Did you mean wildchat"):
        read_conversations(write_rows({"messages": CHAT}), format="wildcat")


@pytest.mark.parametrize(
    ("rejected", "excluded", "filtered", "said"),
    [
        ([], [], 0, "it has no rows"),
        ([], [], 9, "9 did not meet the --where condition"),
        (
            [Rejected("log.jsonl", n, "the row is not valid JSON") for n in (1, 2, 3, 4)],
            [],
            0,
            "4 could not be read (row 1: the row is not valid JSON; row 2: the row is not valid JSON; row 3:",
        ),
        (
            [],
            [Excluded(1, Exclusion.MEDIA), Excluded(2, Exclusion.MEDIA), Excluded(3, Exclusion.NO_RESPONSE)],
            0,
            "3 cannot be replayed (2 x images, audio or files, 1 x no assistant response after a user message)",
        ),
    ],
)
def test_a_file_without_a_good_row_is_explained(
    rejected: list[Rejected], excluded: list[Excluded], filtered: int, said: str
) -> None:
    """The error carries the first reasons, the counts and a next step."""
    reasons = Counter(str(found.reason) for found in excluded)
    error = nothing_good_error("log.jsonl", rejected, len(rejected), reasons, filtered=filtered)

    assert error.happened.startswith(f"log.jsonl gave no conversation: {said}")
    assert error.next_step
