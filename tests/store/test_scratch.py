"""A database on the disk for what memory should not hold: small in memory, gone afterwards, and clear where it is full."""

from __future__ import annotations

import sqlite3
import tracemalloc
from pathlib import Path

import pytest
from makers import NOW, conversation, fill

from deploysim.errors import InputError
from deploysim.pipeline.drawing import draw
from deploysim.replay.engine import response_row
from deploysim.sampling import SampleSpec
from deploysim.store import blocks, outcomes
from deploysim.store.journal import Journal
from deploysim.store.scratch import scratch
from deploysim.store.workspace import Workspace
from deploysim.types import Response

ROWS = 20_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where temporary files are kept."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(place))
    return place


def test_what_it_holds_is_on_the_disk_under_no_name(folder: Path) -> None:
    """More than its memory holds comes back sorted, and the folder shows no file, neither meanwhile nor afterwards."""
    db = scratch("create table t (key text primary key, value text) without rowid")
    db.executemany("insert into t values (?, ?)", ((f"{n * 7919 % ROWS:06d}", "x" * 500) for n in range(ROWS)))

    assert not list(folder.iterdir())
    keys = [key for (key,) in db.execute("select key from t order by key")]
    assert keys == [f"{n:06d}" for n in range(ROWS)]
    db.close()
    assert not list(folder.iterdir())


def test_outcomes_and_blocks_take_the_same_memory_whatever_their_number() -> None:
    """Ten times as many rows take no more of Python's memory; what the database keeps is bounded by its setting."""
    peaks = []
    for count in (3_000, 30_000):
        row = response_row("", Response("x"), at=NOW)
        tracemalloc.start()
        outcomes.Outcomes((n, {**row, "prefix_id": f"{n:012x}:1"}) for n in range(count))
        blocks.sorted_rows((f"{n:012x}", 1, 0) for n in range(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 50_000


def test_a_full_disk_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no room is told what for, and where room is needed."""

    def tiny(table: str) -> sqlite3.Connection:
        db = scratch(table)
        db.execute("pragma max_page_count = 3")
        return db

    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(number, turns=1) for number in range(600)])
    sample_id = draw(workspace, SampleSpec(seed=1), now=NOW).sample_id
    with Journal(tmp_path / "a.jsonl") as journal:
        journal.write(response_row(f"{n:012x}:1", Response("x"), at=NOW) for n in range(600))
    monkeypatch.setattr(outcomes, "scratch", tiny)
    monkeypatch.setattr(blocks, "scratch", tiny)

    with pytest.raises(InputError, match="no room on the disk for what a run has answered") as error:
        outcomes.read_outcomes(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match="no room on the disk for the order of a sample"):
        blocks.cut_into_blocks(workspace, sample_id)
    assert "TMPDIR" in str(error.value)
