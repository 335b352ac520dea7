"""Spot-checks of scrubbing: append-only journals that hold who read which message and where, never any words."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from deploysim.errors import InputError
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal, read_journal
from deploysim.store.workspace import Workspace

Judgement = Literal["clean", "leak", "over"]
KIND, UNDO = "spot-check", "undo"


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """What one reader found in one message."""

    reader: str
    conversation_id: str
    message: int
    """Index within the conversation."""
    verdict: Judgement
    at: str
    start: int | None = None
    """First character of what leaks, or of what should not have been replaced."""
    end: int | None = None
    entity: str = ""


def record_check(workspace: Workspace, check: SpotCheck) -> None:
    """Append a spot-check; it counts from now on, for every process."""
    _append(workspace, check.reader, {"verdict": check.verdict, **_place(check), "at": check.at})


def undo_check(workspace: Workspace, check: SpotCheck, *, now: datetime) -> None:
    """Take a spot-check back, by one more row."""
    _append(workspace, check.reader, {"verdict": UNDO, **_place(check), "at": now.isoformat(timespec="seconds")})


def spot_checks(workspace: Workspace) -> list[SpotCheck]:
    """Return what counts: the last word of every reader on every message, oldest first."""
    rows = sorted(
        (row for path in workspace.reviews.glob("*.jsonl") for row in read_journal(path) if row.get("kind") == KIND),
        key=lambda row: str(row.get("at")),
    )
    last: dict[tuple[str, str, int], SpotCheck] = {}
    for row in rows:
        key = (str(row["reader"]), str(row["conversation_id"]), int(row["message"]))
        last.pop(key, None)
        if row["verdict"] in get_args(Judgement):
            last[key] = SpotCheck(*key, row["verdict"], str(row["at"]), row["start"], row["end"], row["entity"])
    return list(last.values())


def leaking(checks: Iterable[SpotCheck]) -> frozenset[str]:
    """Return the conversations in which some reader found a leak."""
    return frozenset(check.conversation_id for check in checks if check.verdict == "leak")


def _place(check: SpotCheck) -> dict[str, object]:
    return {
        "conversation_id": check.conversation_id,
        "message": check.message,
        "start": check.start,
        "end": check.end,
        "entity": check.entity,
    }


def _append(workspace: Workspace, reader: str, row: dict[str, object]) -> None:
    if not reader.strip():
        raise InputError("A spot-check needs a reader's name.", next_step="write your name into the field at the top")
    # One journal a writing process, so that nobody waits for another.
    path = workspace.reviews / f"{short_hash([reader, os.getpid()])}.jsonl"
    with Journal(path) as journal:
        journal.append([{"kind": KIND, "reader": reader, **row}])
