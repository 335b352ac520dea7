"""The gate of all calls: no more than the width, none while a limit holds, and none after a stop."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from deploysim.chat.pace import GivenUpError, Pace
from deploysim.chat.width import Width


def timed(pace: Pace, calls: int, *, tokens: float = 0.0) -> list[float]:
    """Let calls pass the gate and return when each began, in seconds since the first."""
    began: list[float] = []

    async def call() -> None:
        await pace.begin(tokens)
        began.append(time.monotonic())
        pace.end()

    async def all_of_them() -> None:
        await asyncio.gather(*(call() for _ in range(calls)))

    asyncio.run(all_of_them())
    return [one - began[0] for one in began]


def test_no_more_calls_than_the_width_are_in_flight() -> None:
    """However many want to begin at once, and all of them get their turn."""
    pace, running, seen = Pace(Width(3)), 0, []

    async def call() -> None:
        nonlocal running
        await pace.begin()
        running += 1
        seen.append(running)
        await asyncio.sleep(0.001)
        running -= 1
        pace.end()

    async def all_of_them() -> None:
        await asyncio.gather(*(call() for _ in range(30)))

    asyncio.run(all_of_them())
    assert (len(seen), max(seen)) == (30, 3)


def test_requests_a_minute_are_spread() -> None:
    """At 1,220 a minute one begins every twentieth of a second, but for the second's worth that may be caught up."""
    began = timed(Pace(Width(64), requests_per_minute=1_220), 30)

    assert all(one >= n * 0.05 - 1.0 for n, one in enumerate(began))
    assert 0.4 < began[29] < 20


def test_tokens_a_minute_are_spread() -> None:
    """A call of many tokens lets the next one wait, however many slots are free."""
    began = timed(Pace(Width(64), tokens_per_minute=610_000), 8, tokens=3_000)

    assert all(one >= n * 0.3 - 1.0 for n, one in enumerate(began))
    assert 1.0 < began[7] < 20


def test_a_hold_is_for_everybody() -> None:
    """While a server asks one call to wait, no other begins; the longest request counts."""

    async def held() -> list[float]:
        pace = Pace(Width(8))
        started = time.monotonic()
        pace.hold(0.2)
        pace.hold(0.05)

        async def call() -> float:
            await pace.begin()
            pace.end()
            return time.monotonic() - started

        assert pace.waits_s == 0.0
        calls = [asyncio.create_task(call()) for _ in range(20)]
        await asyncio.sleep(0)
        assert 0.0 < pace.waits_s <= 0.2
        return await asyncio.gather(*calls)

    assert min(asyncio.run(held())) >= 0.2


def test_a_call_that_is_tried_again_goes_first() -> None:
    """Those that wait for their first try wait longer, so that none is left half done."""

    async def order() -> list[str]:
        pace, begun = Pace(Width(1)), []

        async def call(name: str, *, again: bool) -> None:
            await pace.begin(again=again)
            begun.append(name)
            pace.end()

        await pace.begin()
        waiting = [asyncio.create_task(call(name, again=name == "again")) for name in ("a", "b", "again")]
        await asyncio.sleep(0)
        pace.end()
        await asyncio.gather(*waiting)
        return begun

    assert asyncio.run(order()) == ["again", "a", "b"]


@pytest.mark.parametrize(("held", "given_up"), [(False, [True, False, True, False]), (True, [True] * 4)])
def test_a_stop_gives_up_what_was_not_sent(held: bool, given_up: list[bool]) -> None:
    """Calls that were sent before come to their end, unless a limit is in their way; in line or yet to come alike."""

    async def stopped() -> list[Any]:
        pace = Pace(Width(1))
        await pace.begin()
        if held:
            pace.hold(60)

        async def call(*, again: bool) -> None:
            await pace.begin(again=again)
            pace.end()

        in_line = [asyncio.create_task(call(again=again)) for again in (False, True)]
        await asyncio.sleep(0)
        pace.close()
        yet_to_come = [asyncio.create_task(call(again=again)) for again in (False, True)]
        await asyncio.sleep(0)
        pace.end()
        found = await asyncio.gather(*in_line, *yet_to_come, return_exceptions=True)
        return [isinstance(one, GivenUpError) for one in found]

    assert asyncio.run(stopped()) == given_up


def test_a_cancelled_call_takes_no_slot_with_it() -> None:
    """Whether it was still in line or just let in, its slot goes to the next."""

    async def cancelled() -> int:
        pace = Pace(Width(1))
        await pace.begin()
        in_line, let_in, last = (asyncio.create_task(pace.begin()) for _ in range(3))
        await asyncio.sleep(0)
        in_line.cancel()
        pace.end()
        let_in.cancel()
        await asyncio.wait_for(last, 1)
        pace.end()
        await asyncio.gather(in_line, let_in, return_exceptions=True)
        return pace._running

    assert asyncio.run(cancelled()) == 0
