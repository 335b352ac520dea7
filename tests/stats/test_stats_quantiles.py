"""A distribution kept as quantiles gives its probabilities back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm

from deploysim.stats.quantiles import LEVELS, draws_of, from_interval, probability_below, quantiles


def test_forecasts_on_disk_hold_quantiles_at_these_levels() -> None:
    """A change of LEVELS would make old forecasts say something else."""
    assert LEVELS.size == 47
    assert (LEVELS[0], LEVELS[4], LEVELS[23], LEVELS[-1]) == (0.001, 0.025, 0.5, 0.999)


@pytest.mark.parametrize("value", [0.2, 0.5, 1.0, 1.5, 4.0])
def test_probabilities_come_back(value: float) -> None:
    """Within half a point of a log-normal's own distribution function."""
    draws = lognorm.rvs(0.8, size=200_000, random_state=np.random.default_rng(1))

    assert probability_below(quantiles(draws), value) == pytest.approx(lognorm.cdf(value, 0.8), abs=0.005)


def test_beyond_the_ends_nothing_is_told_apart() -> None:
    """A value far above all draws has the probability of the last quantile."""
    kept = quantiles(np.linspace(1.0, 2.0, 1_000))

    assert probability_below(kept, 100.0) == 0.999
    assert probability_below(kept, 0.001) == 0.001


def test_an_interval_is_turned_into_quantiles() -> None:
    """Median and ends of the interval are where they were; each side has its own width."""
    kept = from_interval(100.0, 50.0, 400.0, level=0.9)

    assert probability_below(kept, 100.0) == pytest.approx(0.5)
    assert probability_below(kept, 50.0) == pytest.approx(0.05)
    assert probability_below(kept, 400.0) == pytest.approx(0.95)


def test_draws_follow_the_quantiles() -> None:
    """Draws from kept quantiles have the median and the spread of the original."""
    drawn = draws_of(from_interval(10.0, 5.0, 20.0, level=0.9), draws=50_000, seed=1)

    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx([5.0, 10.0, 20.0], rel=0.03)
