"""What a forecast of a rate says about a count to come: a beta-binomial distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaln, gammaln

from deploysim.stats.clusters import Bools, Floats

EXACT = 50
"""Up to so many events, or non-events, the distribution function is summed exactly; beyond, Beta with a correction."""
_LEAST_SPREAD, _MOST_SPREAD = 1e-9, 0.999


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """Predictive distributions of counts, one an element of the arrays."""

    n: Floats
    a: Floats
    b: Floats

    def nll(self, present: Floats) -> Floats:
        """Negative log probability of each count, in nats."""
        return np.asarray(
            betaln(self.a, self.b) - betaln(present + self.a, self.n - present + self.b) - _log_choose(self.n, present)
        )

    def held(self, present: Floats, *, level: float) -> Floats:
        """How far each count lies within the central interval of the given level: 1 inside, 0 outside.

        A count at an end of the interval is in with the share of its probability that the level covers. So the mean is
        `level` where the distributions are right, also for small counts, whose whole intervals would hold more.
        """
        below = self._below(present)
        mass = np.exp(-self.nll(present))
        tail = (1.0 - level) / 2.0
        inside = np.minimum(below + mass, 1.0 - tail) - np.maximum(below, tail)
        return np.asarray(np.clip(inside / np.maximum(mass, 1e-300), 0.0, 1.0))

    def _below(self, present: Floats) -> Floats:
        """P(count < present)."""
        flipped = present > self.n / 2.0
        count = np.where(flipped, self.n - present, present)
        a, b = np.where(flipped, self.b, self.a), np.where(flipped, self.a, self.b)
        below = _left_tail(self.n, a, b, count)
        return np.asarray(np.where(flipped, 1.0 - below - np.exp(-self.nll(present)), below))


def predict(mean: Floats, variance: Floats, *, n: Floats, effect: Floats) -> BetaBinomial:
    """Distribution of the count in n responses when the rate has this posterior mean and variance.

    `effect` is the design effect of the n responses: clusters make counts vary more than independent responses do. The
    beta-binomial is matched to the mean and to the whole variance, n m (1 - m) effect + n^2 variance.
    """
    spread = (effect - 1.0 + n * variance / (mean * (1.0 - mean))) / np.maximum(n - 1.0, 1.0)
    total = 1.0 / np.clip(spread, _LEAST_SPREAD, _MOST_SPREAD) - 1.0
    return BetaBinomial(n=n, a=mean * total, b=(1.0 - mean) * total)


def _left_tail(n: Floats, a: Floats, b: Floats, count: Floats) -> Floats:
    """P(X < count) of beta-binomials: a sum for small counts, else the Beta of the same mean and variance."""
    share = (count - 0.5) / n
    spread = (1.0 + (n - 1.0) / (a + b + 1.0)) / n
    total = np.maximum(1.0 / spread - 1.0, 1e-6)
    weight = a / (a + b)
    tail = betainc(weight * total, (1.0 - weight) * total, np.clip(share, 0.0, 1.0))
    few: Bools = count <= EXACT
    tail[few] = _summed(n[few], a[few], b[few], count[few])
    return np.asarray(tail)


def _summed(n: Floats, a: Floats, b: Floats, count: Floats) -> Floats:
    mass = np.exp(betaln(a, n + b) - betaln(a, b))
    total = np.zeros_like(mass)
    for j in range(int(count.max(initial=0.0))):
        total += np.where(j < count, mass, 0.0)
        # Beyond n there is no mass; rows with fewer responses than others get there first.
        left = np.maximum(n - j, 0.0)
        mass = mass * left / (j + 1.0) * (a + j) / (np.maximum(left - 1.0, 0.0) + b)
    return np.asarray(total)


def _log_choose(n: Floats, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
