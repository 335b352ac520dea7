"""The journal: what was written stays, what was torn goes, and only one process writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploysim.errors import BusyError, InputError
from deploysim.store.journal import Journal, JournalTail, read_journal

ROWS = [{"id": 1, "text": "line one\nline two \u2028 é"}, {"id": 2, "text": None}]


def written(path: Path, rows: list[dict[str, object]] = ROWS) -> Path:
    with Journal(path) as journal:
        journal.append(rows)
    return path


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    """Also over several openings, with every kind of line end inside a text."""
    path = written(tmp_path / "runs" / "a.jsonl")
    written(path, [{"id": 3}])

    assert [*ROWS, {"id": 3}] == list(read_journal(path))


def test_a_missing_journal_is_empty(tmp_path: Path) -> None:
    """Before the first row there is nothing to read."""
    assert list(read_journal(tmp_path / "none.jsonl")) == []


@pytest.mark.parametrize("torn", [b'{"id":3,"te', b"{", b"\xff\x00", b'{"id":3}', b"x" * 200_000])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    """What a crash left half written is not read, and the next writer begins on a fresh line."""
    path = written(tmp_path / "a.jsonl")
    with path.open("ab") as file:
        file.write(torn)

    assert list(read_journal(path)) == ROWS
    written(path, [{"id": 4}])
    assert [*ROWS, {"id": 4}] == list(read_journal(path))
    assert path.read_bytes()[-1:] == b"\n"


@pytest.mark.parametrize("damaged", [b"\x00" * 40 + b"\n", b"{half a row}\n", b"[1]\n", b"\n"])
def test_a_damaged_line_hides_no_other(tmp_path: Path, damaged: bytes) -> None:
    """A line that a power cut spoilt is passed over; what stands before and after it counts."""
    path = written(tmp_path / "a.jsonl")
    with path.open("ab") as file:
        file.write(damaged)
    written(path, [{"id": 4}])

    assert [*ROWS, {"id": 4}] == list(read_journal(path))


@pytest.mark.parametrize("keep", range(0, 60, 7))
def test_cutting_the_file_anywhere_leaves_whole_rows(tmp_path: Path, keep: int) -> None:
    """However much of the end is lost, the rows before it are read and appending goes on."""
    path = written(tmp_path / "a.jsonl")
    os.truncate(path, keep)
    survivors = ROWS[: path.read_bytes().count(b"\n")]

    written(path, [{"id": 4}])

    assert [*survivors, {"id": 4}] == list(read_journal(path))


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """Another process is told who is in the way; afterwards it may write."""
    path = tmp_path / "run-1" / "a.jsonl"
    code = f"from pathlib import Path; from deploysim.store.journal import Journal; Journal(Path({str(path)!r})).__enter__()"
    other = [sys.executable, "-c", code]

    with Journal(path):
        refused = subprocess.run(other, capture_output=True, text=True, check=False)

    assert "BusyError: Another process is writing a.jsonl of run-1." in refused.stderr
    assert subprocess.run(other, capture_output=True, check=False).returncode == 0


def test_a_second_writer_in_one_process_is_refused(tmp_path: Path) -> None:
    """Two jobs of one program are as much in each other's way."""
    with Journal(tmp_path / "a.jsonl"), pytest.raises(BusyError, match="Another process"):
        Journal(tmp_path / "a.jsonl").__enter__()


def test_a_writer_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    """The lock dies with its process."""
    path = tmp_path / "a.jsonl"
    code = (
        "import os; from pathlib import Path; from deploysim.store.journal import Journal\n"
        f"journal = Journal(Path({str(path)!r})).__enter__(); journal.append([{{'id': 1}}]); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)

    written(path, [{"id": 2}])

    assert list(read_journal(path)) == [{"id": 1}, {"id": 2}]


def test_a_disk_that_takes_no_more_is_said_and_leaves_whole_rows(tmp_path: Path) -> None:
    """A write that fails half way is taken back, and writing goes on once there is room."""
    resource = pytest.importorskip("resource", reason="limits the size of files, which this system cannot")
    path = tmp_path / "a.jsonl"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path) as journal:
        journal.append(ROWS)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
        try:
            with pytest.raises(InputError, match="cannot be written to"):
                journal.append([{"id": 3, "text": "long enough to be cut"}])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        journal.append([{"id": 4}])

    assert [*ROWS, {"id": 4}] == list(read_journal(path))


def by_id(row: dict[str, object]) -> list[object]:
    """Group rows by whether their id is odd."""
    return [int(str(row["id"])) % 2]


def test_a_tail_reads_on_where_it_stopped(tmp_path: Path) -> None:
    """Rows come by group; what is appended is found, and a torn end is not taken for a row."""
    path = written(tmp_path / "a.jsonl")
    tail = JournalTail(path, by_id)
    assert tail.rows(1) == ROWS[:1]
    written(path, [{"id": 3}])
    assert tail.rows(1) == [ROWS[0], {"id": 3}]

    with path.open("ab") as file:
        file.write(b'{"id":5,"te')
    assert tail.rows(1) == [ROWS[0], {"id": 3}]
    written(path, [{"id": 7}])
    assert tail.rows(1) == [ROWS[0], {"id": 3}, {"id": 7}]
    assert tail.rows(0) == ROWS[1:]
    assert tail.rows("none") == []


@pytest.mark.parametrize("rows", [[{"id": 1}], [{"id": 1}, {"id": 9, "text": "x" * 500}], []])
def test_a_journal_that_was_rewritten_is_read_anew(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    """Shorter or longer than before: nothing of the old file is left in memory."""
    path = written(tmp_path / "a.jsonl")
    tail = JournalTail(path, by_id)
    assert tail.rows(1) == ROWS[:1]
    other = written(tmp_path / "b.jsonl", rows)
    other.replace(path)

    assert tail.rows(1) == [row for row in rows if int(str(row["id"])) % 2]
    assert tail.rows(0) == []
