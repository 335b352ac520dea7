"""Flat tables are read through a column map, and filtered by column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap, ResponseMap
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Exclusion, ReadStats, Rejected
from deploysim.types import Message, RawConversation

WriteRows = Callable[..., Path]
ROW = {"Prompt": "a", "response": "b", "pid": 7, "model": "m-1", "day": "2024-05-01", "rules": "s", "plan": "pro"}
MAP = "user=Prompt,assistant=response,id=pid,model=model,time=day,system=rules,metadata=plan"
PAIR = ColumnMap(user="Prompt", assistant="response")


def test_a_map_names_what_each_column_holds(write_rows: WriteRows, tmp_path: Path) -> None:
    """JSON, Parquet and CSV of the same table give the same conversation; unnamed columns are not read."""
    parquet, csv = tmp_path / "t.parquet", tmp_path / "t.csv"
    frame = pl.DataFrame([{**ROW, "email": "a@example.org"}])
    frame.write_parquet(parquet)
    frame.write_csv(csv)

    for path, row in ((write_rows(ROW), 1), (parquet, 1), (csv, 2)):
        expected = RawConversation(
            messages=(Message("system", "s"), Message("user", "a"), Message("assistant", "b")),
            row=row,
            source_id="7",
            model="m-1",
            started_at=datetime(2024, 5, 1, tzinfo=UTC),
            metadata=(("plan", "pro"),),
        )
        assert [expected] == list(read_conversations(path, columns=ColumnMap.parse(MAP)))


def test_a_column_of_messages_is_enough(write_rows: WriteRows) -> None:
    """Whole conversations under another name are mapped with `messages`."""
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    (outcome,) = read_conversations(write_rows({"dialogue": chat}), columns=ColumnMap.parse("messages=dialogue"))

    assert isinstance(outcome, RawConversation)
    assert outcome.messages == (Message("user", "a"), Message("assistant", "b"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Prompt": None}, Excluded(1, Exclusion.NO_USER_TEXT)),
        ({"Prompt": ""}, Excluded(1, Exclusion.NO_USER_TEXT)),
        ({"response": None}, Excluded(1, Exclusion.NO_RESPONSE)),
        ({"opt_out": 1}, Excluded(1, Exclusion.OPTED_OUT)),
        ({"Prompt": 3}, Rejected("log.jsonl", 1, "column Prompt is a number, expected text")),
    ],
)
def test_rows_without_both_texts_are_counted(
    write_rows: WriteRows, changes: dict[str, object], expected: object
) -> None:
    """A missing text excludes a row, a wrong type rejects it."""
    assert [expected] == list(read_conversations(write_rows({**ROW, **changes}), columns=PAIR))


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({}, [1, 2, 3]),
        ({"model": "m-1"}, [1, 3]),
        ({"model": "m-1", "n": "3"}, [3]),
        ({"ok": "true"}, [1]),
        ({"ok": ""}, [2]),
        ({"model": "M-1"}, []),
    ],
)
def test_where_keeps_rows_by_their_values_as_text(
    write_rows: WriteRows, where: dict[str, str], kept: list[int]
) -> None:
    """Numbers and true/false compare as they are written; what is left out is counted."""
    rows = [
        {**ROW, "model": "m-1", "n": 1, "ok": True},
        {**ROW, "model": "m-2", "n": 2, "ok": None},
        {**ROW, "model": "m-1", "n": 3, "ok": False},
    ]
    stats = ReadStats()
    outcomes = list(read_conversations(write_rows(*rows), columns=PAIR, where=where, stats=stats))

    assert [outcome.row for outcome in outcomes] == kept
    assert (stats.rows, stats.filtered) == (3, 3 - len(kept))


def test_where_works_for_every_format(write_rows: WriteRows) -> None:
    """A condition needs no column map."""
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    path = write_rows({"messages": chat, "model": "x"}, {"messages": chat, "model": "y"})

    assert [outcome.row for outcome in read_conversations(path, where={"model": "y"})] == [2]


@pytest.mark.parametrize(
    ("text", "happened"),
    [
        ("", "a part that is not of the form name=column"),
        ("user", "a part that is not of the form name=column"),
        ("user=,assistant=b", "a part that is not of the form name=column"),
        ("user=a", "does not say which column holds assistant"),
        ("id=a", "does not say which column holds user and assistant"),
        ("usr=a,assistant=b", "does not know usr. Did you mean user?"),
        ("user=a,user=b,assistant=c", "names user twice"),
        ("messages=a,user=b", "names messages as well as user or assistant"),
    ],
)
def test_a_wrong_map_is_explained(text: str, happened: str) -> None:
    """Each way to get a map wrong has its own message, and all show how a right one looks."""
    with pytest.raises(InputError) as caught:
        ColumnMap.parse(text)

    assert happened in caught.value.happened
    assert "user" in caught.value.expected


def test_a_response_map_needs_an_identifier_and_a_text() -> None:
    """Without the identifier a response belongs nowhere."""
    with pytest.raises(InputError, match="does not say which column holds id"):
        ResponseMap.parse("response=text")


@pytest.mark.parametrize(
    ("columns", "where", "happened"),
    [
        (ColumnMap(user="prompt", assistant="response"), {}, "no column prompt. Did you mean Prompt?"),
        (ColumnMap(user="Prompt", assistant="respons"), {}, "no column respons. Did you mean response?"),
        (ColumnMap(user="Prompt", assistant="response", time="zzz"), {}, "no column zzz."),
        (PAIR, {"modle": "m-1"}, "no column modle. Did you mean model?"),
    ],
)
def test_a_column_that_is_not_there_is_corrected(
    write_rows: WriteRows, columns: ColumnMap, where: dict[str, str], happened: str
) -> None:
    """The nearest name is proposed and all names are listed, before anything is read."""
    with pytest.raises(InputError) as caught:
        read_conversations(write_rows(ROW), columns=columns, where=where)

    assert happened in caught.value.happened
    assert "Prompt, response, pid, model" in caught.value.expected


def test_a_map_and_another_format_do_not_go_together(write_rows: WriteRows) -> None:
    """The map would be ignored, so it is refused; and a table without a map is refused too."""
    with pytest.raises(InputError, match="does not go with the format wildchat"):
        read_conversations(write_rows(ROW), format="wildchat", columns=PAIR)
    with pytest.raises(InputError, match="needs to know which columns"):
        read_conversations(write_rows(ROW), format="table")
