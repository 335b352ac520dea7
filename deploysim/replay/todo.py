"""What is left to do in a run: which responses have no outcome yet, or one that is asked for anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from itertools import chain

from deploysim.replay.engine import Task
from deploysim.store.blocks import Blocks, read_blocks
from deploysim.store.outcomes import Outcomes
from deploysim.store.workspace import Workspace


@dataclass(slots=True)
class Todo:
    """The tasks that are left of some blocks of a sample."""

    workspace: Workspace
    sample_id: str
    blocks: Blocks
    outcomes: Outcomes
    wanted: list[int]
    """Blocks in the order in which they are sent."""
    repeats: int = 1
    retry: Set[str] = frozenset()
    """Outcomes that are asked for anew."""
    total: int = 0
    """Responses that the wanted blocks have in the end."""
    settled: Counter[str] = field(default_factory=Counter)
    """How often which outcome is there already and stays."""
    _open: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for block in self.wanted:
            places = [place for row in self._places(block) for place in row]
            self.total += len(places)
            settled = [place for place in places if self._attempt(place) is None]
            self.settled.update(map(self.outcomes.kind_at, settled))
            if len(settled) < len(places):
                self._open.append(block)

    def tasks(self) -> Iterator[Task]:
        """Yield what is left, block by block, by conversation, turn and repeat."""
        return chain.from_iterable(self.blocks_of_tasks())

    def blocks_of_tasks(self) -> Iterator[list[Task]]:
        """Yield what is left of each block that is not complete."""
        for block, prefixes in read_blocks(self.workspace, self.sample_id, self.blocks, self._open):
            rows = zip(prefixes, self._places(block), strict=True)
            yield [
                Task(prefix, repeat, attempt)
                for prefix, places in rows
                for repeat, attempt in enumerate(map(self._attempt, places))
                if attempt is not None
            ]

    def _places(self, block: int) -> list[tuple[int, ...]]:
        """Return where the outcomes of a block are: a row for each prefix, a column for each repeat."""
        ids = self.blocks.prefix_ids(block)
        return list(zip(*(self.outcomes.find(ids, repeat).tolist() for repeat in range(self.repeats)), strict=True))

    def _attempt(self, place: int) -> int | None:
        """Return which attempt an outcome is to be, or None where it is settled."""
        if place < 0:
            return 1
        return int(self.outcomes.attempts[place]) + 1 if self.outcomes.kind_at(place) in self.retry else None
