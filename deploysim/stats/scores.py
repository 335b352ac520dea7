"""How good forecasts were: pure functions of what was forecast and what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from deploysim.stats.clusters import Bools, Floats, Ints
from deploysim.stats.significance import PairedTest, sign_flip_test

BOOTSTRAP = 2_000
"""Bootstrap samples behind the interval of a mean difference."""


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Mean loss of one method less that of another on the same rows; below 0 the first is better."""

    mean: float
    low: float
    high: float
    level: float
    test: PairedTest
    """Two-sided, that neither is better."""


def symmetric_error(forecast: Floats, realised: Floats) -> Floats:
    """Symmetric multiplicative error max(a / b, b / a) of rates above 0; 1 where they agree."""
    ratio = forecast / realised
    return np.asarray(np.maximum(ratio, 1.0 / ratio))


def direction_right(forecast_ratio: Floats, realised_ratio: Floats) -> Floats:
    """Whether forecast and realised ratio lie on the same side of 1: 1 or 0, NaN where nothing changed in fact.

    A forecast of exactly no change is never right.
    """
    right = np.sign(np.log(forecast_ratio)) == np.sign(np.log(realised_ratio))
    return np.where(realised_ratio == 1.0, np.nan, right.astype(np.float64))


def binomial_nll(rate: Floats, present: Floats, n: Floats) -> Floats:
    """Negative log probability, in nats, of `present` in `n` under a rate in 0..1; infinite where it rules it out."""
    choose = gammaln(n + 1.0) - gammaln(present + 1.0) - gammaln(n - present + 1.0)
    return np.asarray(-(choose + xlogy(present, rate) + xlogy(n - present, 1.0 - rate)))


def log_loss(rate: Floats, present: Floats, n: Floats) -> Floats:
    """Mean negative log probability of single responses, in nats, of which `present` in `n` show the behaviour.

    The binomial NLL without the number of orders that the responses may come in, which no forecast can change, over n.
    """
    return np.asarray(-(xlogy(present, rate) + xlogy(n - present, 1.0 - rate)) / n)


def regret(rate: Floats, present: Floats, n: Floats) -> Floats:
    """How much worse the binomial NLL is than that of the realised rate itself; at least 0, n above 0."""
    return binomial_nll(rate, present, n) - binomial_nll(present / n, present, n)


def coverage(low: Floats, high: Floats, realised: Floats) -> float:
    """Share of realised values within their intervals, ends included; NaN for none."""
    return _mean((low <= realised) & (realised <= high))


def brier(probability: Floats, happened: Bools) -> float:
    """Mean squared error of probabilities of events that did or did not happen; 1/4 for always saying 1/2; NaN for none."""
    return _mean((probability - happened) ** 2)


def mean_difference(ours: Floats, theirs: Floats, *, clusters: Ints, level: float, seed: int) -> MeanDifference:
    """Compare the losses of two methods on the same rows, at least one.

    `clusters` are codes 0, 1, ... of rows that go together, such as all categories of one release: they are drawn
    together for the interval (percentile bootstrap), and their summed differences are flipped together for the test.
    """
    difference = ours - theirs
    sums = np.bincount(clusters, weights=difference).astype(np.float64)
    sizes = np.bincount(clusters)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, sums.size, size=(BOOTSTRAP, sums.size))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return MeanDifference(
        mean=float(difference.mean()),
        low=float(low),
        high=float(high),
        level=level,
        test=sign_flip_test(sums, seed=seed),
    )


def _mean(values: Floats | Bools) -> float:
    return float(np.mean(values)) if values.size else float("nan")
