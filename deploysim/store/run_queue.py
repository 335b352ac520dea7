"""Runs that wait for their turn: one folder an entry, of which every file is written once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from deploysim.store.files import read_json, short_hash, write_json, write_text
from deploysim.store.workspace import Workspace, checked_id

Taken = Literal["started", "removed"]


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A command that waits, runs or ran."""

    entry_id: str
    title: str
    """What people call it."""
    arguments: tuple[str, ...]
    """The command and its options, as `python -m deploysim` takes them."""
    added_at: str
    """ISO time, UTC."""
    first: bool
    """Whether it goes before those that were only added."""
    started: bool
    """Whether it had its turn."""
    job_id: str | None
    """The process that it became; None before that."""


def add_entry(workspace: Workspace, title: str, arguments: Sequence[str], *, now: datetime, first: bool = False) -> str:
    """Add a command to the end of the queue, or to its beginning, and return the entry's id."""
    entry_id = short_hash([title, list(arguments), now.isoformat()])
    about = {"title": title, "arguments": list(arguments), "added_at": now.isoformat(), "first": first}
    write_json(_folder(workspace, entry_id) / "entry.json", about)
    return entry_id


def take_entry(workspace: Workspace, entry_id: str, how: Taken) -> bool:
    """Take an entry out of the waiting ones, to start or to remove it; False where somebody else did so before."""
    try:
        handle = os.open(_folder(workspace, entry_id) / "taken", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(how)
    return True


def write_job(workspace: Workspace, entry_id: str, job_id: str) -> None:
    """Say which process an entry became."""
    write_json(_folder(workspace, entry_id) / "job.json", {"job_id": job_id})


def dismiss_entry(workspace: Workspace, entry_id: str) -> None:
    """Show an entry that had its turn no more."""
    write_text(_folder(workspace, entry_id) / "dismissed", "")


def list_entries(workspace: Workspace) -> list[QueueEntry]:
    """Return the entries that were not removed, in the order of their turns."""
    found = [_entry(path.parent) for path in workspace.run_queue.glob("*/entry.json")]
    kept = [entry for entry in found if entry is not None]
    return sorted(kept, key=lambda entry: (not entry.started, not entry.first, entry.added_at, entry.entry_id))


def _folder(workspace: Workspace, entry_id: str) -> Path:
    return workspace.run_queue / checked_id(entry_id, kind="queue entry")


def _entry(folder: Path) -> QueueEntry | None:
    taken = folder / "taken"
    how = taken.read_text(encoding="ascii") if taken.exists() else ""
    if how == "removed" or (folder / "dismissed").exists():
        return None
    about, job = read_json(folder / "entry.json"), folder / "job.json"
    return QueueEntry(
        entry_id=folder.name,
        title=about["title"],
        arguments=tuple(about["arguments"]),
        added_at=about["added_at"],
        first=about["first"],
        started=taken.exists(),
        job_id=read_json(job)["job_id"] if job.exists() else None,
    )
