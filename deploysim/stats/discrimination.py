"""Telling two members of a pair apart: a paired classifier, cross-validated, with an interval that clusters allow.

Each pair is one difference x = features(first) - features(second). Logistic regression without an intercept on x (label
"first is the original") is the same whichever member comes first. The score of a held-out pair is w·x. Shown the pair in
random order, the classifier's AUC is P(s_i + s_j > 0) over pairs i, j, and its share of right answers P(s_i > 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from deploysim.stats.clusters import Floats, Ints
from deploysim.types import Interval

RIDGE = 1.0
"""Weight of the penalty on squared coefficients of standardised differences."""
FOLDS = 5
FLIPS = 199
"""Refits with the sides of whole clusters exchanged at random: the distribution where nothing gives it away."""
_STEPS = 25
_STEP_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Telling:
    """How well two members of a pair are told apart."""

    auc: float
    """1/2: not at all; 1: always."""
    interval: Interval
    mistaken: float
    """Share of held-out pairs in which the second member is taken for the original; half of the ties. 1/2: not told apart."""
    mistaken_interval: Interval
    p_value: float
    """Of no difference between the sides, from refits with exchanged sides; exact whatever the classifier."""
    flips: int
    scores: Floats
    """Held-out scores, shape (pairs,); above 0 the first member was taken for the original."""
    coefficients: Floats
    """Of standardised differences, from all pairs, shape (features,)."""


def tell_apart(
    differences: Floats, *, clusters: Ints, seed: int, level: float = 0.95, folds: int = FOLDS, flips: int = FLIPS
) -> Telling:
    """Train and test a classifier that says which member of a pair is the original.

    Folds hold whole clusters. The interval's variance is that of a U-statistic over clusters. Folds share training
    pairs, which the formula does not see, so it is widened by what the refits with exchanged sides show.

    Args:
        differences: First member less second, shape (pairs, features), at least two clusters.
        clusters: Codes 0, 1, ... of pairs that go together, shape (pairs,).
        seed: Of folds and exchanges.
        level: Of the intervals.
        folds: At most as many as there are clusters.
        flips: Refits.
    """
    rng = np.random.default_rng(seed)
    splits = _Splits.of(differences, _fold_of_pair(clusters, folds, rng))
    scores = splits.scores(np.ones(clusters.size))
    exchanged = [splits.scores(sides[clusters]) for sides in _exchanges(clusters, flips, rng)]
    auc, share = pair_auc(scores), _share(scores)
    auc_error = _auc_error(scores, clusters) * _widening(exchanged, clusters, _auc_error, pair_auc)
    share_error = _share_error(scores, clusters) * _widening(exchanged, clusters, _share_error, _share)
    extreme = sum(pair_auc(one) >= auc - 1e-12 for one in exchanged)
    return Telling(
        auc=auc,
        interval=_interval(auc, auc_error, level),
        mistaken=1.0 - share,
        mistaken_interval=_interval(1.0 - share, share_error, level),
        p_value=(1 + extreme) / (1 + flips),
        flips=flips,
        scores=scores,
        coefficients=fit(differences / _scale(differences)),
    )


def fit(standardised: Floats) -> Floats:
    """Return w that minimises sum log(1 + exp(-w·x)) + RIDGE/2 |w|², by Newton's method; shape (features,)."""
    w = np.zeros(standardised.shape[1])
    ridge = RIDGE * np.eye(w.size)
    for _ in range(_STEPS):
        right = 1.0 / (1.0 + np.exp(-np.clip(standardised @ w, -30.0, 30.0)))
        gradient = standardised.T @ (1.0 - right) - RIDGE * w
        curvature = (standardised * (right * (1.0 - right))[:, None]).T @ standardised + ridge
        step = np.linalg.solve(curvature, gradient)
        w += step
        if float(np.abs(step).max(initial=0.0)) < _STEP_TOLERANCE:
            break
    return w


def pair_auc(scores: Floats) -> float:
    """AUC of pairs shown in random order, P(s_i + s_j > 0) over different i and j, ties one half; at least two scores."""
    n = scores.size
    return float((_above(scores).sum() - _own(scores).sum()) / (n * (n - 1)))


def _own(scores: Floats) -> Floats:
    return np.asarray((scores > 0.0) + 0.5 * (scores == 0.0))


def _above(scores: Floats) -> Floats:
    """For each i the number of j, itself included, with s_j > -s_i, ties one half."""
    ordered = np.sort(scores)
    low = np.searchsorted(ordered, -scores, side="left")
    high = np.searchsorted(ordered, -scores, side="right")
    return np.asarray(scores.size - 0.5 * (low + high))


def _auc_error(scores: Floats, clusters: Ints) -> float:
    """Standard error of `pair_auc`: twice that of the mean of a pair's own projection, summed by cluster."""
    n = scores.size
    projection = (_above(scores) - _own(scores)) / (n - 1)
    return 2.0 * _mean_error(projection, clusters)


def _share(scores: Floats) -> float:
    return float(_own(scores).mean())


def _share_error(scores: Floats, clusters: Ints) -> float:
    return _mean_error(_own(scores), clusters)


def _mean_error(values: Floats, clusters: Ints) -> float:
    sums = np.bincount(clusters, weights=values - values.mean())
    groups = sums.size
    return math.sqrt(float(sums @ sums) * groups / max(1, groups - 1)) / values.size


def _widening(
    exchanged: list[Floats],
    clusters: Ints,
    error: Callable[[Floats, Ints], float],
    statistic: Callable[[Floats], float],
) -> float:
    """How much more a statistic varies over refits than its formula says; at least 1."""
    errors = np.array([error(one, clusters) for one in exchanged])
    values = np.array([statistic(one) for one in exchanged])
    said = float(np.sqrt((errors**2).mean()))
    # Around 1/2, which is where the refits lie by their making.
    seen = float(np.sqrt(((values - 0.5) ** 2).mean()))
    return max(1.0, seen / said) if said > 0.0 else 1.0


def _interval(value: float, error: float, level: float) -> Interval:
    """Return a normal interval on the log-odds scale; near 0 and 1 half an observation keeps it finite."""
    inner = min(max(value, 1e-3), 1.0 - 1e-3)
    reach = float(ndtri(0.5 + level / 2.0)) * max(error, 1e-4) / (inner * (1.0 - inner))
    middle = math.log(inner / (1.0 - inner))
    low, high = (1.0 / (1.0 + math.exp(-(middle + sign * reach))) for sign in (-1.0, 1.0))
    return Interval(min(low, value), max(high, value), level)


def _scale(differences: Floats) -> Floats:
    """Root mean square of each feature's differences; 1 where they never differ."""
    found = np.sqrt((differences**2).mean(axis=0))
    return np.where(found > 0.0, found, 1.0)


def _fold_of_pair(clusters: Ints, folds: int, rng: np.random.Generator) -> Ints:
    count = int(clusters.max()) + 1
    of_cluster = rng.permutation(np.arange(count) % min(folds, count))
    return np.asarray(of_cluster[clusters])


def _exchanges(clusters: Ints, flips: int, rng: np.random.Generator) -> Floats:
    return np.asarray(1.0 - 2.0 * rng.integers(0, 2, size=(flips, int(clusters.max()) + 1)))


@dataclass(frozen=True, slots=True)
class _Splits:
    """Training and held-out pairs of every fold, standardised by the training pairs."""

    folds: tuple[tuple[Floats, Floats, Ints, Ints], ...]
    size: int

    @classmethod
    def of(cls, differences: Floats, fold_of: Ints) -> _Splits:
        found = []
        for fold in range(int(fold_of.max()) + 1):
            train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            scale = _scale(differences[train])
            found.append((differences[train] / scale, differences[test] / scale, train, test))
        return cls(tuple(found), fold_of.size)

    def scores(self, sides: Floats) -> Floats:
        """Return held-out scores with the members of some pairs exchanged (-1)."""
        scores = np.zeros(self.size)
        for train, test, train_at, test_at in self.folds:
            w = fit(train * sides[train_at][:, None])
            scores[test_at] = (test @ w) * sides[test_at]
        return scores
