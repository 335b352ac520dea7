"""Tombstones: what was erased from the workspace, when and why, and which files were rewritten for it.

An append-only journal, `tombstones.jsonl`. A row says that an erasure has begun, another one that it is done; between
them, one row says of each file what it hashed to before and after. An erasure that began and is not done was killed:
the next one finishes it. It holds ids and keyed hashes only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploysim.store.journal import read_journal
from deploysim.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that an erasure rewrote or removed."""

    file: str
    """Its path within the workspace."""
    before: str
    """SHA-256 of the old file."""
    after: str | None
    """SHA-256 of the new file; None where it was removed."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure."""

    tombstone_id: str
    at: str
    """ISO time, UTC."""
    reason: str
    user_keys: tuple[str, ...]
    """Keyed hashes of the users of whom everything was erased."""
    conversations: dict[str, str | None]
    """Conversation id -> its content key, where an import held it."""
    imports: dict[str, tuple[str, ...]]
    """Import id -> ids of the conversations that it lost."""
    samples: dict[str, tuple[str, ...]]
    """Sample id -> ids of the conversations that it lost."""
    files: tuple[Rewritten, ...] = ()
    done: bool = False


@dataclass(slots=True)
class _Open:
    begun: dict[str, Any]
    files: dict[tuple[str, str], Rewritten] = field(default_factory=dict)
    done: bool = False


def tombstones_path(workspace: Workspace) -> Path:
    """Return the journal of erasures."""
    return workspace.root / "tombstones.jsonl"


def tombstones(workspace: Workspace) -> list[Tombstone]:
    """Return all erasures, oldest first."""
    found: dict[str, _Open] = {}
    for row in read_journal(tombstones_path(workspace)):
        if row["event"] == "begun":
            found[row["tombstone_id"]] = _Open(row)
        elif row["event"] == "done":
            found[row["tombstone_id"]].done = True
        else:
            # A file that a killed erasure had announced is announced again: the last word counts.
            rewritten = Rewritten(row["file"], row["before"], row["after"])
            found[row["tombstone_id"]].files[rewritten.file, rewritten.before] = rewritten
    return [_tombstone(one) for one in found.values()]


def begun_row(tombstone: Tombstone) -> dict[str, object]:
    """Return the row that announces an erasure."""
    return {
        "event": "begun",
        "tombstone_id": tombstone.tombstone_id,
        "at": tombstone.at,
        "reason": tombstone.reason,
        "user_keys": tombstone.user_keys,
        "conversations": tombstone.conversations,
        "imports": tombstone.imports,
        "samples": tombstone.samples,
    }


def rewritten_row(tombstone_id: str, rewritten: Rewritten) -> dict[str, object]:
    """Return the row that says what becomes of a file."""
    return {
        "event": "rewritten",
        "tombstone_id": tombstone_id,
        "file": rewritten.file,
        "before": rewritten.before,
        "after": rewritten.after,
    }


def done_row(tombstone_id: str, now: datetime) -> dict[str, object]:
    """Return the row that says that an erasure is complete."""
    return {"event": "done", "tombstone_id": tombstone_id, "at": now.isoformat(timespec="seconds")}


def erased_keys(workspace: Workspace) -> frozenset[str]:
    """Return the conversation ids, content keys and user keys of all that was erased or is being erased.

    A conversation that has one of them must not be brought in again.
    """
    keys: set[str] = set()
    for tombstone in tombstones(workspace):
        keys.update(tombstone.user_keys, tombstone.conversations)
        keys.update(key for key in tombstone.conversations.values() if key)
    return frozenset(keys)


def erased_from_sample(workspace: Workspace, sample_id: str, *, after: str = "") -> int:
    """Return how many conversations a sample lost, since a time where one is given (ISO, UTC)."""
    lost: set[str] = set()
    for tombstone in tombstones(workspace):
        if not after or datetime.fromisoformat(tombstone.at) >= datetime.fromisoformat(after):
            lost.update(tombstone.samples.get(sample_id, ()))
    return len(lost)


def erased_from_import(found: Collection[Tombstone], import_id: str) -> int:
    """Return how many conversations an import lost."""
    return len({one for tombstone in found for one in tombstone.imports.get(import_id, ())})


def _tombstone(one: _Open) -> Tombstone:
    row = dict(one.begun)
    row.pop("event")
    for name in ("imports", "samples"):
        row[name] = {key: tuple(ids) for key, ids in row[name].items()}
    row["user_keys"] = tuple(row["user_keys"])
    return Tombstone(**row, files=tuple(one.files.values()), done=one.done)
