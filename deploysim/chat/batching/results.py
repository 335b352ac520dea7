"""Results of one batch: which requests have one, which outcome is final, and what does not belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

from deploysim.chat.batch_lines import Result, read_result
from deploysim.chat.batching.desk import Desk
from deploysim.chat.model import Answer
from deploysim.errors import ModelError
from deploysim.types import Failure

_GROUP = 500
"""Rows that are written at a time."""


@dataclass(slots=True)
class Gathered:
    """What the files of one batch gave for its requests."""

    seen: set[str] = field(default_factory=set)
    """Requests that have a result, whatever it is."""
    passing: dict[str, Failure] = field(default_factory=dict)
    """Those that were not answered for a reason that may pass, with the reason."""
    unknown: int = 0
    repeated: int = 0
    unreadable: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Those of them whose request has a key that the endpoint does not take, with the key."""
    refusals: dict[str, ModelError | None] = field(default_factory=dict)
    """What to say of such keys where the run itself set them."""
    trouble: ModelError | None = None
    """What every other request would meet too."""

    def take(self, result: Result) -> bool:
        """Count the result of a request of this batch, and say whether it is the request's outcome."""
        name, answer = result.custom_id, result.attempt.answer
        if name in self.seen and name not in self.passing:
            self.repeated += 1
            return False
        self.seen.add(name)
        if not result.refused:
            self.trouble = self.trouble or result.trouble
        if (result.attempt.again or result.refused) and isinstance(answer, Failure):
            self.passing[name] = answer
            if result.refused:
                self.refused[name] = result.refused
                self.refusals[result.refused] = result.trouble
            return False
        self.passing.pop(name, None)
        return True


def gather(desk: Desk, lines: Iterable[bytes], listed: Set[str]) -> Gathered:
    """Write the outcomes among the lines, each request's once, in whatever order they come.

    Args:
        desk: Whose batch it is; what its journal has, and what was erased or withheld, is not written.
        lines: Of the batch's output and error files.
        listed: The batch's requests.
    """
    found = Gathered()
    group: dict[str, Answer] = {}
    for result in _results(desk, lines, listed, found):
        name = result.custom_id
        if found.take(result) and not desk.job.is_kept_out(name):
            group[name] = result.attempt.answer
        if len(group) >= _GROUP:
            desk.ledger.keep(group)
            desk.pauses.check()
            group = {}
    able = desk.ledger.can_do_without(found.refused) if found.refused else frozenset()
    for name in found.refused.keys() - able:
        found.trouble = found.trouble or found.refusals[found.refused.pop(name)]
        if not found.trouble and not desk.job.is_kept_out(name):
            group[name] = found.passing.pop(name)
    if group:
        desk.ledger.keep(group)
    return found


def _results(desk: Desk, lines: Iterable[bytes], listed: Set[str], found: Gathered) -> Iterator[Result]:
    for line in lines:
        if not line.strip():
            continue
        result = read_result(desk.client.api, desk.client.model_endpoint, line)
        if result is None:
            found.unreadable += 1
        elif result.custom_id not in listed:
            found.unknown += 1
        else:
            yield result
