"""One rate: how often something is seen, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betainc, betaincinv

from deploysim.types import Interval

PER_100K = 100_000.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a share can be at least and at most."""

    low: float
    high: float


def jeffreys_point(present: float, n: float) -> float | None:
    """Point estimate of a rate, (present + 1/2) / (n + 1), a share in 0..1.

    It is never 0, so it can stand on a log axis. None where n is 0. Counts may be fractional (effective counts).
    """
    if n <= 0:
        return None
    return (present + 0.5) / (n + 1.0)


def jeffreys_interval(present: float, n: float, *, level: float) -> Interval | None:
    """Interval of a rate from Jeffreys' posterior Beta(present + 1/2, n - present + 1/2), shares in 0..1.

    Equal-tailed (Brown, Cai, DasGupta 2001, Statistical Science 16:101). Where nothing was seen, or nothing else was,
    only the other end is informative and the interval is one-sided: from 0, or up to 1. None where n is 0.
    """
    if n <= 0:
        return None
    tail = (1.0 - level) / 2.0
    a, b = present + 0.5, n - present + 0.5
    if present <= 0:
        return Interval(0.0, float(betaincinv(a, b, level)), level)
    if present >= n:
        return Interval(float(betaincinv(a, b, 1.0 - level)), 1.0, level)
    return Interval(float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1.0 - tail)), level)


def jeffreys_below(point: float, n: float, limit: float) -> float:
    """Posterior probability that a rate lies below a limit, a share, from its Jeffreys point estimate out of n."""
    return float(betainc(point * (n + 1.0), (1.0 - point) * (n + 1.0), limit))


def undetermined_bounds(present: float, n: float, undetermined: float) -> Bounds | None:
    """Bound a share by giving every undetermined outcome the same value: all absent, all present.

    `n` counts present and absent, `undetermined` the rest (failures, unsure, not comparable). None where both are 0.
    """
    total = n + undetermined
    if total <= 0:
        return None
    return Bounds(present / total, (present + undetermined) / total)


def per_100k(share: float | None) -> float | None:
    """Turn a share in 0..1 into a rate per 100,000; unknown stays unknown."""
    return None if share is None else share * PER_100K


def interval_per_100k(interval: Interval | None) -> Interval | None:
    """Turn an interval of shares into one per 100,000."""
    if interval is None:
        return None
    return Interval(interval.low * PER_100K, interval.high * PER_100K, interval.level)
