"""Predictive distributions of counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, betabinom, binom

from deploysim.stats.predictive import BetaBinomial, predict


def array(*values: float) -> np.ndarray:
    """Short for an array of numbers."""
    return np.array(values, dtype=float)


def test_nll_by_hand() -> None:
    """Under Beta(1, 1) every count of 0..n is equally likely: 1 / (n + 1)."""
    flat = BetaBinomial(array(4, 4, 9), array(1, 1, 1), array(1, 1, 1))

    assert pytest.approx(np.log([5, 5, 10])) == flat.nll(array(0, 3, 9))


def test_nll_is_scipys() -> None:
    """On random distributions it equals the slower library function."""
    rng = np.random.default_rng(1)
    n, a, b = rng.integers(5, 900, 200), rng.uniform(0.3, 90, 200), rng.uniform(0.3, 900, 200)
    k = betabinom.rvs(n, a, b, random_state=2)

    ours = BetaBinomial(n.astype(float), a, b).nll(k.astype(float))
    assert -betabinom.logpmf(k, n, a, b) == pytest.approx(ours)


def test_held_by_hand() -> None:
    """Ten equally likely counts and a level of 0.9: the outer two lie half within, all others wholly."""
    flat = BetaBinomial(np.full(10, 9.0), np.ones(10), np.ones(10))

    assert pytest.approx([0.5, *[1.0] * 8, 0.5]) == flat.held(np.arange(10.0), level=0.9)


@pytest.mark.parametrize(("n", "mean", "total"), [(60, 0.02, 50.0), (400, 0.3, 200.0), (5_000, 0.9, 90.0)])
def test_held_averages_to_the_level(n: int, mean: float, total: float) -> None:
    """Over the distribution's own counts, small ones and large ones alike, the level is met."""
    a, b = mean * total, (1 - mean) * total
    k = betabinom.rvs(n, a, b, size=40_000, random_state=3).astype(float)

    held = BetaBinomial(np.full(k.size, float(n)), np.full(k.size, a), np.full(k.size, b)).held(k, level=0.9)
    assert pytest.approx(0.9, abs=0.006) == held.mean()


def test_whole_variance_is_matched() -> None:
    """n = 100 at 0.2 with a posterior variance of 0.001 and a design effect of 3: 100 * 0.16 * 3 + 100^2 * 0.001 = 58."""
    ahead = predict(array(0.2), array(0.001), n=array(100), effect=array(3))

    mean, variance = betabinom.stats(100, ahead.a[0], ahead.b[0])
    assert pytest.approx((20.0, 58.0), rel=0.02) == (float(mean), float(variance))


def test_certain_rate_is_binomial() -> None:
    """Without doubt and clusters the distribution is binomial."""
    ahead = predict(array(0.2), array(0.0), n=array(50), effect=array(1))

    assert -binom.logpmf(7, 50, 0.2) == pytest.approx(float(ahead.nll(array(7))[0]), abs=1e-4)


def test_jeffreys_posterior_is_kept() -> None:
    """The posterior's own mean and variance give the beta-binomial of that posterior, to a hundredth."""
    a, b = 7.5, 93.5
    ahead = predict(array(beta.mean(a, b)), array(beta.var(a, b)), n=array(200), effect=array(1))

    assert -betabinom.logpmf(11, 200, a, b) == pytest.approx(float(ahead.nll(array(11))[0]), abs=0.01)
