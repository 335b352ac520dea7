"""One rate: point, interval and bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deploysim.stats.clusters import design_effect
from deploysim.stats.rates import (
    Bounds,
    interval_per_100k,
    jeffreys_interval,
    jeffreys_point,
    per_100k,
    undetermined_bounds,
)
from deploysim.types import Interval


@pytest.mark.parametrize(
    ("present", "n", "expected"),
    [
        (0, 0, None),
        (0, 9, 0.05),  # 0.5 / 10
        (3, 9, 0.35),  # 3.5 / 10
        (9, 9, 0.95),
        (1.5, 4, 0.4),  # effective counts: 2 / 5
    ],
)
def test_point_is_jeffreys(present: float, n: float, expected: float | None) -> None:
    """The point estimate is (present + 1/2) / (n + 1), never 0, and unknown without observations."""
    assert expected == (pytest.approx(jeffreys_point(present, n)) if n else jeffreys_point(present, n))


def test_nothing_seen_gives_an_upper_bound() -> None:
    """With none of one seen, 90 % of Beta(1/2, 3/2) lies below the bound; its CDF has a closed form."""
    interval = jeffreys_interval(0, 1, level=0.9)

    x = interval.high
    cdf = (2 / math.pi) * (math.asin(math.sqrt(x)) + math.sqrt(x * (1 - x)))
    assert interval.low == 0.0
    assert pytest.approx(cdf) == 0.9


def test_only_seen_mirrors_nothing_seen() -> None:
    """All present is none absent."""
    none, every = jeffreys_interval(0, 20, level=0.9), jeffreys_interval(20, 20, level=0.9)

    assert (1.0 - none.high, 1.0) == pytest.approx((every.low, every.high))


def test_interval_is_equal_tailed() -> None:
    """One of two seen: Beta(3/2, 3/2) is symmetric, and each tail holds 5 % by direct integration of its density."""
    interval = jeffreys_interval(1, 2, level=0.9)

    grid = np.linspace(0.0, interval.low, 200_001)
    density = (8 / math.pi) * np.sqrt(grid * (1 - grid))
    assert pytest.approx(interval.low + interval.high) == 1.0
    assert pytest.approx(np.trapezoid(density, grid), abs=1e-6) == 0.05


def test_no_observations_give_no_interval() -> None:
    """Unknown is not zero."""
    assert jeffreys_interval(0, 0, level=0.9) is None
    assert interval_per_100k(None) is None
    assert per_100k(None) is None
    assert undetermined_bounds(0, 0, 0) is None


def test_undetermined_outcomes_bound_the_share() -> None:
    """3 of 10 with 2 undetermined: at least 3/12, at most 5/12; all undetermined: anything."""
    assert Bounds(3 / 12, 5 / 12) == undetermined_bounds(3, 10, 2)
    assert Bounds(0.0, 1.0) == undetermined_bounds(0, 0, 7)


def test_per_100k_scales_both_ends() -> None:
    """A share of 0.002 is 200 per 100,000."""
    assert pytest.approx(per_100k(0.002)) == 200.0
    assert Interval(100.0, 300.0, 0.9) == interval_per_100k(Interval(0.001, 0.003, 0.9))


@pytest.mark.parametrize(("centre", "n"), [(0.1, 300), (0.01, 1_000)])
@pytest.mark.parametrize("size", [1, 4])
def test_interval_covers(centre: float, n: int, size: int) -> None:
    """90 % intervals hold the truth 87-93 % of the time, for rates spread log-normally around the centre.

    Members of clusters of 4 copy one draw of their cluster with a probability that is uniform over worlds.
    """
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(n // size), size)
    held = []
    for truth in centre * np.exp(rng.normal(0.0, 0.5, size=1_000)):
        shared, own = rng.random(n // size)[clusters] < truth, rng.random(n) < truth
        flags = np.where(rng.random(n) < (rng.random() if size > 1 else 0.0), shared, own).astype(float)
        worth = n / design_effect(flags - flags.mean(), weights=np.ones(n), clusters=clusters)
        interval = jeffreys_interval(flags.mean() * worth, worth, level=0.9)
        held.append(interval.low <= truth <= interval.high)

    coverage = np.mean(held)
    assert 0.87 <= coverage <= 0.93, coverage
