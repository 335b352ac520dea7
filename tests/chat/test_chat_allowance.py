"""Limits per minute: never exceeded in any minute, nearly used up, and those that headers tell."""

from __future__ import annotations

import pytest

from deploysim.chat.allowance import Allowance, exhausted_s


def begin_times(allowance: Allowance, *, late_s: float, seconds: float, amount: float = 1.0) -> list[float]:
    """Begin a call whenever that is allowed, each a little late, as timers are."""
    times, now = [], 0.0
    while now < seconds:
        now += allowance.wait_s(now) + late_s
        times.append(now)
        allowance.take(amount, now)
    return times


@pytest.mark.parametrize("per_minute", [1, 7, 60, 600, 6_000])
@pytest.mark.parametrize("late_s", [1e-6, 0.003])
def test_no_minute_sees_more(per_minute: int, late_s: float) -> None:
    """Wherever a minute begins, no more calls begin in it than allowed, and hardly fewer."""
    times = begin_times(Allowance(per_minute), late_s=late_s, seconds=300)

    most = max(sum(1 for t in times if start <= t < start + 60) for start in [0.0, *times[:: max(1, len(times) // 50)]])
    assert most <= per_minute
    assert len(times) >= 0.95 * 5 * per_minute


def test_idle_time_is_not_saved_up() -> None:
    """After an hour without a call there is no burst of an hour's calls."""
    allowance = Allowance(60)
    allowance.take(1, 0.0)
    now = 3_600.0
    burst = 0
    while allowance.wait_s(now) == 0:
        allowance.take(1, now)
        burst += 1

    assert burst <= 2


def test_tokens_are_corrected_when_they_are_known() -> None:
    """A call that took more than expected makes the next one wait longer."""
    allowance = Allowance(6_100)
    allowance.take(100, 1_000.0)
    before = allowance.wait_s(1_000.0)
    allowance.correct(200)

    assert before == pytest.approx(0.0)
    assert allowance.wait_s(1_000.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 0.0),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "9s"}, 0.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"}, 9.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 60.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "4h0m0s"}, 60.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7"}, 7.0),
        ({"x-ratelimit-remaining-requests": "0"}, 0.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"}, 0.0),
        ({"x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "9s"}, 0.0),
        ({"x-ratelimit-remaining-tokens": "399", "x-ratelimit-reset-tokens": "6s"}, 6.0),
        ({"x-ratelimit-remaining-tokens": "401", "x-ratelimit-reset-tokens": "6s"}, 0.0),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "5s",
            },
            5.0,
        ),
    ],
)
def test_headers_say_when_nothing_is_left(headers: dict[str, str], wait: float) -> None:
    """Only where something has run out, for as long as it says, and never for hours."""
    assert exhausted_s(headers, tokens=400) == pytest.approx(wait)
