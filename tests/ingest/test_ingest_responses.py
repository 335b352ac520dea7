"""Responses made elsewhere are read with what they answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap, ResponseMap
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import RawResponse, ReadStats, Rejected
from deploysim.ingest.responses import read_responses
from deploysim.types import ToolCall

WriteRows = Callable[..., Path]
CALLED = {"content": None, "tool_calls": [{"id": "t1", "function": {"name": "f", "arguments": "{}"}}]}
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o",
    "choices": [{"message": {"role": "assistant", "content": "b"}, "finish_reason": "length"}],
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "model": "gpt-5",
    "incomplete_details": {"reason": "max_output_tokens"},
    "output": [
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
    ],
}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"id": "c", "response": "b"}, RawResponse("c", None, "b", 1)),
        ({"id": 7, "turn": 2, "text": "b"}, RawResponse("7", 2, "b", 1)),
        ({"id": "c", "turn": "3", "response": ""}, RawResponse("c", 3, "", 1)),
        ({"id": "c", "response": '{"sum": 4}'}, RawResponse("c", None, '{"sum": 4}', 1)),
        (
            {"conversation_id": "c", "message": CALLED, "model": "m", "finish_reason": "tool_calls"},
            RawResponse("c", None, "", 1, (ToolCall("t1", "f", "{}"),), "tool_calls", "m"),
        ),
        (
            {
                "custom_id": "c",
                "id": "batch_req_1",
                "error": None,
                "response": {"status_code": 200, "body": COMPLETION},
            },
            RawResponse("c", None, "b", 1, (), "length", "gpt-4o"),
        ),
        (
            {"custom_id": "c", "response": {"status_code": 200, "body": RESPONSE}},
            RawResponse("c", None, "b", 1, (), "length", "gpt-5"),
        ),
        (
            {**COMPLETION, "conversation_id": "c", "turn": 1.0},
            RawResponse("c", 1, "b", 1, (), "length", "gpt-4o"),
        ),
    ],
)
def test_each_shape_of_a_response_is_read(write_rows: WriteRows, row: dict[str, object], expected: RawResponse) -> None:
    """Plain text, a message, a completion and the Batch API's output."""
    assert [expected] == list(read_responses(write_rows(row)))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"response": "b", "id": None}, "the row has no id"),
        ({"id": "c", "response": None}, "the row holds no response"),
        ({"id": "c", "response": 3}, "the response is a number"),
        ({"id": "c", "response": "b", "turn": 0}, "turn is not a whole number from 1"),
        ({"id": "c", "response": "b", "turn": True}, "turn is not a whole number from 1"),
        ({"id": "c", "response": "b", "turn": 1.5}, "turn is not a whole number from 1"),
        ({"id": "c", "response": "b", "turn": "last"}, "turn is not a whole number from 1"),
        ({"custom_id": "c", "response": {"status_code": 429, "body": {"error": {}}}}, "the row holds no response"),
        ({"id": "c", "message": {"content": [{"type": "audio"}]}}, "the response has images, audio or files"),
        (COMPLETION, "a completion's own id is not that of a conversation"),
    ],
)
def test_a_response_that_cannot_be_used_is_rejected(write_rows: WriteRows, row: dict[str, object], reason: str) -> None:
    """A failed call, a missing id and a wrong turn are counted, not guessed at."""
    (outcome,) = read_responses(write_rows(row))

    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith(reason)


def test_a_table_is_read_through_a_map_and_a_condition(tmp_path: Path) -> None:
    """Rows of other models are left out and counted."""
    path = tmp_path / "t.parquet"
    rows = {"pid": ["a", "a", "b"], "out": ["x", "y", None], "model": ["m-1", "m-2", "m-2"], "t": [1.0, 2.0, None]}
    pl.DataFrame(rows).write_parquet(path)
    stats = ReadStats()
    columns = ResponseMap.parse("id=pid,response=out,turn=t,model=model")

    expected = [
        RawResponse("a", 2, "y", 2, model="m-2"),
        Rejected("t.parquet", 3, "column out is nothing, expected text"),
    ]
    assert expected == list(read_responses(path, columns=columns, where={"model": "m-2"}, stats=stats))
    assert (stats.rows, stats.filtered) == (3, 1)


def test_a_file_without_responses_is_an_error(write_rows: WriteRows) -> None:
    """Conversations taken for responses, and a mistyped column, are refused before anything is read."""
    path = write_rows({"id": "c", "messages": []})

    with pytest.raises(InputError, match=r"does not look like responses\. Its rows have: id, messages"):
        read_responses(path)
    with pytest.raises(InputError, match=r"no column pid\. Did you mean id"):
        read_responses(path, columns=ResponseMap(id="pid", response="messages"))


def test_a_real_upgrade_is_read_as_conversations_and_responses(shared_data: Callable[[str], Path]) -> None:
    """The same 500 prompts answered by two releases: the older as the record, the newer as imported responses."""
    path = shared_data("arena_hard")
    recorded = list(
        read_conversations(
            path,
            columns=ColumnMap.parse("user=prompt,assistant=response,id=prompt_id,model=model,metadata=category"),
            where={"model": "gpt-4-0314"},
        )
    )
    candidate = list(
        read_responses(
            path,
            columns=ResponseMap.parse("id=prompt_id,response=response,model=model"),
            where={"model": "gpt-4-0613"},
        )
    )

    assert (len(recorded), len(candidate)) == (500, 500)
    assert {found.source_id for found in recorded} == {found.source_id for found in candidate}  # type: ignore[union-attr]
