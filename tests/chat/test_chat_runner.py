"""The runner: bounded, lazy, every outcome safe before it counts, and a clean end whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from deploysim.chat import runner
from deploysim.chat.runner import Row, RunTally, Work, run_calls
from deploysim.errors import InputError, ModelError


def row(item: int, **changes: Any) -> Row:
    return {"item": item, "status": "ok", "prompt_tokens": 2, "completion_tokens": 1, "failure_kind": None, **changes}


class Kept(list[Row]):
    """Keeps rows in memory, as safe as a disk; refuses to once it holds `room`."""

    def __init__(self, room: int = 10**9) -> None:
        self.room = room
        self.groups: list[int] = []

    def append(self, rows: Iterable[Row]) -> None:  # type: ignore[override]
        group = list(rows)
        if len(self) + len(group) > self.room:
            raise InputError("The disk is full.")
        self.groups.append(len(group))
        self.extend(group)


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


def test_items_are_taken_as_workers_become_free() -> None:
    """No more items are taken from the source than are in flight, and no more are in flight than allowed."""
    taken = answered = widest = 0

    def source() -> Iterator[int]:
        nonlocal taken
        for item in range(1_000):
            taken += 1
            yield item

    async def call(item: int) -> Row:
        nonlocal answered, widest
        widest = max(widest, taken - answered)
        await asyncio.sleep(0)
        answered += 1
        return row(item)

    run(Work(source(), call, 5), Kept())

    assert widest == 5


def test_outcomes_are_kept_in_groups_and_reported_after() -> None:
    """One write serves many outcomes, and progress only ever counts what is safe."""
    kept, seen = Kept(), []

    run(Work(range(300), quick, 50), kept, seen=seen)

    assert len(kept.groups) < 100
    assert sorted(seen) == seen
    assert seen[-1] == 300


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
    """Items that cannot be read stop the run with their own error."""

    def source() -> Iterator[int]:
        yield 1
        raise InputError("The sample cannot be read.")

    kept = Kept()
    with pytest.raises(InputError, match="cannot be read"):
        run(Work(source(), quick, 1), kept)

    assert [one["item"] for one in kept] == [1]


def test_a_full_disk_stops_the_run_at_once() -> None:
    """Nobody goes on paying for answers that cannot be kept, and none of them is counted."""
    kept, seen = Kept(room=10), []

    with pytest.raises(InputError, match="The disk is full"):
        run(Work(range(10_000), quick, 3), kept, seen=seen)

    assert len(kept) <= 10
    assert len(kept) == (seen or [0])[-1]


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
