"""Dry runs: what the first rows of a file would come to."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import duckdb
import pytest

from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.pipeline import previewing
from deploysim.pipeline.importing import ImportOptions
from deploysim.pipeline.previewing import FIRST_ROWS, look_at, preview, tables_in


def row(number: int, **changes: object) -> str:
    """Return a line of a log with one answered question."""
    text = f"Question {number}. I am Elena Brandt, write to elena.brandt@example.org."
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "Hello Elena."}]
    return json.dumps({"messages": messages, "model": "m"} | changes)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of five rows, of which three would be kept."""
    path = tmp_path / "log.jsonl"
    rows = [row(1), row(2, messages=[]), "{broken", row(4), row(5)]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_every_row_is_accounted_for(log: Path) -> None:
    """Kept, left out and unreadable rows make up those that were looked at."""
    found = preview(log, ImportOptions(), settings=read_settings({}))

    assert (found.format, found.rows, found.readable, found.rejected_rows) == ("openai-chat", 5, 3, 1)
    assert found.excluded == {"no messages": 1}
    assert found.rejected[0].row == 3
    assert [shown.row for shown in found.conversations] == [1, 4, 5]


def test_conversations_are_shown_as_they_would_be_kept(log: Path) -> None:
    """Scrubbed, with what was replaced marked."""
    (first, *_) = preview(log, ImportOptions(), settings=read_settings({})).conversations
    text = first.messages[0].content
    assert "Brandt" not in text
    assert {span.entity for span in first.spans} >= {"PERSON", "EMAIL_ADDRESS"}

    found = preview(log, ImportOptions(placeholders=True), settings=read_settings({}))
    assert "<PERSON_" in found.conversations[0].messages[0].content


def test_a_log_scrubbed_elsewhere_is_shown_as_it_is(log: Path) -> None:
    """It would be stored as it is; no scrubber is loaded."""

    def none() -> None:
        raise AssertionError("a scrubber was asked for")

    found = preview(log, ImportOptions(scrub=False), settings=read_settings({}), scrubber=none)
    assert "Elena Brandt" in found.conversations[0].messages[0].content


def test_only_the_first_rows_are_read(tmp_path: Path) -> None:
    """A row filter that nothing meets does not make a dry run read the whole file."""
    path = tmp_path / "log.jsonl"
    path.write_text("".join(row(n) + "\n" for n in range(FIRST_ROWS + 50)))

    found = preview(path, ImportOptions(where={"model": "other"}), settings=read_settings({}))
    assert (found.rows, found.filtered, found.readable) == (FIRST_ROWS, FIRST_ROWS, 0)


def test_a_look_names_format_and_columns(log: Path, tmp_path: Path) -> None:
    """Where no format is recognised it says what was seen, and the columns can be mapped."""
    seen = look_at(log)
    assert seen.detection is not None
    assert (seen.detection.format, seen.detection.confidence, seen.columns) == (
        "openai-chat",
        0.8,
        ("messages", "model"),
    )

    table = tmp_path / "table.csv"
    table.write_text("frage,antwort\nWie geht es?,Gut.\n")
    seen = look_at(table)
    assert seen.detection is None
    assert seen.columns == ("frage", "antwort")

    mapped = ImportOptions(columns=ColumnMap(user="frage", assistant="antwort"))
    assert preview(table, mapped, settings=read_settings({})).readable == 1


def test_the_tables_of_a_database_are_named(log: Path, tmp_path: Path) -> None:
    """Any other log has none to choose from."""
    with duckdb.connect(str(tmp_path / "all.duckdb")) as connection:
        connection.execute("create table chats as select 'Hi.' as question, 'Hello.' as answer")
        connection.execute("create table notes (text varchar)")

    assert tables_in(tmp_path / "all.duckdb") == ("chats", "notes")
    assert tables_in(log) == ()


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """There is nothing to map in it."""
    (tmp_path / "a.bin").write_bytes(b"\x00\x01\x02" * 100)

    with pytest.raises(InputError):
        look_at(tmp_path / "a.bin")


def test_an_unforeseen_error_quotes_nothing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message may hold the log's text, and what the app cannot show it logs."""

    def broken(*given: object, **options: object) -> None:
        raise KeyError("Elena Brandt")

    monkeypatch.setattr(previewing, "read_conversations", broken)
    with pytest.raises(InputError, match=r"not foreseen \(KeyError\)") as raised:
        preview(log, ImportOptions(), settings=read_settings({}))

    assert "Brandt" not in "".join(traceback.format_exception(raised.value))
