"""Replays prefixes through a provider's Batch API: the same rows in the same journal as live mode, hours later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploysim.chat.api import APIS
from deploysim.chat.batching.job import BatchJob, BatchOptions, BatchRequest
from deploysim.chat.batching.run import ask_in_batches
from deploysim.chat.parameters import RequestParameters
from deploysim.chat.settings import ModelSettings
from deploysim.chat.tally import RunTally
from deploysim.replay.batch_ledger import ReplayLedger
from deploysim.replay.batch_names import Asked, custom_id, parts_of
from deploysim.replay.engine import NO_SEED, Task, prefix_seed, what_is_given
from deploysim.store.journal import Journal
from deploysim.types import Prefix


@dataclass(frozen=True, slots=True)
class BatchReplay:
    """What to replay in batches."""

    run_id: str
    folder: Path
    """The run's folder."""
    tasks: Callable[[], Iterable[Task]]
    """Gives what has no outcome yet, in the order in which it is sent. It is called once."""
    prefixes: Callable[[], Iterable[Prefix]]
    """Gives all prefixes that may be sent, each time that it is called."""
    settings: ModelSettings
    seed: int = 0
    kept_out: Set[str] = frozenset()
    """Conversations that were erased or withheld: they are not sent, and results for them are dropped."""
    options: BatchOptions = field(default_factory=BatchOptions)
    parameters: Callable[[Collection[str]], Mapping[str, RequestParameters]] = lambda prefix_ids: {}
    """Gives the parameters that prefixes are sent with, for those whose log has any."""

    def waiting(self) -> Iterator[BatchRequest]:
        """Yield the requests for what has no outcome yet."""
        return map(self._request, self.tasks())

    def listed(self, names: Set[str]) -> Iterator[BatchRequest]:
        """Yield the requests of these names, in the order of the sample."""
        asked: dict[str, list[Asked]] = {}
        for one in map(parts_of, names):
            asked.setdefault(one.prefix_id, []).append(one)
        for prefix in self.prefixes():
            for one in sorted(asked.get(prefix.prefix_id, ())):
                yield self._request(Task(prefix, one.repeat, one.attempt))

    def is_kept_out(self, name: str) -> bool:
        """Say whether a request is about a conversation that was erased or withheld."""
        return parts_of(name).prefix_id.rpartition(":")[0] in self.kept_out

    def body(self, task: Task, refused: Collection[str] = ()) -> dict[str, Any]:
        """Return the request for one response, the same that live mode sends.

        Args:
            task: The response.
            refused: Keys that the endpoint does not take; those that came from the log, and the seed, are left out.
        """
        seed = prefix_seed(self.seed, task.prefix.prefix_id, task.repeat, task.attempt)
        tools, given = what_is_given(self.settings, task.prefix)
        api = APIS[self.settings.api]
        sent = api.body(self.settings, task.prefix.messages, seed=seed, tools=tools or None, parameters=given.sent)
        return {
            key: value for key, value in sent.items() if key not in refused or not given.may_lack(api.parameter(key))
        }

    def _request(self, task: Task) -> BatchRequest:
        name = custom_id(task.prefix.prefix_id, task.repeat, task.attempt)
        return BatchRequest(name, lambda refused: self.body(task, refused))


def replay_in_batches(
    replay: BatchReplay,
    journal: Journal,
    *,
    clock: Callable[[], datetime],
    on_rows: Callable[[RunTally], None] = lambda tally: None,
    stop: Callable[[], bool] = lambda: False,
) -> RunTally:
    """Answer every prefix that has no outcome yet, and append each outcome to an open journal.

    Args:
        replay: What to replay.
        journal: Where outcomes are kept.
        clock: Tells the time that is written beside an outcome.
        on_rows: Called with the tally of this process after each write, and at least once a second while waiting.
        stop: Asked at least once a second; True ends this process cleanly. What was submitted goes on at the provider,
            and the next process collects it.

    Raises:
        ModelError: where the provider refuses, forgets or loses what it was given; what was answered is kept.
    """
    ledger = ReplayLedger(journal, clock, on_rows, replay.parameters, APIS[replay.settings.api])
    if not APIS[replay.settings.api].takes_seed:
        ledger.tally.notes.add(NO_SEED)
    job = BatchJob(
        mark=replay.run_id,
        folder=replay.folder,
        settings=replay.settings,
        ledger=ledger,
        waiting=replay.waiting,
        listed=replay.listed,
        is_kept_out=replay.is_kept_out,
        options=replay.options,
    )
    ask_in_batches([job], stop=stop)
    return ledger.tally
