"""Replays prefixes through a provider's Batch API: the same rows in the same journal as live mode, hours later.

Each batch goes through steps (planned, uploaded, created, ended, closed), and its note says which are done. A process
that takes up a run looks first for what the one before may have made and not written down: a file by its name, a batch
by its marks. So the run can be killed at any moment: nothing is lost, and nothing that can be found is paid twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from deploysim.chat.api import APIS
from deploysim.chat.batch_client import BatchClient, CallError
from deploysim.chat.batch_endpoint import BatchEndpoint
from deploysim.chat.settings import address
from deploysim.chat.tally import RunTally
from deploysim.replay.batch_cancelling import Canceller
from deploysim.replay.batch_collecting import Collector
from deploysim.replay.batch_desk import Desk
from deploysim.replay.batch_job import BatchJob
from deploysim.replay.batch_ledger import Ledger
from deploysim.replay.batch_pauses import Pauses, StopAskedError
from deploysim.replay.batch_submitting import Submitter
from deploysim.replay.engine import NO_SEED
from deploysim.store.batches import BatchBook, BatchNote
from deploysim.store.journal import Journal


def replay_in_batches(
    job: BatchJob,
    journal: Journal,
    *,
    clock: Callable[[], datetime],
    on_rows: Callable[[RunTally], None] = lambda tally: None,
    stop: Callable[[], bool] = lambda: False,
) -> RunTally:
    """Answer every prefix that has no outcome yet, and append each outcome to an open journal.

    Args:
        job: What to replay.
        journal: Where outcomes are kept.
        clock: Tells the time that is written beside an outcome.
        on_rows: Called with the tally of this process after each write, and at least once a second while waiting.
        stop: Asked at least once a second; True ends this process cleanly. What was submitted goes on at the provider,
            and the next process collects it.

    Raises:
        ModelError: where the provider refuses, forgets or loses what it was given; what was answered is kept.
    """
    ledger = Ledger(journal, clock, on_rows, job.parameters)
    pauses = Pauses(job.options.first_poll_s, job.options.longest_poll_s, beat=ledger.beat, stop=stop)
    try:
        ledger.beat()
        if not APIS[job.settings.api].takes_seed:
            ledger.tally.notes.add(NO_SEED)
        with BatchClient(job.settings, pause=pauses.wait, check=pauses.check) as client:
            _run(Desk(job, client, ledger, BatchBook(job.folder), pauses))
    except StopAskedError:
        # Asked for, and every step is written down.
        return ledger.tally
    except CallError as error:
        endpoint = BatchEndpoint(address(job.settings.base_url or ""))
        raise (endpoint.keeps_failing if error.may_pass else endpoint.refused_the_batch)(error.detail) from error
    return ledger.tally


def _run(desk: Desk) -> None:
    submitter, collector = Submitter(desk), Collector(desk)
    canceller = Canceller(desk, submitter) if desk.job.options.cancel else None
    try:
        while desk.book.open or submitter.goes_on:
            desk.pauses.check()
            if canceller:
                canceller.cancel()
            moved = [_step(desk, note, submitter, collector) for note in desk.book.open]
            submitter.goes_on = submitter.goes_on and not collector.cancelled
            if submitter.submit_next() or any(moved):
                desk.pauses.quicken()
            elif desk.book.open:
                desk.pauses.rest()
                if not any(note.step == "created" for note in desk.book.open):
                    submitter.try_the_queue_again()
    finally:
        submitter.close()
    desk.clean_all()


def _step(desk: Desk, note: BatchNote, submitter: Submitter, collector: Collector) -> bool:
    """Bring a batch one step forward, where it can be, and say whether it moved."""
    if note.step == "planned":
        submitter.upload(note)
        return True
    if note.step == "uploaded":
        return submitter.create(note)
    if note.step == "ended":
        collector.merge(note)
        return True
    return _look(desk, note, submitter, collector)


def _look(desk: Desk, note: BatchNote, submitter: Submitter, collector: Collector) -> bool:
    remote = collector.look(note)
    if remote is None:
        return False
    if remote.status != "failed":
        submitter.has_room()
        collector.end(note, remote)
    elif remote.full_queue:
        refused = replace(note, step="uploaded", batch_id=None, given_up=(*note.given_up, remote.batch_id))
        desk.book.put(refused)
        submitter.hold(refused, remote.full_queue)
        return False
    else:
        collector.refuse(note, remote.faults)
    return True
