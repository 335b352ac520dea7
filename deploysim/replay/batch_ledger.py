"""The rows of a run that is answered in batches: the same journal and the same rows as in live mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from deploysim.chat.model import Answer
from deploysim.chat.runner import RunTally
from deploysim.replay.batch_job import custom_id, parts_of
from deploysim.replay.engine import response_row
from deploysim.store.journal import Journal, read_journal


class Ledger:
    """What a run has in its journal, and what is added to it.

    Args:
        journal: Open for appending.
        clock: Tells the time that is written beside an outcome.
        on_rows: Called with the tally of this process after each write.
    """

    def __init__(self, journal: Journal, clock: Callable[[], datetime], on_rows: Callable[[RunTally], None]) -> None:
        self.tally = RunTally()
        self._journal = journal
        self._clock = clock
        self._on_rows = on_rows
        self._failed: set[str] = set()
        self._answered: set[str] = set()
        for row in read_journal(journal.path):
            self._note(custom_id(row["prefix_id"], row["repeat"]), row["status"])

    def beat(self) -> None:
        """Tell whoever watches that the run goes on."""
        self._on_rows(self.tally)

    def has_answer(self, name: str) -> bool:
        """Say whether a request was answered."""
        return name in self._answered

    def has_failed(self, name: str) -> bool:
        """Say whether the last outcome of a request is a failure."""
        return name in self._failed

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Write outcomes; when this returns they are on the disk."""
        rows = []
        for name, answer in answers.items():
            prefix_id, repeat = parts_of(name)
            rows.append({**response_row(prefix_id, answer, at=self._clock()), "repeat": repeat})
        self._journal.append(rows)
        for name, row in zip(answers, rows, strict=True):
            self.tally.count(row)
            self._note(name, row["status"])
        self.beat()

    def _note(self, name: str, status: str) -> None:
        self._failed.discard(name)
        (self._failed if status == "failed" else self._answered).add(name)
