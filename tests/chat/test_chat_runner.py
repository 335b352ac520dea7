"""The runner: bounded, lazy, every outcome safe before it counts, and a clean end whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from deploysim.chat import runner
from deploysim.chat.runner import AHEAD, UNSAFE_ROWS, Work, run_calls
from deploysim.chat.tally import Row, RunTally
from deploysim.errors import InputError, ModelError


def row(item: int, **changes: Any) -> Row:
    return {"item": item, "status": "ok", "prompt_tokens": 2, "completion_tokens": 1, "failure_kind": None, **changes}


class Kept(list[Row]):
    """Keeps rows in memory, as safe as a disk; refuses to once it holds `room`, or when made safe with `sick` rows."""

    def __init__(self, room: int = 10**9, sick: int = 10**9) -> None:
        self.room = room
        self.sick = sick
        self.safe: list[int] = []
        """How many rows were safe after each time that they became so."""

    def write(self, rows: Iterable[Row]) -> None:
        group = list(rows)
        if len(self) + len(group) > self.room:
            raise InputError("The disk is full.")
        self.extend(group)

    def sync(self) -> None:
        if len(self) >= self.sick:
            raise InputError("The disk is broken.")
        self.safe.append(len(self))


def run(work: Work[int], kept: Kept, *, stop: Any = lambda: False, seen: list[int] | None = None) -> RunTally:
    def note(tally: RunTally) -> None:
        if seen is not None:
            seen.append(tally.rows)

    return asyncio.run(run_calls(work, kept, on_rows=note, stop=stop))


async def quick(item: int) -> Row:
    """Answer after the others had a turn."""
    await asyncio.sleep(0)
    return row(item)


@pytest.mark.parametrize(("items", "in_flight"), [(0, 4), (1, 4), (3, 8), (200, 1), (200, 7)])
def test_every_item_is_answered_once(items: int, in_flight: int) -> None:
    """As many outcomes as items, whatever the number in flight."""
    kept = Kept()

    tally = run(Work(range(items), quick, in_flight), kept)

    assert list(range(items)) == sorted(one["item"] for one in kept)
    assert (items, 0, 2 * items, items) == (tally.rows, tally.failed, tally.prompt_tokens, tally.completion_tokens)


def test_items_are_read_a_little_ahead() -> None:
    """No more items are read from the source than are in flight and some ahead, and no more in flight than allowed."""
    taken = begun = answered = widest = furthest = 0

    def source() -> Iterator[int]:
        nonlocal taken, furthest
        for item in range(5_000):
            taken += 1
            furthest = max(furthest, taken - begun)
            yield item

    async def call(item: int) -> Row:
        nonlocal begun, answered, widest
        begun += 1
        widest = max(widest, begun - answered)
        await asyncio.sleep(0)
        answered += 1
        return row(item)

    run(Work(source(), call, 5), Kept())

    assert widest == 5
    assert furthest <= AHEAD


def test_outcomes_become_safe_in_groups_and_are_counted_after() -> None:
    """One sync serves many outcomes, and progress only ever counts what is safe."""
    kept, seen = Kept(), []

    run(Work(range(300), quick, 50), kept, seen=seen)

    assert len(kept.safe) < 100
    assert sorted(seen) == seen
    assert seen[-1] == kept.safe[-1] == 300
    assert set(seen) <= {0, *kept.safe}


def test_nobody_waits_for_the_disk() -> None:
    """The next call goes out while the last outcome is on its way to the disk, but not many of them."""
    disk, begun = threading.Event(), 0

    class Slow(Kept):
        def sync(self) -> None:
            assert disk.wait(10)
            super().sync()

    async def call(item: int) -> Row:
        nonlocal begun
        begun += 1
        if begun == UNSAFE_ROWS:
            asyncio.get_running_loop().call_later(0.1, disk.set)
        return row(item)

    kept = Slow()
    run(Work(range(100), call, 1), kept)

    assert len(kept) == 100
    # The first outcome's sync began; the others up to the limit were written meanwhile, and then the worker waited.
    assert UNSAFE_ROWS <= kept.safe[0] <= UNSAFE_ROWS + 1


def test_a_slow_run_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches can tell a run that waits from one that died: it reports before and between outcomes."""
    monkeypatch.setattr(runner, "BEAT_S", 0.01)

    async def call(item: int) -> Row:
        await asyncio.sleep(0.1)
        return row(item)

    seen: list[int] = []
    run(Work(range(1), call, 1), Kept(), seen=seen)

    assert seen.count(0) >= 3
    assert seen[-1] == 1


def test_failures_are_counted_by_kind() -> None:
    """A failed call is an outcome like any other."""

    async def call(item: int) -> Row:
        return row(item, status="failed", failure_kind="timed out") if item % 3 == 0 else row(item)

    tally = run(Work(range(10), call, 2), Kept())

    assert (tally.rows, tally.failed, tally.failed_by_kind) == (10, 4, {"timed out": 4})


def test_an_error_of_one_call_stops_all_and_loses_nothing_that_arrived() -> None:
    """The error itself comes out, the other calls are cancelled, and what was answered is kept."""
    cancelled: list[int] = []

    async def call(item: int) -> Row:
        if item == 5:
            await asyncio.sleep(0.05)
            raise ModelError("The key was refused.")
        if item > 5:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(item)
                raise
        return row(item)

    kept = Kept()
    with pytest.raises(ModelError, match="The key was refused"):
        run(Work(range(100), call, 4), kept)

    assert sorted(one["item"] for one in kept) == [0, 1, 2, 3, 4]
    assert sorted(cancelled) == [6, 7, 8]


def test_an_error_of_the_source_comes_out() -> None:
    """Items that cannot be read stop the run with their own error; those before it are answered or left."""

    def source() -> Iterator[int]:
        yield from range(2 * AHEAD)
        raise InputError("The sample cannot be read.")

    kept = Kept()
    with pytest.raises(InputError, match="cannot be read"):
        run(Work(source(), quick, 1), kept)

    assert [one["item"] for one in kept] == list(range(len(kept)))
    assert len(kept) >= AHEAD


@pytest.mark.parametrize(("kept", "words"), [(Kept(room=10), "is full"), (Kept(sick=10), "is broken")])
def test_a_disk_that_takes_no_more_stops_the_run_at_once(kept: Kept, words: str) -> None:
    """Nobody goes on paying for answers that cannot be kept, and none of them is counted."""
    seen: list[int] = []

    with pytest.raises(InputError, match=words):
        run(Work(range(10_000), quick, 3), kept, seen=seen)

    assert len(kept) <= 10 + 16 + 3
    assert (seen or [0])[-1] == [0, *kept.safe][-1] <= 10


def test_a_stop_lets_what_is_in_flight_finish() -> None:
    """After the request to stop nothing new begins, and everything begun is kept."""
    begun: list[int] = []

    async def call(item: int) -> Row:
        begun.append(item)
        await asyncio.sleep(0.01)
        return row(item)

    kept = Kept()
    run(Work(range(1_000), call, 4), kept, stop=lambda: len(begun) >= 20)

    assert sorted(begun) == sorted(one["item"] for one in kept)
    assert 20 <= len(begun) < 24


def test_ctrl_c_keeps_what_arrived() -> None:
    """An interrupt loses what is in flight only."""

    async def call(item: int) -> Row:
        if item == 30:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(60)
        return row(item)

    kept = Kept()
    with pytest.raises(KeyboardInterrupt):
        run(Work(range(100), call, 1), kept)

    assert list(range(30)) == [one["item"] for one in kept]


def test_a_stop_is_heard_while_everybody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that were not sent yet give up; they are no outcomes, and nothing new begins."""
    monkeypatch.setattr(runner, "BEAT_S", 0.01)
    given_up = asyncio.Event()
    begun: list[int] = []

    async def call(item: int) -> Row | None:
        begun.append(item)
        if item < 2:
            return row(item)
        await given_up.wait()
        return None

    kept = Kept()
    tally = run(Work(range(100), call, 4, given_up.set), kept, stop=lambda: len(begun) >= 6)

    assert [one["item"] for one in kept] == [0, 1]
    assert (tally.rows, len(begun)) == (2, 6)
