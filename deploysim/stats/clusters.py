"""How many independent observations weighted, clustered ones are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def cluster_codes(names: Sequence[str]) -> Ints:
    """Return codes 0, 1, ... of clusters from their names."""
    return np.unique(np.asarray(names), return_inverse=True)[1].astype(np.int64)


def kish_effective_n(weights: Floats) -> float:
    """Effective number of observations under unequal weights, (sum w)^2 / sum w^2 (Kish 1965); 0 for none."""
    if weights.size == 0:
        return 0.0
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Weighted mean, sum(w x) / sum(w) (Hajek); `values` must not be empty."""
    return float(values @ weights / weights.sum())


def effective_n(influence: Floats, *, weights: Floats, clusters: Ints) -> float:
    """Independent, equally weighted observations that give an estimate the same variance.

    `influence` is what each observation adds to the estimate's error: x - mean for a mean, a linear combination of
    such terms for a difference. `clusters` are codes 0, 1, ... of the same length.
    """
    return weighted_n(influence, weights) / design_effect(influence, weights=weights, clusters=clusters)


def weighted_n(influence: Floats, weights: Floats) -> float:
    """Equally weighted observations that give an estimate the same variance, clusters left aside.

    Kish's number holds where weights have nothing to do with the outcome. Where they do, as where risky prefixes are
    drawn more often and weigh less, it is divided by sum (w z)^2 sum w / (sum w^2 sum w z^2), drawn to 1 by one
    pseudo-event. 0 for no observations.
    """
    spread = float(weights @ (influence * influence))
    if spread == 0.0:
        return kish_effective_n(weights)
    scores = influence * weights
    seen = float(scores @ scores) * float(weights.sum()) / (float(weights @ weights) * spread)
    count = events(scores)
    return kish_effective_n(weights) * (count + 1.0) / (count * seen + 1.0)


def design_effect(influence: Floats, *, weights: Floats, clusters: Ints) -> float:
    """Factor, at least 1, by which clusters inflate the variance of an estimate, with arguments as `effective_n`.

    The factor compares the variance with whole clusters as units to that with observations as units,
    sum_c (sum_i w z)^2 / sum_i (w z)^2.

    Few events say little about how events cluster, and none say nothing. So one pseudo-event is added that takes the
    worst case, clusters whose members always agree; it fades as 1 / (1 + events). With one observation a cluster the
    factor is 1.
    """
    if influence.size == 0:
        return 1.0
    scores = influence * weights
    squares = float(scores @ scores)
    worst = _cluster_square_sum(weights, clusters) / float(weights @ weights)
    if squares == 0.0:
        return max(1.0, worst)
    seen = _cluster_square_sum(scores, clusters) / squares
    count = events(scores)
    return max(1.0, (count * seen + worst) / (count + 1.0))


def events(scores: Floats) -> float:
    """How many events weighted errors amount to, (sum z^2)^2 / sum z^4: close to the count of a rare outcome."""
    squares = scores * scores
    fourths = float(squares @ squares)
    return float(squares.sum()) ** 2 / fourths if fourths > 0.0 else 0.0


def _cluster_square_sum(values: Floats, clusters: Ints) -> float:
    return float((np.bincount(clusters, weights=values) ** 2).sum())
