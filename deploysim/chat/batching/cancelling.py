"""Cancelling: what a run has at its provider comes to an early end, and what was answered by then is kept."""

from __future__ import annotations

from dataclasses import replace

from deploysim.chat.batching.desk import Desk
from deploysim.chat.batching.submitting import Submitter
from deploysim.store.batches import BatchNote


class Canceller:
    """Submits nothing more and cancels every open batch, once; collecting goes on until the provider has ended them."""

    def __init__(self, desk: Desk, submitter: Submitter) -> None:
        self._desk = desk
        self._submitter = submitter
        self._asked: set[str] = set()

    def cancel(self) -> None:
        """Cancel what is open; called again, what has been opened since."""
        self._submitter.goes_on = False
        for note in self._desk.book.open:
            known = self._submitter.known(note) if note.step == "uploaded" else note
            if known.step in ("planned", "uploaded"):
                self._desk.close(known)
            elif known.step == "created" and known.key not in self._asked:
                self._cancel(known)

    def _cancel(self, note: BatchNote) -> None:
        self._asked.add(note.key)
        status = self._desk.client.cancel(note.batch_id or "")
        self._desk.book.put(replace(note, status=status or note.status))
