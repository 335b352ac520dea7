"""Remarks on a prefix that are no labels: what somebody wants others to know when they look at it."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.store.reviews import append_review, review_rows
from deploysim.store.workspace import Workspace

KIND = "note"


@dataclass(frozen=True, slots=True)
class Note:
    """One remark."""

    prefix_id: str
    note: str
    by: str
    at: str


def add_note(workspace: Workspace, note: Note) -> None:
    """Append a remark."""
    append_review(
        workspace, {"kind": KIND, "prefix_id": note.prefix_id, "note": note.note, "by": note.by, "at": note.at}
    )


def notes_on(workspace: Workspace, prefix_id: str) -> list[Note]:
    """Return the remarks on a prefix, oldest first; those of erased conversations have lost their words."""
    return [
        Note(row["prefix_id"], row["note"], row["by"], row["at"])
        for row in review_rows(workspace, KIND)
        if row["prefix_id"] == prefix_id and row.get("note")
    ]
