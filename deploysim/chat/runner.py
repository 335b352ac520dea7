"""Many calls, so many at a time, each outcome on the disk before it counts: what replaying and judging share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

Item = TypeVar("Item")
Row = dict[str, Any]


class RowSink(Protocol):
    """Where rows go to be kept; when `append` returns they are safe."""

    def append(self, rows: Iterable[Row]) -> None:
        """Keep the rows."""
        ...


@dataclass(slots=True)
class RunTally:
    """What a run has done so far in this process."""

    rows: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def count(self, row: Row) -> None:
        """Count one outcome."""
        self.rows += 1
        self.failed += row["status"] == "failed"
        self.prompt_tokens += row["prompt_tokens"] or 0
        self.completion_tokens += row["completion_tokens"] or 0

    @property
    def seconds(self) -> float:
        """Since the run started in this process."""
        return time.monotonic() - self.started


@dataclass(frozen=True, slots=True)
class Work(Generic[Item]):
    """What to do with each item, and how much of it at a time."""

    items: Iterable[Item]
    call: Callable[[Item], Awaitable[Row]]
    """Answers one item as a journal row. It raises only what should stop the whole run."""
    in_flight: int


COMMIT_EVERY_S = 0.2
"""Outcomes wait at most so long for the disk, so that one sync serves many."""


async def run_calls(
    work: Work[Item], sink: RowSink, *, on_rows: Callable[[RunTally], None], stop: Callable[[], bool]
) -> RunTally:
    """Answer all items, so many at a time, and keep each outcome as it arrives.

    Items are taken one by one as workers become free, so a million of them need no more memory than a hundred.

    Args:
        work: Items and how to answer one.
        sink: Where outcomes are kept.
        on_rows: Called after each write with the tally.
        stop: Asked before each item; True ends the run cleanly after what is in flight.
    """
    tally = RunTally()
    outcomes: asyncio.Queue[Row] = asyncio.Queue()
    items = iter(work.items)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(_worker(work, items, outcomes, stop)) for _ in range(work.in_flight)]
        await _write_until_done(workers, outcomes, sink, tally, on_rows)
    return tally


async def _worker(
    work: Work[Item], items: Iterator[Item], outcomes: asyncio.Queue[Row], stop: Callable[[], bool]
) -> None:
    for item in items:
        if stop():
            return
        outcomes.put_nowait(await work.call(item))


async def _write_until_done(
    workers: list[asyncio.Task[None]],
    outcomes: asyncio.Queue[Row],
    sink: RowSink,
    tally: RunTally,
    on_rows: Callable[[RunTally], None],
) -> None:
    """Write outcomes in groups. Whatever ends the run, what has arrived is written first."""
    try:
        while not all(worker.done() for worker in workers):
            await asyncio.wait(workers, timeout=COMMIT_EVERY_S)
            _write(outcomes, sink, tally)
            on_rows(tally)
    finally:
        _write(outcomes, sink, tally)
        on_rows(tally)


def _write(outcomes: asyncio.Queue[Row], sink: RowSink, tally: RunTally) -> None:
    rows = []
    while not outcomes.empty():
        rows.append(outcomes.get_nowait())
    if rows:
        sink.append(rows)
        for row in rows:
            tally.count(row)
