"""How far raters agree beyond chance: Cohen's kappa of two, Krippendorff's alpha of any number, with intervals.

Labels are nominal and come as codes 0, 1, ...; which code stands for which label changes nothing. Intervals are
posterior ones. Each cluster of items is weighed by a Gamma(1) draw (the Bayesian bootstrap: Rubin 1981, Annals of
Statistics 9:130), and a prior adds 1 / (2 x labels) of an item for every pair of labels, so that the share of each
label has Jeffreys' prior. For two labels and independent items that is the posterior of the joint table under
Dirichlet(1/4, 1/4, 1/4, 1/4), the one that paired shifts are drawn from. Perfect agreement keeps an honest width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Bools, Floats, Ints, kish_effective_n
from deploysim.stats.shift import equal_tailed
from deploysim.types import Interval

MISSING = -1
"""Code of "this rater did not label this item"."""
LEVEL = 0.95
DRAWS = 4_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement beyond chance."""

    value: float | None
    """1 is perfect, 0 is what chance gives; None where it is not defined: no item, or one label for everything."""
    interval: Interval | None
    """None where `value` is."""
    items: int
    """Items with at least two labels; others do not count."""
    observed: float | None
    """Weighted share of agreement, chance included; None without items."""


@dataclass(frozen=True, slots=True)
class Design:
    """How the items were drawn, and how the interval is made."""

    weights: Floats | None = None
    """One an item, such as 1 / inclusion probability; all equal where None."""
    clusters: Ints | None = None
    """One an item: equal for items that belong together, such as those of one conversation; each its own where None."""
    level: float = LEVEL
    draws: int = DRAWS
    seed: int = 0


SIMPLE = Design()
"""Independent items of equal weight."""


@dataclass(frozen=True, slots=True)
class _Shares:
    """Agreement seen and agreement expected by chance; both of the shape (draws,)."""

    observed: Floats
    expected: Floats

    def beyond_chance(self) -> Floats:
        """Agreement on the scale on which chance is 0 and perfection 1; not a number where chance alone is perfect."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.expected < 1.0, 1.0 - (1.0 - self.observed) / (1.0 - self.expected), np.nan)


def cohen_kappa(first: Ints, second: Ints, *, design: Design = SIMPLE) -> Agreement:
    """Cohen's kappa of two raters (Cohen 1960, Educational and Psychological Measurement 20:37).

    It is (observed - expected) / (1 - expected), where chance is expected from each rater's own shares of labels.

    Args:
        first: Codes of one rater, shape (items,); MISSING where there is no label.
        second: Codes of the other rater on the same items.
        design: Weights and clusters of the items.
    """
    ratings = np.stack([first, second], axis=1)
    rated = (ratings != MISSING).all(axis=1)
    codes, labels = _from_zero(ratings[rated])
    cells = np.eye(labels * labels)

    def shares(totals: Floats) -> _Shares:
        table = totals.reshape(-1, labels, labels) / totals.sum(axis=1)[:, None, None]
        chance = (table.sum(axis=2) * table.sum(axis=1)).sum(axis=1)
        return _Shares(np.trace(table, axis1=1, axis2=2), chance)

    return _agreement(cells[codes[:, 0] * labels + codes[:, 1]], cells, shares, rated, design)


def krippendorff_alpha(ratings: Ints, *, design: Design = SIMPLE) -> Agreement:
    """Krippendorff's alpha of any number of raters (Krippendorff 2018, Content Analysis, chapter 12).

    It is 1 - observed / expected disagreement, where chance pairs all labels at random, whoever gave them. Raters may
    leave items out; items with fewer than two labels do not count.

    Args:
        ratings: Codes, shape (items, raters); MISSING where a rater has not labelled an item.
        design: Weights and clusters of the items.
    """
    rated = (ratings != MISSING).sum(axis=1) >= 2
    codes, labels = _from_zero(ratings[rated])
    counts = (codes[:, :, None] == np.arange(labels)).sum(axis=1).astype(np.float64)
    one = np.eye(labels)
    pairs = (one[:, None, :] + one[None, :, :]).reshape(-1, labels)
    return _agreement(_with_disagreement(counts), _with_disagreement(pairs), _pairing_shares, rated, design)


def _with_disagreement(counts: Floats) -> Floats:
    """Append to the counts of an item's labels the number of its labels that meet another label, as a mean."""
    n = counts.sum(axis=1)
    return np.column_stack([counts, (n**2 - (counts**2).sum(axis=1)) / (n - 1.0)])


def _pairing_shares(totals: Floats) -> _Shares:
    counts, disagreeing = totals[:, :-1], totals[:, -1]
    n = counts.sum(axis=1)
    return _Shares(1.0 - disagreeing / n, 1.0 - (n**2 - (counts**2).sum(axis=1)) / (n * (n - 1.0)))


def _from_zero(ratings: Ints) -> tuple[Ints, int]:
    """Number the labels that occur from 0, at least two, and leave MISSING as it is."""
    labels = np.unique(ratings[ratings != MISSING])
    codes = np.where(ratings == MISSING, MISSING, np.searchsorted(labels, ratings))
    return codes.astype(np.int64), max(2, labels.size)


def _agreement(
    items: Floats, pairs: Floats, shares: Callable[[Floats], _Shares], rated: Bools, design: Design
) -> Agreement:
    """Estimate from what each item adds to the totals, and draw the totals again for the interval.

    Args:
        items: What each rated item adds, shape (items, parts).
        pairs: What an item would add that has this pair of labels; one row for every pair.
        shares: Turns totals, shape (draws, parts), into shares.
        rated: Which of the items that the design speaks of these are.
        design: Weights and clusters of all items.
    """
    if not len(items):
        return Agreement(None, None, 0, None)
    weights = np.ones(len(items)) if design.weights is None else design.weights[rated]
    clusters = np.arange(len(items)) if design.clusters is None else design.clusters[rated]
    weighted = items * (weights / weights.mean())[:, None]
    seen = shares(weighted.sum(axis=0, keepdims=True))
    value, observed = float(seen.beyond_chance()[0]), float(seen.observed[0])
    if np.isnan(value):
        return Agreement(None, None, len(items), observed)
    rng = np.random.default_rng(design.seed)
    # Under unequal weights an item counts for as much as the effective number says; so does the prior's.
    scale = len(items) / kish_effective_n(weights)
    prior = rng.standard_gamma(1.0 / (2.0 * np.sqrt(len(pairs))), size=(design.draws, len(pairs))) @ pairs * scale
    drawn = shares(_drawn_totals(weighted, clusters, rng, design.draws) + prior).beyond_chance()
    return Agreement(value, equal_tailed(drawn, level=design.level), len(items), observed)


def _drawn_totals(weighted: Floats, clusters: Ints, rng: np.random.Generator, draws: int) -> Floats:
    """Weigh each cluster by a Gamma(1) draw; clusters that add the same are drawn together, as one Gamma(count)."""
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.zeros((codes.max() + 1, weighted.shape[1]))
    np.add.at(sums, codes, weighted)
    alike, counts = np.unique(sums.round(12), axis=0, return_counts=True)
    drawn: Floats = rng.standard_gamma(counts.astype(np.float64), size=(draws, counts.size)) @ alike
    return drawn
