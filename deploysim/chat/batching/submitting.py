"""Submitting: requests that wait become files at the provider, and files become batches, as many as its queue takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from deploysim.chat.batch_client import CallError
from deploysim.chat.batch_lines import request_line
from deploysim.chat.batch_remote import FullQueue
from deploysim.chat.batching.desk import Desk
from deploysim.chat.batching.files import Line, Upload, pack
from deploysim.chat.batching.job import BYTES_PER_TOKEN, BatchRequest
from deploysim.chat.messages import UNSENDABLE
from deploysim.store.batches import BatchNote
from deploysim.types import Failure, FailureKind

SPLIT_AFTER = 3
"""Refusals of one and the same batch, with nothing of ours in the queue, after which it is taken to be too large."""
GIVE_UP_AFTER = 20
"""Such refusals after which the run ends: somebody else fills the queue."""
TOO_LARGE = Failure(FailureKind.CONTEXT_TOO_LONG, "larger than the input of a batch may be")


class Submitter:
    """Brings batches from planned to created, and makes new ones of the requests that wait."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        opened = desk.book.open
        # Made by a process that ended: it may have done more than it wrote down.
        self._inherited = {note.key for note in opened}
        self._taken = {name for note in opened for name in desk.book.requests(note)}
        self._files = pack(self._lines(self._waiting()), self._fits, desk.job.folder)
        self._refusals = 0
        self.queue_is_full = False
        self.goes_on = True
        """Whether more requests wait; set to False it submits no new ones."""

    def close(self) -> None:
        """Let go of a file that is half packed."""
        self._files.close()

    def submit_next(self) -> bool:
        """Submit one more file of the requests that wait; say whether there was one."""
        if not self.goes_on or self.queue_is_full:
            return False
        upload = next(self._files, None)
        if upload is None:
            self.goes_on = False
            return False
        note = self._desk.book.plan(upload.requests, size=upload.size)
        self._desk.book.put(note)
        self._send(note, upload)
        return True

    def upload(self, note: BatchNote) -> None:
        """Upload what a planned batch holds, as far as it fits, without what was erased or withheld meanwhile."""
        desk, listed = self._desk, self._desk.book.requests(note)
        wanted = frozenset(name for name in listed if not desk.ledger.has_outcome(name))
        lines = self._lines(desk.job.listed(wanted))
        with closing(pack(lines, self._fits, desk.job.folder)) as files:
            upload, second = next(files, None), next(files, None)
        if upload is None:
            desk.close(note)
            return
        fitted = replace(desk.book.relist(note, upload.requests), size=upload.size)
        if second:
            second.file.close()
            rest = wanted.difference(upload.requests)
            desk.book.put(fitted, desk.book.plan(sorted(rest), attempt=note.attempt))
        self._send(fitted, upload)

    def create(self, note: BatchNote) -> bool:
        """Start an uploaded batch; say whether anything came of it."""
        if self.queue_is_full:
            return False
        found = None
        if note.key in self._inherited:
            found = self._desk.client.find_batch(note.file_id or "", self._marks(note), note.given_up)
            self._inherited.discard(note.key)
            if found is None and self._is_out_of_date(note):
                self._plan_anew(note)
                return True
        try:
            remote = found or self._desk.client.create(note.file_id or "", self._marks(note), note.given_up)
        except CallError as error:
            if error.full_queue is None:
                raise
            self.hold(note, error.full_queue)
            return False
        self._desk.book.put(replace(note, step="created", batch_id=remote.batch_id, status=remote.status))
        return True

    def known(self, note: BatchNote) -> BatchNote:
        """Return an uploaded batch as it is at the provider, where a process before this one has started it."""
        found = self._desk.client.find_batch(note.file_id or "", self._marks(note), note.given_up)
        return replace(note, step="created", batch_id=found.batch_id, status=found.status) if found else note

    def hold(self, note: BatchNote, queue: FullQueue) -> None:
        """Keep a batch back that the provider's queue did not take; make smaller ones of it where it never will."""
        self.queue_is_full = True
        if queue.tokens:
            self._desk.book.put_limit(queue.tokens)
        if any(other.step == "created" for other in self._desk.book.open):
            return
        self._refusals += 1
        if note.requests > 1 and not self._fits(note.requests, note.size):
            self._plan_anew(note)
        elif note.requests > 1 and self._refusals >= SPLIT_AFTER:
            self._refusals = 0
            self._desk.close(note, left=self._desk.book.requests(note), parts=2)
        elif self._refusals >= GIVE_UP_AFTER:
            raise self._desk.client.endpoint.keeps_failing("its queue stays full")

    def try_the_queue_again(self) -> None:
        """Take it that the queue may have room: nothing of ours is in it, and some time has passed."""
        self.queue_is_full = False

    def has_room(self) -> None:
        """Take it that the queue has room: one of our batches went through it."""
        self.queue_is_full = False
        self._refusals = 0

    def _send(self, note: BatchNote, upload: Upload) -> None:
        desk, name = self._desk, f"deploysim-{self._desk.book.owner}-{note.key}.jsonl"
        with upload.file:
            known = desk.client.find_upload(name, upload.size) if note.key in self._inherited else None
            file_id = known or desk.client.upload(name, upload.file, upload.size)
        desk.book.put(replace(note, step="uploaded", file_id=file_id))

    def _marks(self, note: BatchNote) -> dict[str, str]:
        book, job = self._desk.book, self._desk.job
        return {"deploysim_run": job.mark, "deploysim_batch": f"{book.owner}-{note.key}"}

    def _is_out_of_date(self, note: BatchNote) -> bool:
        """Say whether the provider deleted a batch's input, or it holds what was erased or withheld since."""
        kept_out = any(self._desk.job.is_kept_out(name) for name in self._desk.book.requests(note))
        return kept_out or not self._desk.client.has_file(note.file_id or "")

    def _plan_anew(self, note: BatchNote) -> None:
        self._desk.client.delete(note.file_id or "")
        self._desk.book.put(replace(note, step="planned", file_id=None))

    def _waiting(self) -> Iterator[BatchRequest]:
        """Yield the requests that are in no batch."""
        for request in self._desk.job.waiting():
            if request.name not in self._taken:
                yield request

    def _lines(self, requests: Iterable[BatchRequest]) -> Iterator[Line]:
        for request in requests:
            self._desk.pauses.check()
            line = None if self._desk.job.is_kept_out(request.name) else self._line(request)
            if line is not None:
                yield request.name, line

    def _line(self, request: BatchRequest) -> bytes | None:
        """Return a request's line, or None where it cannot be sent, which is its outcome."""
        try:
            line = request_line(self._desk.client.api, request.name, request.body(self._desk.book.refused))
        except UnicodeEncodeError:
            failure = Failure(FailureKind.REJECTED, UNSENDABLE)
        else:
            if len(line) <= self._desk.job.options.limits.size:
                return line
            failure = TOO_LARGE
        self._desk.ledger.keep({request.name: failure})
        return None

    def _fits(self, requests: int, size: int) -> bool:
        limits, tokens = self._desk.job.options.limits, self._desk.book.queue_tokens
        room = min(limits.size, tokens * BYTES_PER_TOKEN) if tokens else limits.size
        return requests <= limits.requests and size <= room
