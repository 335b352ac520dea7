"""What the steps of a batch share: the job, its provider, its notes and its pauses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from deploysim.chat.batch_client import BatchClient, CallError
from deploysim.chat.batching.job import BatchJob, Ledger
from deploysim.chat.batching.pauses import Pauses
from deploysim.store.batches import BatchBook, BatchNote


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a step needs."""

    job: BatchJob
    client: BatchClient
    book: BatchBook
    pauses: Pauses

    @property
    def ledger(self) -> Ledger:
        """Where outcomes go."""
        return self.job.ledger

    def close(self, note: BatchNote, *, left: Iterable[str] = (), attempt: int | None = None, parts: int = 1) -> None:
        """Close a batch and plan what is left of it anew, in one write, then delete its files.

        Args:
            note: The batch.
            left: Requests that are sent again with a batch of their own.
            attempt: Which time it will be that these are sent; the same as before by default.
            parts: Number of batches that they are spread over.
        """
        rest = list(left)
        each = -(-len(rest) // parts)
        chunks = [rest[start : start + each] for start in range(0, len(rest), each)] if rest else []
        plans = [self.book.plan(chunk, attempt=attempt or note.attempt) for chunk in chunks]
        closed = replace(note, step="closed")
        self.book.put(closed, *plans)
        self.clean(closed)

    def clean(self, note: BatchNote) -> str:
        """Delete a closed batch's files at the provider, where that is wanted; return why it failed, where it did."""
        if note.deleted or not self.job.options.delete_files:
            return ""
        try:
            for file_id in note.files:
                self.client.delete(file_id)
        except CallError as error:
            return error.detail or "refused"
        self.book.put(replace(note, deleted=True))
        return ""

    def clean_all(self) -> None:
        """Delete the files of all closed batches that are still there; what cannot be deleted is remarked on."""
        for note in self.book.notes:
            if note.step == "closed" and (why := self.clean(note)):
                files = ", ".join(note.files)
                self.book.remark(f"Files that could not be deleted at the provider ({why}), delete them there: {files}")
