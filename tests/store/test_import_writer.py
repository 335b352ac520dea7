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


@pytest.mark.parametrize("bucket", [1, 40, 10**9])
def test_parts_become_one_file_in_order_whatever_fits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bucket: int
) -> None:
    """One range a row, some, or all at once: the file is the same, and nothing is lost or doubled."""
    monkeypatch.setattr(merging, "BUCKET_CHARS", bucket)
    ids = shuffled_ids(200)
    parts = []
    for number in range(4):
        frame = pl.DataFrame({"id": ids[number::4], "size": [7] * 50, "nested": [[{"a": 1}]] * 50}).sort("id")
        parts.append(tmp_path / f"{number}.parquet")
        frame.write_parquet(parts[-1])

    target = tmp_path / "all.parquet"
    merging.merge_sorted(parts, target, id_column="id", size_column="size")
    merged = pl.read_parquet(target)
    assert merged["id"].to_list() == sorted(ids)
    assert merged["nested"].to_list() == [[{"a": 1}]] * 200


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
