"""Asks through a provider's Batch API: the same requests as in live mode, and the same outcomes hours later.

Each batch goes through steps (planned, uploaded, created, ended, closed), and its note says which are done. A process
that takes up a job looks first for what the one before may have made and not written down: a file by its name, a batch
by its marks. So it can be killed at any moment: nothing is lost, and nothing that can be found is paid twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from deploysim.chat.batch_client import BatchClient, CallError
from deploysim.chat.batch_endpoint import BatchEndpoint
from deploysim.chat.batching.cancelling import Canceller
from deploysim.chat.batching.collecting import Collector
from deploysim.chat.batching.desk import Desk
from deploysim.chat.batching.job import BatchJob
from deploysim.chat.batching.pauses import Pauses, StopAskedError
from deploysim.chat.batching.submitting import Submitter
from deploysim.chat.settings import address
from deploysim.store.batches import BatchBook, BatchNote


def ask_in_batches(jobs: Sequence[BatchJob], *, stop: Callable[[], bool] = lambda: False) -> None:
    """Get an outcome for every request that has none, from several models side by side.

    Args:
        jobs: What to ask whom; they are handled with the same patience, the first one's.
        stop: Asked at least once a second; True ends this process cleanly. What was submitted goes on at the provider,
            and the next process collects it.

    Raises:
        ModelError: where a provider refuses, forgets or loses what it was given; what was answered is kept.
    """
    ledgers = list({id(job.ledger): job.ledger for job in jobs}.values())

    def beat() -> None:
        for ledger in ledgers:
            ledger.beat()

    options = jobs[0].options
    pauses = Pauses(options.first_poll_s, options.longest_poll_s, beat=beat, stop=stop)
    beat()
    try:
        with ExitStack() as stack:
            _run([stack.enter_context(_open(job, pauses)) for job in jobs], pauses)
    except StopAskedError:
        # Asked for, and every step is written down.
        return


def _run(lines: Sequence[_Line], pauses: Pauses) -> None:
    while any(line.goes_on for line in lines):
        pauses.check()
        if any([line.step() for line in lines]):
            pauses.quicken()
        elif any(line.goes_on for line in lines):
            pauses.rest()
            for line in lines:
                line.after_a_rest()
    for line in lines:
        line.clean()


@contextmanager
def _open(job: BatchJob, pauses: Pauses) -> Iterator[_Line]:
    with BatchClient(job.settings, pause=pauses.wait, check=pauses.check) as client:
        book = BatchBook(job.folder)
        job.ledger.refused |= book.refused
        line = _Line(Desk(job, client, book, pauses))
        try:
            yield line
        finally:
            line.close()


class _Line:
    """One job on its way."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._submitter = Submitter(desk)
        self._collector = Collector(desk)
        self._canceller = Canceller(desk, self._submitter) if desk.job.options.cancel else None

    @property
    def goes_on(self) -> bool:
        """Whether anything is at the provider or on its way there."""
        return bool(self._desk.book.open) or self._submitter.goes_on

    def step(self) -> bool:
        """Bring each batch one step forward, where it can be, submit one more, and say whether anything moved."""
        with _explained(self._desk.job):
            if self._canceller:
                self._canceller.cancel()
            moved = [self._bring_on(note) for note in self._desk.book.open]
            self._submitter.goes_on = self._submitter.goes_on and not self._collector.cancelled
            return self._submitter.submit_next() or any(moved)

    def after_a_rest(self) -> None:
        """Try a queue again that was full, where nothing of this job is in it."""
        opened = self._desk.book.open
        if opened and not any(note.step == "created" for note in opened):
            self._submitter.try_the_queue_again()

    def clean(self) -> None:
        """Delete what is left at the provider of batches that are done."""
        with _explained(self._desk.job):
            self._desk.clean_all()

    def close(self) -> None:
        """Let go of what was about to be sent."""
        self._submitter.close()

    def _bring_on(self, note: BatchNote) -> bool:
        if note.step == "planned":
            self._submitter.upload(note)
            return True
        if note.step == "uploaded":
            return self._submitter.create(note)
        if note.step == "ended":
            self._collector.merge(note)
            return True
        return self._look(note)

    def _look(self, note: BatchNote) -> bool:
        remote = self._collector.look(note)
        if remote is None:
            return False
        if remote.status != "failed":
            self._submitter.has_room()
            self._collector.end(note, remote)
        elif remote.full_queue:
            refused = replace(note, step="uploaded", batch_id=None, given_up=(*note.given_up, remote.batch_id))
            self._desk.book.put(refused)
            self._submitter.hold(refused, remote.full_queue)
            return False
        else:
            self._collector.refuse(note, remote.faults)
        return True


@contextmanager
def _explained(job: BatchJob) -> Iterator[None]:
    """Say for people what a call that failed means."""
    try:
        yield
    except CallError as error:
        endpoint = BatchEndpoint(address(job.settings.base_url or ""))
        raise (endpoint.keeps_failing if error.may_pass else endpoint.refused_the_batch)(error.detail) from error
