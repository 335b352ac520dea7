"""The arcsine scale y = 2 arcsin(sqrt(rate)), on which the noise of a rate does not depend on the rate.

A share seen in n independent observations has variance close to 1 / n there, at rare and at common rates alike
(Anscombe 1948, doi:10.1093/biomet/35.3-4.246), a flat prior there is Jeffreys' prior of a rate, and a small step of y is
sqrt(rate (1 - rate)) times the same step of the log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Floats

_OFFSET = 0.25
"""With it the mean rate of the normal posterior on this scale is close to Jeffreys' (k + 1/2) / (n + 1)."""


@dataclass(frozen=True, slots=True)
class RateMoments:
    """Mean and variance of a rate."""

    mean: Floats
    variance: Floats


def to_arcsine(present: Floats | float, n: Floats | float) -> Floats:
    """Arcsine scale of `present` out of `n`, both possibly fractional; never quite at an end of the scale."""
    return np.asarray(2.0 * np.arcsin(np.sqrt((present + _OFFSET) / (n + 2.0 * _OFFSET))))


def to_rate(y: Floats) -> Floats:
    """Rate of a value on the arcsine scale; values beyond an end of the scale are reflected there."""
    return np.asarray(np.sin(y / 2.0) ** 2)


def log_odds(y: Floats) -> Floats:
    """Log-odds of a value on the arcsine scale."""
    return np.asarray(2.0 * np.log(np.abs(np.tan(y / 2.0))))


def slope(y: Floats) -> Floats:
    """How much y moves when the log-odds move by one: sqrt(rate (1 - rate))."""
    return np.asarray(np.abs(np.sin(y)) / 2.0)


def rate_moments(mean: Floats, variance: Floats, weights: Floats) -> RateMoments:
    """Exact mean and variance of the rate when y is a mixture of normals.

    All arguments have the components on the last axis; `weights` add up to 1 there. From rate = (1 - cos y) / 2 and
    E cos(a y) = exp(-a^2 variance / 2) cos(a mean).
    """
    first = (weights * np.exp(-variance / 2.0) * np.cos(mean)).sum(axis=-1)
    second = (weights * np.exp(-2.0 * variance) * np.cos(2.0 * mean)).sum(axis=-1)
    return RateMoments(mean=(1.0 - first) / 2.0, variance=((1.0 + second) / 2.0 - first**2) / 4.0)
