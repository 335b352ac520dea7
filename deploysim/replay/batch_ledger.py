"""The rows of a run that is answered in batches: the same journal and the same rows as in live mode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from deploysim.chat.api import Api
from deploysim.chat.model import Answer
from deploysim.chat.parameters import RequestParameters
from deploysim.chat.tally import RunTally
from deploysim.replay.batch_names import parts_of
from deploysim.replay.engine import NO_SEED, response_row
from deploysim.store.journal import Journal
from deploysim.store.outcomes import read_outcomes


class ReplayLedger:
    """What a run has in its journal, and what is added to it.

    Args:
        journal: Open for appending.
        clock: Tells the time that is written beside an outcome.
        on_rows: Called with the tally of this process after each write.
        parameters: Gives what the log says of how prefixes are decoded, for those of which it says something.
        api: Whose names the keys of requests are.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], datetime],
        on_rows: Callable[[RunTally], None],
        parameters: Callable[[Collection[str]], Mapping[str, RequestParameters]],
        api: Api,
    ) -> None:
        self.refused: set[str] = set()
        self._api = api
        self._parameters = parameters
        self.tally = RunTally()
        self._journal = journal
        self._clock = clock
        self._on_rows = on_rows
        self._before = read_outcomes(journal.path)
        self._kept: set[str] = set()

    def beat(self) -> None:
        """Tell whoever watches that the run goes on."""
        self._on_rows(self.tally)

    def can_do_without(self, refused: Mapping[str, str]) -> set[str]:
        """Return the requests whose refused key is the seed or came from the log, as in live mode."""
        logged = self._parameters({parts_of(name).prefix_id for name in refused})

        nothing = RequestParameters({})
        return {
            name
            for name, key in refused.items()
            if logged.get(parts_of(name).prefix_id, nothing).may_lack(self._api.parameter(key))
        }

    def has_outcome(self, name: str) -> bool:
        """Say whether the journal has a row of this very attempt, or of a later one."""
        if name in self._kept:
            return True
        asked = parts_of(name)
        before = self._before.get(asked.prefix_id, asked.repeat)
        return before is not None and before.attempts >= asked.attempt

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Write outcomes that the journal does not have; when this returns they are on the disk."""
        fresh = {name: answer for name, answer in answers.items() if not self.has_outcome(name)}
        given = self._parameters({parts_of(name).prefix_id for name in fresh}) if fresh else {}
        rows = []
        for name, answer in fresh.items():
            prefix_id, repeat, attempt = parts_of(name)
            own = given.get(prefix_id)
            if own:
                for key in self.refused:
                    own.drop(self._api.parameter(key))
            rows.append(response_row(prefix_id, answer, at=self._clock(), repeat=repeat, attempt=attempt, given=own))
        if "seed" in self.refused:
            self.tally.notes.add(NO_SEED)
        self._journal.append(rows)
        for row in rows:
            self.tally.count(row)
        self._kept.update(fresh)
        self.beat()
