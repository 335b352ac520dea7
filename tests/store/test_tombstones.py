"""Tests of the journal of erasures."""

from __future__ import annotations

from pathlib import Path

import pytest
from makers import NOW

from deploysim.store.journal import Journal
from deploysim.store.tombstones import (
    Rewritten,
    Tombstone,
    begun_row,
    done_row,
    erased_from_sample,
    erased_keys,
    rewritten_row,
    tombstones,
    tombstones_path,
)
from deploysim.store.workspace import Workspace

BEGUN = Tombstone(
    tombstone_id="a" * 12,
    at=NOW.isoformat(timespec="seconds"),
    reason="request 7",
    user_keys=("u" * 16,),
    conversations={"1" * 12: "c" * 16, "2" * 12: None},
    imports={"i" * 12: ("1" * 12,)},
    samples={"5" * 12: ("1" * 12, "2" * 12)},
)


def test_a_tombstone_is_read_as_it_was_written(tmp_path: Path) -> None:
    """An erasure is open until it says that it is done, and a file's last announcement counts."""
    here = Workspace(tmp_path)
    rows = [Rewritten("samples/x.duckdb", "0" * 64, after * 64) for after in ("1", "2")]
    with Journal(tombstones_path(here)) as journal:
        journal.append([begun_row(BEGUN), *(rewritten_row("a" * 12, row) for row in rows)])
        killed = tombstones(here)
        journal.append([done_row("a" * 12, NOW)])

    assert [(False, (rows[1],))] == [(one.done, one.files) for one in killed]
    assert [one.done for one in tombstones(here)] == [True]
    assert BEGUN.conversations == killed[0].conversations


def test_what_was_erased_is_known_by_all_its_keys(tmp_path: Path) -> None:
    """Ids, content keys and users are kept out as soon as an erasure has begun."""
    here = Workspace(tmp_path)
    assert frozenset() == erased_keys(here)
    with Journal(tombstones_path(here)) as journal:
        journal.append([begun_row(BEGUN)])

    assert {"1" * 12, "2" * 12, "c" * 16, "u" * 16} == erased_keys(here)


@pytest.mark.parametrize(
    ("sample", "after", "lost"),
    [
        ("5" * 12, "", 2),
        ("5" * 12, "2026-10-31T00:00:00+00:00", 2),
        ("5" * 12, "2026-11-02T00:00:00+00:00", 0),
        ("6" * 12, "", 0),
    ],
)
def test_a_sample_lost_what_was_erased_since(tmp_path: Path, sample: str, after: str, lost: int) -> None:
    """Erasures of other samples or before the time do not count."""
    with Journal(tombstones_path(Workspace(tmp_path))) as journal:
        journal.append([begun_row(BEGUN)])

    assert lost == erased_from_sample(Workspace(tmp_path), sample, after=after)
