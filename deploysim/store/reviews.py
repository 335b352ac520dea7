"""What people say: append-only journals, one a writing process, where a correction or an undo is one more row."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploysim.store.files import short_hash
from deploysim.store.journal import Journal, JournalTail
from deploysim.store.workspace import Workspace

_writing = threading.Lock()
"""Sessions of one server are threads of one process and share its journal."""
_STARTED = os.urandom(8).hex()
"""Tells processes apart that were given the same number, on this machine or another."""
_reading = threading.Lock()
_tails: dict[Path, JournalTail] = {}
"""What was read of each journal: every list of conversations asks what is withheld, every label what was said."""


def append_review(workspace: Workspace, row: dict[str, Any]) -> None:
    """Append one row; when this returns it is on the disk and counts for every process.

    Raises:
        BusyError: where an erasure is rewriting the reviews just now.
    """
    append_reviews(workspace, [row])


def append_reviews(workspace: Workspace, rows: Iterable[dict[str, Any]]) -> None:
    """Append rows that belong together; when this returns all of them are on the disk.

    Raises:
        BusyError: where an erasure is rewriting the reviews just now.
    """
    path = workspace.reviews / f"{short_hash([_STARTED, os.getpid()])}.jsonl"
    with _writing, Journal(path) as journal:
        journal.append(rows)


def review_rows(workspace: Workspace, kind: str, *, queue: str = "") -> list[dict[str, Any]]:
    """Return all rows of a kind, of all processes, oldest first; those of one queue where it is named."""
    found = [row for path in sorted(workspace.reviews.glob("*.jsonl")) for row in _rows(path, (kind, queue))]
    return sorted(found, key=lambda row: str(row.get("at")))


def reviews_version(workspace: Workspace) -> tuple[tuple[str, int, int], ...]:
    """Return a value that changes with every row."""
    return tuple(
        (path.name, stat.st_mtime_ns, stat.st_size)
        for path in sorted(workspace.reviews.glob("*.jsonl"))
        for stat in [path.stat()]
    )


def _rows(path: Path, group: tuple[str, str]) -> list[dict[str, Any]]:
    with _reading:
        tail = _tails.setdefault(path, JournalTail(path, _groups))
        return tail.rows(group)


def _groups(row: dict[str, Any]) -> set[tuple[str, str]]:
    """Return under which questions a row is found: its kind, and its kind within its queue."""
    kind = str(row.get("kind"))
    return {(kind, ""), (kind, str(row.get("queue") or ""))}
