"""Many calls, so many at a time, each outcome on the disk before it counts: what replaying and judging share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Protocol, Self, TypeVar

from deploysim.chat.tally import Row, RunTally

Item = TypeVar("Item")


class RowSink(Protocol):
    """Where rows go to be kept."""

    def write(self, rows: Iterable[Row]) -> None:
        """Hand rows to the system: from now on a killed process does not lose them."""
        ...

    def sync(self) -> None:
        """Return when all rows written so far are safe from a power cut. It is called from another thread."""
        ...


@dataclass(frozen=True, slots=True)
class Work(Generic[Item]):
    """What to do with each item, and how much of it at a time."""

    items: Iterable[Item]
    """Read in a helper thread, some ahead of need."""
    call: Callable[[Item], Awaitable[Row | None]]
    """Answers one item as a journal row; None where it was given up before it was sent. It raises only what should stop
    the whole run."""
    in_flight: int
    give_up: Callable[[], None] = lambda: None
    """Called when the run is asked to stop: calls that were not sent yet may give up."""


BEAT_S = 1.0
"""Whoever watches a run hears of it at least so often, also while no call comes to an end."""
SYNC_EVERY_S = 0.02
"""Rows wait so long for others that become safe with them in one go."""
UNSAFE_ROWS = 16
"""So many rows, or as many as there are calls, may wait to become safe while their workers go on."""
AHEAD = 256
"""Items read ahead."""


async def run_calls(
    work: Work[Item], sink: RowSink, *, on_rows: Callable[[RunTally], None], stop: Callable[[], bool]
) -> RunTally:
    """Answer all items, so many at a time, and keep each outcome as it arrives.

    A million items need no more memory than a thousand. A row is handed to the system as soon as it is there: a process
    that is killed has at most `work.in_flight` answers to ask for again. It counts once it is safe from a power cut,
    which rows become in groups while the next calls are on their way already. Whatever ends the run, what has arrived
    is written first.

    Args:
        work: Items and how to answer one.
        sink: Where outcomes are kept.
        on_rows: Called with the tally when rows have become safe, at the beginning, and at least once a second; from a
            helper thread.
        stop: Asked before each item and once a second; True ends the run cleanly after what is in flight.

    Raises:
        Whatever a call, the items or the sink raise, after the other calls were cancelled.
    """
    keeper = _Keeper(sink, RunTally(), on_rows, max(work.in_flight, UNSAFE_ROWS))
    source = _Source(work.items)
    keeping = asyncio.create_task(keeper.run())
    helping = [asyncio.create_task(source.run()), asyncio.create_task(_heed(stop, work.give_up))]
    workers = [asyncio.create_task(_work(work, source, keeper, stop)) for _ in range(work.in_flight)]
    working = asyncio.gather(*workers)
    try:
        await _until(working, keeping, *helping)
    finally:
        # Cancelling what gathers them would not reach those that outlive an error.
        await _cancelled(*workers, *helping, working)
        keeper.close()
        await asyncio.gather(keeping, return_exceptions=True)
    keeping.result()
    return keeper.tally


async def _until(working: asyncio.Future[Any], *helping: asyncio.Future[Any]) -> None:
    """Wait for the work, and raise the first error of it or of a helper."""
    running = {working, *helping}
    while not working.done():
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _work(work: Work[Item], source: _Source[Item], keeper: _Keeper, stop: Callable[[], bool]) -> None:
    async for item in source:
        if stop():
            work.give_up()
            return
        row = await work.call(item)
        if row is not None:
            await keeper.keep(row)


async def _heed(stop: Callable[[], bool], give_up: Callable[[], None]) -> None:
    """Hear a request to stop also while every worker waits."""
    while not stop():
        await asyncio.sleep(BEAT_S)
    give_up()


class _Source(Generic[Item]):
    """Hands out items that are read ahead in a helper thread, so that no call waits while a file is read."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items: Iterator[Item] = iter(items)
        self._ready: deque[Item] = deque()
        self._ended = False
        self._more = asyncio.Event()
        self._low = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        while not self._ready:
            if self._ended:
                raise StopAsyncIteration
            self._more.clear()
            await self._more.wait()
        item = self._ready.popleft()
        if len(self._ready) < AHEAD // 2:
            self._low.set()
        return item

    async def run(self) -> None:
        """Read until there are no more items."""
        while page := await asyncio.to_thread(lambda: list(islice(self._items, AHEAD // 2))):
            self._ready.extend(page)
            self._more.set()
            if len(self._ready) >= AHEAD // 2:
                self._low.clear()
                await self._low.wait()
        self._ended = True
        self._more.set()


class _Keeper:
    """Writes outcomes as they arrive and makes them safe in groups: all that arrive meanwhile make up the next."""

    def __init__(self, sink: RowSink, tally: RunTally, on_rows: Callable[[RunTally], None], most_unsafe: int) -> None:
        self.tally = tally
        self._sink = sink
        self._on_rows = on_rows
        self._most_unsafe = most_unsafe
        self._unsafe: list[Row] = []
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False

    async def keep(self, row: Row) -> None:
        """Write a row, and return when there is room for another."""
        self._sink.write([row])
        self._unsafe.append(row)
        self._news.set()
        while len(self._unsafe) >= self._most_unsafe and not self._closed:
            self._room.clear()
            await self._room.wait()

    def close(self) -> None:
        """Let the keeper end after all that was written is safe."""
        self._closed = True
        self._news.set()

    async def run(self) -> None:
        """Make rows safe until closed. An error of the sink ends it; the rows of that group do not count."""
        await asyncio.to_thread(self._on_rows, self.tally)
        while not self._closed:
            await self._hear()
            if self._unsafe:
                await self._make_safe()
        while self._unsafe:
            await self._make_safe()

    async def _hear(self) -> None:
        try:
            async with asyncio.timeout(BEAT_S):
                await self._news.wait()
        except TimeoutError:
            await asyncio.to_thread(self._on_rows, self.tally)
            return
        self._news.clear()
        if not self._closed:
            await asyncio.sleep(SYNC_EVERY_S)

    async def _make_safe(self) -> None:
        group, self._unsafe = self._unsafe, []
        # The disk may take long; the calls in flight go on meanwhile.
        await asyncio.to_thread(self._safe, group)
        self._room.set()

    def _safe(self, group: list[Row]) -> None:
        self._sink.sync()
        for row in group:
            self.tally.count(row)
        self._on_rows(self.tally)
