"""Spot-checks of scrubbing: who read which message and what is marked in it, by position, never by its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

from deploysim.errors import InputError
from deploysim.store.reviews import append_review, review_rows
from deploysim.store.workspace import Workspace

MarkKind = Literal["leak", "over"]
Judgement = Literal["clean", "leak", "over"]
KIND, UNDONE = "spot-check", "undone"


@dataclass(frozen=True, slots=True)
class SpotMark:
    """A stretch of a message that is personal data still, or that should not have been replaced."""

    kind: MarkKind
    start: int
    """First character, in the message as it is shown for reading."""
    end: int
    entity: str
    """Type, such as PERSON."""


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """What one reader found in one message."""

    reader: str
    conversation_id: str
    message: int
    """Index within the conversation."""
    at: str
    import_id: str = ""
    """Where the message came from: imports are scrubbed under policies of their own."""
    marks: tuple[SpotMark, ...] = ()
    by_model: bool = False
    """A model's second opinion: shown as a hint, counted nowhere."""

    @property
    def place(self) -> tuple[str, int]:
        """The message."""
        return self.conversation_id, self.message

    @property
    def verdict(self) -> Judgement:
        """A message with a leak leaks, whatever else is marked in it."""
        kinds = {mark.kind for mark in self.marks}
        return "leak" if "leak" in kinds else "over" if kinds else "clean"

    def entities(self, kind: MarkKind) -> set[str]:
        """Return the types marked in one way."""
        return {mark.entity for mark in self.marks if mark.kind == kind}


def record_check(workspace: Workspace, check: SpotCheck) -> None:
    """Append a spot-check; it counts from now on, for every process.

    Raises:
        InputError: where nobody's name stands on it.
    """
    if not check.reader.strip():
        raise InputError(
            "A spot-check needs a reader's name, so that two readers can be told apart.",
            next_step="write your name into the field at the top of the page",
        )
    append_review(workspace, {"kind": KIND, "verdict": check.verdict, **asdict(check)})


def undo_check(workspace: Workspace, check: SpotCheck, *, now: datetime) -> None:
    """Take a spot-check back, by one more row."""
    record = asdict(replace(check, marks=(), at=now.isoformat()))
    append_review(workspace, {"kind": KIND, "verdict": UNDONE, **record})


def spot_checks(workspace: Workspace, *, by_model: bool = False) -> list[SpotCheck]:
    """Return what counts: the last word of every reader on every message, oldest first.

    Args:
        workspace: Where the journals are.
        by_model: Return what models said, and not what people did.
    """
    last: dict[tuple[str, str, int], SpotCheck] = {}
    for row in review_rows(workspace, KIND):
        key = (str(row["reader"]), str(row["conversation_id"]), int(row["message"]))
        last.pop(key, None)
        if row["verdict"] != UNDONE and bool(row.get("by_model")) == by_model:
            marks = tuple(SpotMark(**mark) for mark in row["marks"])
            last[key] = SpotCheck(*key, str(row["at"]), str(row["import_id"]), marks, by_model)
    return list(last.values())


def leaking(checks: Iterable[SpotCheck]) -> frozenset[str]:
    """Return the conversations in which some reader found a leak."""
    return frozenset(check.conversation_id for check in checks if check.verdict == "leak")
