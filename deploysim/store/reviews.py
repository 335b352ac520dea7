"""What people say: append-only journals, one a writing process, where a correction or an undo is one more row."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from deploysim.store.files import short_hash
from deploysim.store.journal import Journal, read_journal
from deploysim.store.workspace import Workspace

_writing = threading.Lock()
"""Sessions of one server are threads of one process and share its journal."""
_STARTED = os.urandom(8).hex()
"""Tells processes apart that were given the same number, on this machine or another."""


def append_review(workspace: Workspace, row: dict[str, Any]) -> None:
    """Append one row; when this returns it is on the disk and counts for every process.

    Raises:
        BusyError: where an erasure is rewriting the reviews just now.
    """
    path = workspace.reviews / f"{short_hash([_STARTED, os.getpid()])}.jsonl"
    with _writing, Journal(path) as journal:
        journal.append([row])


def review_rows(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    """Return all rows of a kind, of all processes, oldest first."""
    found = [
        row for path in sorted(workspace.reviews.glob("*.jsonl")) for row in _rows(path) if row.get("kind") == kind
    ]
    return sorted(found, key=lambda row: str(row.get("at")))


def reviews_version(workspace: Workspace) -> tuple[tuple[str, int, int], ...]:
    """Return a value that changes with every row."""
    return tuple(
        (path.name, stat.st_mtime_ns, stat.st_size)
        for path in sorted(workspace.reviews.glob("*.jsonl"))
        for stat in [path.stat()]
    )


def _rows(path: Path) -> tuple[dict[str, Any], ...]:
    stat = path.stat()
    return _rows_of(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _rows_of(path: Path, changed: int, size: int) -> tuple[dict[str, Any], ...]:
    """Read a journal once for as long as it does not change: every list of conversations asks what is withheld."""
    return tuple(read_journal(path))
