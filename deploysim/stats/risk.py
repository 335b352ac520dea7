"""Risk-weighted samples: prefixes that may well show a rare behaviour are drawn more often, and weigh less.

A score tells how likely a prefix is to matter: recorded grades of the same user or topic, rules, a small model; never
something trained on the grades that are to be estimated. The inclusion probabilities are fixed before anything is
replayed and are kept in the sample; the estimate divides by them (Horvitz and Thompson 1952,
doi:10.1080/01621459.1952.10483446), so a bad score costs precision and does no other harm.
"""

from __future__ import annotations

import numpy as np

from deploysim.errors import InputError
from deploysim.stats.clusters import Floats, Ints, weighted_mean, weighted_n

FLOOR = 0.1
"""Every prefix keeps at least this share of the inclusion probability that a uniform sample would give it."""


def inclusion_probabilities(scores: Floats, *, size: int, floor: float = FLOOR) -> Floats:
    """Inclusion probabilities in proportion to the scores, none below `floor` times uniform, adding up to `size`.

    Best are scores in proportion to the standard deviation of the outcome, sqrt(p (1 - p)) for a chance p of showing
    the behaviour.

    Args:
        scores: One for each prefix, finite and not negative.
        size: Prefixes to draw, at most as many as there are.
        floor: Above 0, at most 1.

    Raises:
        InputError: an argument is out of range.
    """
    _check(scores, size, floor)
    least = floor * size / scores.size
    if not scores.any():
        return np.full(scores.size, size / scores.size)
    low, high = 0.0, size / float(scores[scores > 0.0].min())
    # The sum grows with the factor: halve until it is met to the last digits that matter.
    for _ in range(200):
        middle = (low + high) / 2.0
        total = _clipped(scores * middle, least).sum()
        low, high = (middle, high) if total < size else (low, middle)
    found = _clipped(scores * high, least)
    short = size - found.sum()
    room = 1.0 - found
    return np.asarray(found + room * (max(short, 0.0) / max(float(room.sum()), 1e-300)))


def draw(probabilities: Floats, *, seed: int) -> Ints:
    """Draw prefixes with exactly these inclusion probabilities: the chosen places, in increasing order.

    Systematic sampling in random order: as many as the probabilities add up to, every time.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(probabilities.size)
    edges = np.cumsum(probabilities[order])
    size = round(float(edges[-1]))
    edges *= size / edges[-1]
    marks = rng.random() + np.arange(size)
    return np.sort(order[np.minimum(np.searchsorted(edges, marks, side="right"), order.size - 1)])


def uniform_equivalent(values: Floats, weights: Floats) -> float:
    """How many uniformly drawn prefixes would estimate the mean of `values` as well as this weighted sample.

    `values` are outcomes, or differences of two lanes, of the drawn prefixes; `weights` are inverse inclusion
    probabilities. At least one prefix.
    """
    return weighted_n(values - weighted_mean(values, weights), weights)


def _clipped(probabilities: Floats, least: float) -> Floats:
    return np.clip(probabilities, least, 1.0)


def _check(scores: Floats, size: int, floor: float) -> None:
    problems = {
        "scores that are finite and not negative": bool(np.isfinite(scores).all() and (scores >= 0.0).all()),
        f"a size from 1 to the {scores.size:,} prefixes there are": 1 <= size <= scores.size,
        "a floor above 0 and at most 1": 0.0 < floor <= 1.0,
    }
    wrong = [expected for expected, holds in problems.items() if not holds]
    if wrong:
        raise InputError("No risk-weighted sample can be drawn from this.", expected=" and ".join(wrong))
