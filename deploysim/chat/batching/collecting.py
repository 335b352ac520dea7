"""Collecting: how batches are at the provider, and their results, once and completely, into the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from deploysim.chat.batch_client import CallError, GoneError
from deploysim.chat.batch_remote import Fault, RemoteBatch
from deploysim.chat.batching.desk import Desk
from deploysim.chat.batching.results import Gathered, gather
from deploysim.errors import ModelError
from deploysim.store.batches import BatchNote
from deploysim.types import Failure, FailureKind
from deploysim.wording import counted

BELIEVED_AFTER = 3
"""Times in a row that a provider must say that something is gone, or give too little, before it is believed."""
GIVE_UP_AFTER = 20
"""Looks in a row, each with all its tries, after which a provider that does not answer ends the run."""
NO_RESULT = Failure(FailureKind.SERVER_ERROR, "the batch gave no result for it")


class Collector:
    """Brings batches from created to closed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._silent = 0
        self._missed: Counter[str] = Counter()
        self.cancelled = False
        """Whether somebody cancelled a batch at the provider."""

    def look(self, note: BatchNote) -> RemoteBatch | None:
        """Write down how a batch is, and return it where it has ended."""
        try:
            remote = self._desk.client.batch(note.batch_id or "")
        except GoneError:
            self._miss(note, self._desk.client.endpoint.forgot_the_batch(note.batch_id or ""))
            return None
        except CallError as error:
            self._silent += 1
            if not error.may_pass or self._silent >= GIVE_UP_AFTER:
                raise
            return None
        self._silent = 0
        seen = replace(note, status=remote.status, completed=remote.completed, failed=remote.failed)
        if seen != note:
            self._desk.book.put(seen)
        return remote if remote.has_ended else None

    def end(self, note: BatchNote, remote: RemoteBatch) -> None:
        """Write down where the results of a batch are that has ended."""
        if remote.completed and not remote.output_id:
            self._miss(note, self._desk.client.endpoint.lost_the_results(remote.batch_id))
            return
        ended = replace(note, step="ended", output_id=remote.output_id, error_id=remote.error_id)
        self._desk.book.put(replace(ended, status=remote.status, completed=remote.completed, failed=remote.failed))

    def refuse(self, note: BatchNote, faults: tuple[Fault, ...]) -> None:
        """Count the requests as failed that the provider named as its reason to refuse a batch, and send the others.

        Raises:
            ModelError: where it named none.
        """
        listed = self._desk.book.requests(note)
        bad = {
            listed[fault.line - 1]: Failure(FailureKind.REJECTED, fault.code or "refused in the batch's input")
            for fault in faults
            if fault.line and fault.line <= len(listed)
        }
        if bad:
            self._desk.ledger.keep(bad)
        self._desk.close(note, left=[name for name in listed if name not in bad] if bad else ())
        if not bad:
            codes = ", ".join(dict.fromkeys(fault.code for fault in faults if fault.code))
            raise self._desk.client.endpoint.refused_the_batch(codes or "no reason given")

    def merge(self, note: BatchNote) -> None:
        """Write a batch's results, and plan again what it did not answer, or count it as failed after the last time.

        Raises:
            ModelError: where the results are gone, or say what every request meets, such as an account without credit.
        """
        listed = self._desk.book.requests(note)
        try:
            found = self._read(note, frozenset(listed))
        except GoneError:
            self._miss(note, self._desk.client.endpoint.lost_the_results(note.batch_id or ""))
            return
        left = [name for name in listed if self._is_open(name)]
        learned = self._learn(found)
        self._remark(note, found, len(left))
        if note.status == "cancelled" or self._desk.job.options.cancel:
            self.cancelled = True
            self._desk.close(note)
        elif found.trouble:
            self._desk.close(note, left=left)
            raise found.trouble
        elif learned or note.attempt < self._desk.job.options.tries:
            # A request that was wrong has not been tried yet.
            self._desk.close(note, left=left, attempt=note.attempt + (not learned))
        else:
            self._desk.ledger.keep({name: found.passing.get(name, NO_RESULT) for name in left})
            self._desk.close(note)

    def _learn(self, found: Gathered) -> bool:
        """Take note of what the endpoint does not take; say whether any of it is new."""
        book, keys = self._desk.book, set(found.refused.values())
        if keys <= book.refused:
            return False
        book.put_refused(keys)
        self._desk.ledger.refused |= keys
        return True

    def _is_open(self, name: str) -> bool:
        return not self._desk.ledger.has_outcome(name) and not self._desk.job.is_kept_out(name)

    def _read(self, note: BatchNote, listed: frozenset[str]) -> Gathered:
        """Read both files of a batch, again where they give less than the provider counted."""
        due, tries = min(note.completed + note.failed, len(listed)), 0
        while True:
            tries += 1
            try:
                found = gather(self._desk, self._lines(note), listed)
                if len(found.seen) >= due or tries == BELIEVED_AFTER:
                    return found
            except CallError:
                if tries == BELIEVED_AFTER:
                    raise
            self._desk.pauses.rest()

    def _lines(self, note: BatchNote) -> Iterator[bytes]:
        for file_id in (note.output_id, note.error_id):
            if file_id:
                yield from self._desk.client.lines(file_id)

    def _miss(self, note: BatchNote, error: ModelError) -> None:
        """Believe that something is gone when it was so several times; then send it again, if that is wanted."""
        self._missed[note.key] += 1
        if self._missed[note.key] < BELIEVED_AFTER:
            self._desk.pauses.rest()
            return
        if not self._desk.job.options.resend_lost:
            raise error
        left = [name for name in self._desk.book.requests(note) if self._is_open(name)]
        self._desk.book.remark(
            f"{counted(len(left), 'request')} of batch {note.batch_id}, whose results are lost, sent again"
        )
        self._desk.close(note, left=left)

    def _remark(self, note: BatchNote, found: Gathered, left: int) -> None:
        said = {
            "results with an unknown id, left out": found.unknown,
            "results that came twice, the first counted": found.repeated,
            "lines that are no results, left out": found.unreadable,
            "requests that it did not answer": left,
        }
        parts = [f"{count:,} {what}" for what, count in said.items() if count]
        if note.status != "completed" or parts:
            book = self._desk.book
            book.remark(
                f"Batch {note.batch_id} ({note.status}, try {note.attempt}): {'; '.join(parts) or 'all answered'}"
            )
