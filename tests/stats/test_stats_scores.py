"""Scores of forecasts, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from deploysim.stats.scores import (
    binomial_nll,
    brier,
    coverage,
    direction_right,
    log_loss,
    mean_difference,
    regret,
    symmetric_error,
)


def array(*values: float) -> np.ndarray:
    """Short for an array of numbers."""
    return np.array(values, dtype=float)


def test_symmetric_error() -> None:
    """Twice and half the rate are equally wrong."""
    assert symmetric_error(array(0.2, 0.1, 0.3), array(0.1, 0.2, 0.3)).tolist() == [2.0, 2.0, 1.0]


def test_direction() -> None:
    """Same side of 1 is right, the other side and no change are wrong, and nothing to hit is no case."""
    right = direction_right(array(1.1, 0.8, 1.0, 2.0), array(3.0, 1.2, 2.0, 1.0))

    assert right[:3].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(right[3])


def test_nll_and_regret() -> None:
    """The library's binomial, and the regret is 0 at the realised rate only; rates of 0 and 1 are allowed."""
    present, n = array(3, 0, 5), array(20, 10, 5)

    assert -binom.logpmf([3, 0, 5], [20, 10, 5], [0.1, 0.0, 1.0]) == pytest.approx(
        binomial_nll(array(0.1, 0.0, 1.0), present, n)
    )
    assert pytest.approx([0.0, 0.0, 0.0]) == regret(present / n, present, n)
    assert regret(array(0.1, 0.1, 0.5), present, n).min() > 0.0
    assert binomial_nll(array(0.0), array(1.0), array(5.0))[0] == np.inf


def test_log_loss_by_hand() -> None:
    """One of four under 1/2 costs ln 2 a response; under its own rate of 1/4 it costs the entropy."""
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))

    assert pytest.approx([np.log(2), entropy]) == log_loss(array(0.5, 0.25), array(1, 1), array(4, 4))


def test_coverage_and_brier() -> None:
    """Ends count as held; (0.9 - 1)^2 and (0.2 - 0)^2 average to 0.025; nothing gives NaN."""
    assert coverage(array(0.1, 0.1, 0.3), array(0.2, 0.2, 0.4), array(0.2, 0.3, 0.35)) == pytest.approx(2 / 3)
    assert pytest.approx(0.025) == brier(array(0.9, 0.2), np.array([True, False]))
    assert np.isnan(brier(array(), np.array([], dtype=bool)))


def test_mean_difference_by_hand() -> None:
    """Two releases of two categories, better by 1 and by 3 in sum: mean -1; both signs agree in 2 of 4 flips."""
    ours, theirs = array(1, 1, 1, 1), array(1, 2, 2, 3)
    found = mean_difference(ours, theirs, clusters=np.array([0, 0, 1, 1]), level=0.9, seed=1)

    assert (found.mean, found.test.p_value) == (-1.0, 0.5)
    assert (found.low, found.high) == (-1.5, -0.5)


def test_mean_difference_covers() -> None:
    """Over seeded worlds with rows that go together, about nine in ten intervals hold the true difference of 0.2."""
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(40), 5)
    held, rejected = [], []
    for seed in range(200):
        theirs = np.zeros(200)
        ours = 0.2 + rng.normal(size=40)[clusters] + rng.normal(size=200)
        found = mean_difference(ours, theirs, clusters=clusters, level=0.9, seed=seed)
        held.append(found.low <= 0.2 <= found.high)
        shifted = mean_difference(ours - 0.2, theirs, clusters=clusters, level=0.9, seed=seed)
        rejected.append(shifted.test.p_value < 0.1)

    assert 0.84 <= np.mean(held) <= 0.94
    assert 0.05 <= np.mean(rejected) <= 0.15
