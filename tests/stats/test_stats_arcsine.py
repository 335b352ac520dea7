"""The arcsine scale of rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from deploysim.stats.arcsine import log_odds, rate_moments, slope, to_arcsine, to_rate


def test_scale_by_hand() -> None:
    """A half is pi / 2, a quarter pi / 3; with 1/4 added, 1 of 3 is 1.25 of 3.5."""
    assert pytest.approx([0.5, 0.25]) == to_rate(np.array([np.pi / 2, np.pi / 3]))
    assert pytest.approx(float(to_rate(to_arcsine(1.0, 3.0)))) == 1.25 / 3.5
    assert pytest.approx([0.0, np.log(1 / 3)]) == log_odds(np.array([np.pi / 2, np.pi / 3]))
    assert pytest.approx([0.5, np.sqrt(3 / 16)]) == slope(np.array([np.pi / 2, np.pi / 3]))


def test_ends_reflect() -> None:
    """Values beyond an end of the scale stand for rates near it."""
    assert pytest.approx(to_rate(np.array([0.1, np.pi - 0.1]))) == to_rate(np.array([-0.1, np.pi + 0.1]))


@pytest.mark.parametrize(("present", "n"), [(0, 50), (1, 50), (5, 5_000), (25, 50)])
def test_normal_posterior_is_close_to_jeffreys(present: int, n: int) -> None:
    """Mean and 5th, 50th, 95th percentile of Normal(y, 1 / n) agree with Beta(k + 1/2, n - k + 1/2), to half an event."""
    centre = to_arcsine(float(present), float(n))
    moments = rate_moments(np.array([centre]), np.array([1.0 / n]), np.ones(1))
    draws = to_rate(centre + np.random.default_rng(1).standard_normal(200_000) / np.sqrt(n))

    assert pytest.approx((present + 0.5) / (n + 1), abs=0.05 / n) == float(moments.mean)
    levels = [0.05, 0.5, 0.95]
    expected = beta.ppf(levels, present + 0.5, n - present + 0.5)
    assert expected == pytest.approx(np.quantile(draws, levels), abs=0.3 / n, rel=0.02)


def test_moments_of_a_mixture() -> None:
    """Closed form equals the mean and variance of many draws."""
    mean, variance, weights = np.array([0.3, 1.2]), np.array([0.02, 0.1]), np.array([0.7, 0.3])
    rng = np.random.default_rng(2)
    chosen = rng.choice(2, size=400_000, p=weights)
    draws = to_rate(rng.normal(mean[chosen], np.sqrt(variance[chosen])))

    moments = rate_moments(mean, variance, weights)
    assert pytest.approx(draws.mean(), rel=0.01) == float(moments.mean)
    assert pytest.approx(draws.var(), rel=0.02) == float(moments.variance)
