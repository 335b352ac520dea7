"""Random halves of the clusters, and what each model showed in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.forecast.backtest.labels import CategoryLabels, Labels
from deploysim.stats.clusters import Floats, Ints


@dataclass(frozen=True, slots=True)
class Split:
    """How often each cluster counts in each part: 0, 1, or more where a bootstrap drew it several times."""

    replayed: Floats
    """First half, as far as the new model answered it."""
    kept: Floats
    """First half, answered by the old model only."""
    realised: Floats
    """Second half: the new model's traffic."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What models showed in one part; axes are (categories, models)."""

    present: Floats
    n: Floats
    crowding: Floats
    """Mean size of a response's cluster: the design effect if clusters always agreed."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Responses to prompts that some third model fails; axes are (categories, model, the other model of the pair)."""

    present: Floats
    n: Floats


@dataclass(frozen=True, slots=True)
class Parts:
    """One split of the labels, counted."""

    replayed: Counts
    kept: Counts
    realised: Counts
    products: Floats
    """Summed products of the clusters' errors in the replayed part, shape (categories, models, models)."""
    challenge: Challenge


@dataclass(frozen=True, slots=True)
class _Clustered:
    """One category with its prompts added up to clusters, and the prompts that few models fail."""

    clusters: Ints
    present: Floats
    n: Floats
    labels: CategoryLabels
    fails: Floats
    """1 where a model fails a prompt at least once, shape (prompts, models)."""
    failing: Ints
    """Models that fail each prompt."""


class Splitter:
    """Counts splits of one table of labels, as many as are asked for."""

    def __init__(self, labels: Labels) -> None:
        """Add the prompts of each category up to clusters."""
        self._clusters = labels.clusters
        self._categories = tuple(_clustered(category) for category in labels.categories)

    def draw(self, *, thin: float, rng: np.random.Generator, copies: Floats | None = None) -> Split:
        """Halve the clusters at random; the share `thin` of the first half is replayed, at least one cluster.

        `copies` says how often each cluster counts; all copies go to the same half.
        """
        weight = np.ones(self._clusters) if copies is None else copies
        order = rng.permutation(np.flatnonzero(weight))
        half = order.size // 2
        replayed = max(1, round(half * thin))
        parts = (order[:replayed], order[replayed:half], order[half:])
        return Split(*(_only(weight, part) for part in parts))

    def count(self, split: Split) -> Parts:
        """Count what every model showed in each part."""
        return Parts(
            replayed=self._counts(split.replayed),
            kept=self._counts(split.kept),
            realised=self._counts(split.realised),
            products=np.stack([_products(category, split.replayed) for category in self._categories]),
            challenge=_challenge([_challenged(category, split.replayed) for category in self._categories]),
        )

    def everything(self, copies: Floats | None = None) -> Counts:
        """Count all clusters together."""
        return self._counts(np.ones(self._clusters) if copies is None else copies)

    def _counts(self, weight: Floats) -> Counts:
        sums = [_sums(category, weight) for category in self._categories]
        present, n, squares = (np.stack(parts) for parts in zip(*sums, strict=True))
        return Counts(present, n, np.divide(squares, n, out=np.ones_like(n), where=n > 0.0))


def _clustered(labels: CategoryLabels) -> _Clustered:
    codes, rows = np.unique(labels.clusters, return_inverse=True)
    fails = (labels.present > 0.0).astype(np.float64)
    return _Clustered(
        clusters=codes,
        present=_added(labels.present, rows, codes.size),
        n=_added(labels.n, rows, codes.size),
        labels=labels,
        fails=fails,
        failing=fails.sum(axis=1).astype(np.int64),
    )


def _added(values: Floats, rows: Ints, size: int) -> Floats:
    if size == values.shape[0]:
        return values[np.argsort(rows)]
    return np.stack([np.bincount(rows, weights=column, minlength=size) for column in values.T], axis=1)


def _only(weight: Floats, part: Ints) -> Floats:
    chosen = np.zeros_like(weight)
    chosen[part] = weight[part]
    return chosen


def _sums(category: _Clustered, weight: Floats) -> tuple[Floats, Floats, Floats]:
    w = weight[category.clusters]
    return w @ category.present, w @ category.n, (w**2) @ category.n**2


def _products(category: _Clustered, weight: Floats) -> Floats:
    w = weight[category.clusters]
    used = w > 0.0
    present, n = category.present[used] * w[used, None], category.n[used] * w[used, None]
    errors = present - n * (present.sum(axis=0) / np.maximum(n.sum(axis=0), 1.0))
    # Not `@`: BLAS starts threads for these small products and waits for them far longer than it computes.
    return np.asarray(np.einsum("ci,cj->ij", errors, errors))


def _challenged(category: _Clustered, weight: Floats) -> tuple[Floats, Floats]:
    """Responses of each model (rows) to prompts that a model fails which is neither it nor the other one (columns).

    From all prompts are taken those that nobody fails, one of the two alone, or just the two.
    """
    w = weight[category.labels.clusters]
    present, n = category.labels.present, category.labels.n
    nobody, alone, both = (np.flatnonzero((category.failing == k) & (w > 0.0)) for k in range(3))
    fails_alone, fails_both = category.fails[alone], category.fails[both]
    left_out_present = (w[alone] @ present[alone])[:, None] + (w[both, None] * present[both]).T @ fails_both
    left_out_n = (
        (w[nobody] @ n[nobody])[:, None]
        + (w[alone] @ (n[alone] * fails_alone))[:, None]
        + (w[alone, None] * n[alone]).T @ fails_alone
        + (w[both, None] * n[both] * fails_both).T @ fails_both
    )
    return (w @ present)[:, None] - left_out_present, (w @ n)[:, None] - left_out_n


def _challenge(parts: list[tuple[Floats, Floats]]) -> Challenge:
    return Challenge(*(np.stack(values) for values in zip(*parts, strict=True)))
