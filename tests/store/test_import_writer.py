"""Imports written in parts, and large files sorted a range at a time."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from makers import conversation, record

from deploysim.store import merging
from deploysim.store.conversations import ConversationFilter, conversation_index, list_conversations
from deploysim.store.import_writer import ImportWriter
from deploysim.store.imports import import_files
from deploysim.store.workspace import Workspace
from deploysim.types import Message


def shuffled_ids(count: int) -> list[str]:
    """Return ids of twelve hexadecimal digits, spread as hashes are."""
    rng = random.Random(5)
    return [f"{rng.getrandbits(48):012x}" for _ in range(count)]


def write_parts(folder: Path, ids: list[str], *, group: int) -> list[Path]:
    """Write four sorted parts whose rows are read some at a time."""
    parts = [folder / f"{number}.parquet" for number in range(4)]
    for number, path in enumerate(parts):
        frame = pl.DataFrame({"id": ids[number::4], "size": [7] * 50, "nested": [[{"a": 1}]] * 50}).sort("id")
        frame.write_parquet(path, row_group_size=group)
    return parts


@pytest.mark.parametrize("bucket", [1, 40, 10**9])
@pytest.mark.parametrize("group", [1, 8, 50])
def test_parts_become_one_file_in_order_whatever_fits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bucket: int, group: int
) -> None:
    """One range a row, some, or all at once: the file is the same, and nothing is lost or doubled."""
    monkeypatch.setattr(merging, "BUCKET_CHARS", bucket)
    ids = shuffled_ids(200)
    target, written = tmp_path / "all.parquet", []
    merging.merge_sorted(
        write_parts(tmp_path, ids, group=group), target, id_column="id", size_column="size", written=written.append
    )
    merged = pl.read_parquet(target)
    assert merged["id"].to_list() == sorted(ids)
    assert merged["nested"].to_list() == [[{"a": 1}]] * 200
    assert sum(written) == 200


def test_of_each_part_only_a_few_rows_wait_in_memory(tmp_path: Path) -> None:
    """However far a file is read, what was read and not given is less than one group of rows."""
    (path, *_) = write_parts(tmp_path, shuffled_ids(200), group=8)
    reader, given = merging._Reader(path, "id"), 0
    for end in [f"{number:02x}" for number in range(256)] + [""]:
        given += sum(table.num_rows for table in reader.below(end))
        assert reader.rest.num_rows <= 8
    assert given == 50


def test_a_part_that_the_state_does_not_know_is_written_again(tmp_path: Path) -> None:
    """A kill between a part and its state costs that part only, and never doubles it."""
    here = Workspace(tmp_path / "ws")
    with ImportWriter(here, "a" * 12) as writer:
        writer.add(conversation(1))
        writer.seal({"position": 1})
        writer.add(conversation(2))
        writer._write_part()

    with ImportWriter(here, "a" * 12) as writer:
        assert writer.resume() == {"position": 1}
        writer.add(conversation(2))
        writer.finish(record("a" * 12, 2))
    assert conversation_index(here).height == 2


def test_what_a_kill_while_sorting_left_is_cleared_away(tmp_path: Path) -> None:
    """The half of a sorted file goes when the import goes on; that of another import stays."""
    here = Workspace(tmp_path / "ws")
    here.conversations.mkdir(parents=True)
    mine, other = (here.conversations / f".{letter * 12}.parquet.4242.part" for letter in "ab")
    for path in (mine, other):
        path.write_bytes(b"half")
    with ImportWriter(here, "a" * 12):
        assert [mine.exists(), other.exists()] == [False, True]


def test_an_import_that_was_never_finished_is_not_there(tmp_path: Path) -> None:
    """Readers see nothing of parts."""
    here = Workspace(tmp_path / "ws")
    with ImportWriter(here, "a" * 12) as writer:
        writer.add(conversation(1))
        writer.seal({})
    assert import_files(here) == []
    assert conversation_index(here).height == 0


def test_a_list_shows_how_a_conversation_begins(tmp_path: Path) -> None:
    """The first user message, cut; a system prompt before it is passed over."""
    here = Workspace(tmp_path / "ws")
    long = conversation(
        1, messages=(Message("system", "be kind"), Message("user", "x" * 500), Message("assistant", "y"))
    )
    with ImportWriter(here, "a" * 12) as writer:
        writer.add(long)
        writer.finish(record("a" * 12, 1))
    shown = list_conversations(here, ConversationFilter(), offset=0, limit=5).rows
    assert shown["opening"].to_list() == ["x" * 200]
