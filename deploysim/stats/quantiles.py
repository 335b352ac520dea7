"""A distribution kept as some of its quantiles, and probabilities read back from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from deploysim.stats.clusters import Floats

LEVELS: Floats = np.array([0.001, 0.002, 0.005, 0.01, *(np.arange(1, 40) / 40.0), 0.99, 0.995, 0.998, 0.999])
"""Probabilities at which quantiles are kept. What lies beyond the ends is not told apart."""


def quantiles(draws: Floats) -> tuple[float, ...]:
    """Return the quantiles of draws at LEVELS."""
    return tuple(float(value) for value in np.quantile(draws, LEVELS))


def probability_below(kept: Sequence[float], value: float) -> float:
    """Probability that a positive quantity lies below a positive value, from its quantiles at LEVELS.

    Between two quantiles it is linear in the logarithm of the value; beyond the ends it is that of the end.
    """
    return float(np.interp(np.log(value), np.log(np.maximum(kept, 1e-300)), LEVELS))


def from_interval(median: float, low: float, high: float, *, level: float) -> tuple[float, ...]:
    """Guess the quantiles of a positive quantity from its median and central interval: log-normal on either side."""
    reach = ndtri((1.0 + level) / 2.0)
    z = ndtri(LEVELS)
    side = np.where(z < 0.0, np.log(median / low), np.log(high / median)) / reach
    return tuple(float(value) for value in median * np.exp(z * side))


def draws_of(kept: Sequence[float], *, draws: int, seed: int) -> Floats:
    """Draw from a distribution that is kept as quantiles at LEVELS; tails end at the outermost ones."""
    chosen = np.random.default_rng(seed).random(draws)
    return np.asarray(np.exp(np.interp(chosen, LEVELS, np.log(np.maximum(kept, 1e-300)))))
