"""What is left to do in a run: which responses have no outcome yet, or one that is asked for anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from itertools import chain

from deploysim.replay.engine import Task
from deploysim.store.blocks import Blocks, read_blocks
from deploysim.store.outcomes import Outcome, Outcomes
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
            found = [one for row in self._found(block) for one in row]
            self.total += len(found)
            settled = [one.kind for one in found if one and self._attempt(one) is None]
            self.settled.update(settled)
            if len(settled) < len(found):
                self._open.append(block)

    def tasks(self) -> Iterator[Task]:
        """Yield what is left, block by block, by conversation, turn and repeat."""
        return chain.from_iterable(self.blocks_of_tasks())

    def blocks_of_tasks(self) -> Iterator[list[Task]]:
        """Yield what is left of each block that is not complete."""
        for block, prefixes in read_blocks(self.workspace, self.sample_id, self.blocks, self._open):
            rows = zip(prefixes, self._found(block), strict=True)
            yield [
                Task(prefix, repeat, attempt)
                for prefix, found in rows
                for repeat, attempt in enumerate(map(self._attempt, found))
                if attempt is not None
            ]

    def _found(self, block: int) -> list[tuple[Outcome | None, ...]]:
        """Return the outcomes of a block: a row for each prefix, a column for each repeat."""
        ids = self.blocks.prefix_ids(block)
        return list(zip(*(self.outcomes.find(ids, repeat) for repeat in range(self.repeats)), strict=True))

    def _attempt(self, so_far: Outcome | None) -> int | None:
        """Return which attempt an outcome is to be, or None where it is settled."""
        if so_far is None:
            return 1
        return so_far.attempts + 1 if so_far.kind in self.retry else None
