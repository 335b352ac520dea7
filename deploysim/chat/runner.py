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
    """Where rows go to be kept; when `append` returns they are safe. It is called from one thread at a time."""

    def append(self, rows: Iterable[Row]) -> None:
        """Keep the rows."""
        ...


@dataclass(slots=True)
class RunTally:
    """What a run has done so far in this process. Only rows that are safe on the disk are counted."""

    rows: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failed_by_kind: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def count(self, row: Row) -> None:
        """Count one outcome."""
        self.rows += 1
        if row["status"] == "failed":
            self.failed += 1
            self.failed_by_kind[row["failure_kind"]] = self.failed_by_kind.get(row["failure_kind"], 0) + 1
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


BEAT_S = 1.0
"""Whoever watches a run hears of it at least so often, also while no call comes to an end."""


async def run_calls(
    work: Work[Item], sink: RowSink, *, on_rows: Callable[[RunTally], None], stop: Callable[[], bool]
) -> RunTally:
    """Answer all items, so many at a time, and keep each outcome as it arrives.

    Items are taken one by one as workers become free, so a million of them need no more memory than a hundred. A
    worker takes its next item when its last outcome is on the disk: a process that is killed has at most
    `work.in_flight` answers to ask for again. Whatever ends the run, what has arrived is written first.

    Args:
        work: Items and how to answer one.
        sink: Where outcomes are kept.
        on_rows: Called with the tally after each write, at the beginning, and at least once a second.
        stop: Asked before each item; True ends the run cleanly after what is in flight.

    Raises:
        Whatever a call, the items or the sink raise, after the other calls were cancelled.
    """
    keeper = _Keeper(sink, RunTally(), on_rows)
    keeping = asyncio.create_task(keeper.run())
    items = iter(work.items)
    workers = [asyncio.create_task(_work(work, items, keeper, stop)) for _ in range(work.in_flight)]
    try:
        await _first_error([*workers, keeping], until=workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        keeper.close()
        await asyncio.gather(keeping, return_exceptions=True)
    keeping.result()
    return keeper.tally


async def _first_error(tasks: list[asyncio.Task[None]], *, until: list[asyncio.Task[None]]) -> None:
    """Wait for some of the tasks, and raise the first error of any."""
    while not all(task.done() for task in until):
        running = [task for task in tasks if not task.done()]
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _work(work: Work[Item], items: Iterator[Item], keeper: _Keeper, stop: Callable[[], bool]) -> None:
    while not stop():
        try:
            item = next(items)
        except StopIteration:
            return
        await keeper.keep(await work.call(item))


class _Keeper:
    """Writes outcomes in groups: all that arrive while one group is on its way to the disk make up the next."""

    def __init__(self, sink: RowSink, tally: RunTally, on_rows: Callable[[RunTally], None]) -> None:
        self.tally = tally
        self._sink = sink
        self._on_rows = on_rows
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._news = asyncio.Event()
        self._closed = False

    async def keep(self, row: Row) -> None:
        """Return when the row is on the disk."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, kept))
        self._news.set()
        await kept

    def close(self) -> None:
        """Let the keeper end after it has written what is waiting."""
        self._closed = True
        self._news.set()

    async def run(self) -> None:
        """Write until closed. An error of the sink ends it; the outcomes of that group are not kept."""
        self._on_rows(self.tally)
        while not self._closed:
            await self._hear()
            while self._waiting:
                await self._write()

    async def _hear(self) -> None:
        try:
            async with asyncio.timeout(BEAT_S):
                await self._news.wait()
        except TimeoutError:
            self._on_rows(self.tally)
        else:
            self._news.clear()

    async def _write(self) -> None:
        group, self._waiting = self._waiting, []
        # The disk may take long; the calls in flight go on meanwhile.
        await asyncio.to_thread(self._sink.append, [row for row, _ in group])
        for row, kept in group:
            self.tally.count(row)
            if not kept.done():
                kept.set_result(None)
        self._on_rows(self.tally)
