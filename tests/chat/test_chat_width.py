"""The width: small at first, wide where that pays, narrower where a server says or shows that it is too much."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from deploysim.chat.width import START, Width

Latency = Callable[[Random, float], float]
"""Seconds that a call takes which begins at a time."""


@dataclass
class Queue:
    """A server with so many slots, each busy for about so long with one call; the others wait."""

    slots: int
    seconds: float

    def __post_init__(self) -> None:
        self.free = [0.0] * self.slots

    def __call__(self, random: Random, now: float) -> float:
        begins = max(now, heapq.heappop(self.free))
        heapq.heappush(self.free, begins + self.seconds * random.uniform(0.5, 1.5))
        return begins + self.seconds * random.uniform(0.5, 1.5) - now


@dataclass
class Client:
    """A client that is busy itself for a while with each call, whatever the server does meanwhile."""

    think_s: float
    busy_s: float
    free: float = 0.0

    def __call__(self, random: Random, now: float) -> float:
        self.free = max(self.free, now) + self.busy_s
        return self.free - now + self.think_s * random.uniform(0.5, 1.5)


def uniform(low: float, high: float) -> Latency:
    return lambda random, now: random.uniform(low, high)


def skewed(random: Random, now: float) -> float:
    """A few answers are ten times as long as most."""
    return random.lognormvariate(1, 1)


def simulate(width: Width | int, latency: Latency, seconds: float, *, most: float = 1e9) -> dict[str, float]:
    """Keep a server busy for so long, no more calls than `most` a second, and return what came of it."""
    random, calls, now, due, held, number = Random(1), [], 0.0, -1.0, 0.0, 0
    counts: dict[str, float] = {"answers": 0, "refused": 0, "mean": 0, "ended": 0}
    while now < seconds:
        while len(calls) < (width if isinstance(width, int) else width.size) and now >= held:
            number, due = number + 1, max(due, now - 1)
            refused = due > now
            due += 0 if refused else 1 / most
            heapq.heappush(calls, (now + (0.05 if refused else latency(random, now)), number, now, refused))
        if not calls:
            now = held
            continue
        now, _, began, refused = heapq.heappop(calls)
        counts["refused" if refused else "answers"] += 1
        held = now + 0.5 if refused else held
        if isinstance(width, Width):
            if refused:
                width.refused(began=began, now=now)
            else:
                width.answered(now - began, now=now, waited_for=True)
            counts["mean"] += width.size
    ended = counts["answers"] + counts["refused"]
    return {**counts, "mean": counts["mean"] / ended}


@pytest.mark.parametrize(
    ("server", "seconds"),
    [
        (lambda: uniform(0.02, 0.06), 30),
        (lambda: uniform(0.5, 1.5), 60),
        (lambda: skewed, 300),
        (lambda: Client(0.04, 0.0022), 30),
        (lambda: Queue(8, 2.0), 300),
        (lambda: Queue(64, 2.0), 200),
    ],
    ids=["fast", "slow", "skewed", "client", "8 slots", "64 slots"],
)
@pytest.mark.parametrize("ceiling", [1, 8, 64, 512])
def test_seeking_the_width_costs_nothing(server: Callable[[], Latency], seconds: float, ceiling: int) -> None:
    """Whatever limits a server, it gives at least 95 % of what it gives when all calls are in flight from the start."""
    full = simulate(ceiling, server(), seconds)
    sought = simulate(Width(ceiling), server(), seconds)

    assert sought["answers"] >= 0.95 * full["answers"]


def test_it_begins_modestly_and_never_passes_its_ceiling() -> None:
    """The first calls are few; a low ceiling holds from the start."""
    assert START == Width(512).size == 32
    low = Width(5)
    for n in range(500):
        low.answered(1.0, now=n / 5, waited_for=True)

    assert low.size == 5


def test_it_grows_only_while_calls_wait_for_a_slot() -> None:
    """A run that is limited by something else learns nothing about a wider width."""
    idle, busy = Width(512), Width(512)
    for n in range(10):
        idle.answered(1.0, now=n / 32, waited_for=False)
        busy.answered(1.0, now=n / 32, waited_for=True)

    assert (idle.size, busy.size) == (32, 52)


@pytest.mark.parametrize(("server", "enough"), [(Queue(8, 2.0), 16), (Client(0.04, 0.0022), 20)])
def test_it_stops_growing_where_more_brings_nothing(server: Latency, enough: int) -> None:
    """A server that works on few calls at a time is not sent hundreds of them."""
    found = simulate(Width(2_000), server, 300)

    assert enough <= found["mean"] <= 16 * enough


@pytest.mark.parametrize("most", [2.0, 20.0, 200.0])
def test_a_rate_limit_is_found(most: float) -> None:
    """Few calls are refused, and nearly all that the limit allows are made."""
    found = simulate(Width(512), uniform(0.5, 1.5), 300, most=most)
    blind = simulate(512, uniform(0.5, 1.5), 300, most=most)

    assert found["answers"] >= 0.9 * most * 300
    assert found["refused"] < 0.01 * blind["refused"]


def test_calls_in_flight_together_are_cut_for_once() -> None:
    """Thirty calls that meet one limit are one piece of news; the next limit is another."""
    width = Width(512)
    for _ in range(30):
        width.refused(began=0.0, now=1.0)
    assert width.size == 22

    width.refused(began=1.5, now=2.0)
    assert width.size == 15


def test_an_outage_closes_down_and_single_errors_do_not() -> None:
    """Errors one after another leave one call at a time; one error in twenty answers leaves the width as it is."""
    gone, shaky = Width(64), Width(64)
    for n in range(200):
        gone.failed()
        shaky.answered(1.0, now=n / 32, waited_for=True)
        if n % 20 == 0:
            shaky.failed()

    assert gone.size == 1
    assert shaky.size >= 60


def test_rising_latency_narrows_it_and_calm_widens_it_again() -> None:
    """A server that takes thrice as long as usual gets fewer calls, and gets them back when it is as fast as before."""
    width, now = Width(64), 0.0

    def answers(count: int, latency: float) -> int:
        nonlocal now
        for _ in range(count):
            now += latency / width.size
            width.answered(latency, now=now, waited_for=True)
        return width.size

    sizes = {"calm": answers(1_000, 1.0), "slow": answers(200, 3.0), "calm again": answers(2_000, 1.0)}

    assert sizes["calm"] >= 48
    assert sizes["slow"] <= 0.7 * sizes["calm"]
    assert sizes["calm again"] >= 0.9 * sizes["calm"]


def test_a_lasting_slowness_becomes_the_usual() -> None:
    """A server that stays slow is not squeezed for ever."""
    width, now = Width(64), 0.0
    for latency in [1.0] * 500 + [3.0] * 3_000:
        now += latency / width.size
        width.answered(latency, now=now, waited_for=True)

    assert width.size >= 40
