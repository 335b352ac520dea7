"""What a run has at a provider's Batch API: one note a batch, and the list of its requests, in the run's folder.

A note is written before and after each step, so that a process that is killed at any moment leaves enough for the next
one to go on. Lists hold ids only, never conversation text.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from deploysim.store.files import read_json, write_json, write_text

Step = Literal["planned", "uploaded", "created", "ended", "closed"]
"""How far a batch has got. What follows "closed" is only that its files at the provider are deleted."""


@dataclass(frozen=True, slots=True)
class BatchNote:
    """One batch of a run."""

    key: str
    """Its name within the run; its list of requests and its file at the provider are named by it."""
    requests: int
    attempt: int = 1
    """How many times these requests have been sent with it."""
    step: Step = "planned"
    size: int = 0
    """Bytes of its input."""
    file_id: str | None = None
    batch_id: str | None = None
    given_up: tuple[str, ...] = ()
    """Batches on the same file that the provider refused."""
    status: str = ""
    """As the provider last said."""
    completed: int = 0
    failed: int = 0
    """Requests that are done, as the provider last counted."""
    output_id: str | None = None
    error_id: str | None = None
    deleted: bool = False
    """Whether its files at the provider are deleted."""

    @property
    def files(self) -> tuple[str, ...]:
        """Ids of its files at the provider."""
        return tuple(file for file in (self.file_id, self.output_id, self.error_id) if file)


class BatchBook:
    """The notes of one run's batches. Every change is on the disk when it returns.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "batches.json"
        self._lists = folder / "batches"
        known: dict[str, Any] = read_json(self._path) if self._path.exists() else {}
        self.owner: str = known.get("owner") or secrets.token_hex(8)
        """Tells this run's files and batches from those of the same run in a colleague's workspace."""
        self.queue_tokens: int | None = known.get("queue_tokens")
        """Most tokens that the account may have waiting, where the provider said it."""
        self.refused: frozenset[str] = frozenset(known.get("refused", ()))
        """Keys of requests that the provider turned out not to take."""
        self._remarks: list[str] = known.get("remarks", [])
        self._notes = {values["key"]: _note(values) for values in known.get("batches", ())}
        self._planned = len(self._notes)

    @property
    def notes(self) -> tuple[BatchNote, ...]:
        """All notes, oldest first."""
        return tuple(self._notes.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        """What people should know of how it went, oldest first."""
        return tuple(self._remarks)

    @property
    def open(self) -> tuple[BatchNote, ...]:
        """The batches whose results are not all in the journal."""
        return tuple(note for note in self._notes.values() if note.step != "closed")

    @property
    def submitted(self) -> tuple[BatchNote, ...]:
        """The open ones that may be paid: all but those whose input has not reached the provider."""
        return tuple(note for note in self.open if note.step != "planned")

    def plan(self, requests: Iterable[str], *, size: int = 0, attempt: int = 1) -> BatchNote:
        """Write the list of a new batch and return its note; the note itself counts when it is put."""
        self._planned += 1
        return self.relist(BatchNote(f"{self._planned:05d}", 0, attempt, size=size), requests)

    def relist(self, note: BatchNote, requests: Iterable[str]) -> BatchNote:
        """Write a batch's list anew and return its note with as many requests."""
        listed = list(requests)
        write_text(self._list(note), "".join(f"{one}\n" for one in listed))
        return replace(note, requests=len(listed))

    def requests(self, note: BatchNote) -> list[str]:
        """Return a batch's requests in the order of its input."""
        return self._list(note).read_text(encoding="utf-8").splitlines()

    def put(self, *notes: BatchNote) -> None:
        """Write some notes, all or none of them."""
        self._notes |= {note.key: note for note in notes}
        self._write()
        for note in notes:
            if note.step == "closed":
                self._list(note).unlink(missing_ok=True)

    def put_limit(self, tokens: int) -> None:
        """Write down the most tokens that the account may have waiting."""
        self.queue_tokens = tokens
        self._write()

    def put_refused(self, keys: Iterable[str]) -> None:
        """Write down keys that the provider does not take."""
        self.refused |= frozenset(keys)
        self._write()

    def remark(self, text: str) -> None:
        """Write down what people should know, once."""
        if text not in self._remarks:
            self._remarks.append(text)
            self._write()

    def _list(self, note: BatchNote) -> Path:
        return self._lists / f"{note.key}.txt"

    def _write(self) -> None:
        value = {
            "owner": self.owner,
            "queue_tokens": self.queue_tokens,
            "refused": sorted(self.refused),
            "remarks": self._remarks,
            "batches": [asdict(note) for note in self._notes.values()],
        }
        write_json(self._path, value)


def _note(values: dict[str, Any]) -> BatchNote:
    return BatchNote(**{**values, "given_up": tuple(values["given_up"])})
