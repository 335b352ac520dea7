"""Entries of the queue of runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from makers import NOW

from deploysim.store.run_queue import add_entry, dismiss_entry, list_entries, take_entry, write_job
from deploysim.store.workspace import Workspace


def test_turns_go_by_time_but_for_those_that_go_first(tmp_path: Path) -> None:
    """A resumed run goes before what waits; what had its turn stands before both."""
    here = Workspace(tmp_path)
    ids = [add_entry(here, f"run {n}", ["replay"], now=NOW + timedelta(seconds=n)) for n in range(3)]
    first = add_entry(here, "resumed", ["replay", "--seed", "1"], now=NOW + timedelta(seconds=9), first=True)
    assert take_entry(here, ids[0], "started")
    write_job(here, ids[0], "a" * 12)

    found = list_entries(here)
    assert [entry.entry_id for entry in found] == [ids[0], first, ids[1], ids[2]]
    assert [entry.started for entry in found] == [True, False, False, False]
    assert found[0].job_id == "a" * 12
    assert found[1].arguments == ("replay", "--seed", "1")


def test_an_entry_is_taken_once(tmp_path: Path) -> None:
    """Whoever is second hears so: an entry is never both removed and started."""
    here = Workspace(tmp_path)
    started, removed = (add_entry(here, title, ["replay"], now=NOW) for title in ("a", "b"))

    assert take_entry(here, started, "started")
    assert not take_entry(here, started, "removed")
    assert take_entry(here, removed, "removed")
    assert not take_entry(here, removed, "started")
    assert [entry.entry_id for entry in list_entries(here)] == [started]
    dismiss_entry(here, started)
    assert list_entries(here) == []
