"""The noise floor: how often two answers of the same model to the same prefix are flagged differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Bools, Floats, Ints, effective_n, weighted_mean
from deploysim.stats.rates import jeffreys_interval
from deploysim.types import Interval


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """How often two independent answers of one model to one prefix differ in one category."""

    differing: int
    """Pairs of which one answer is flagged and the other is not."""
    pairs: int
    """Complete pairs: two answers to the same prefix, both graded present or absent."""
    prefixes: int
    """Prefixes that gave at least one complete pair."""
    share: float | None
    """Weighted share of pairs that differ, 0..1; None without pairs, which is unknown and not 0."""
    interval: Interval | None
    """Of the share; one-sided from 0 where no pair differs. None without pairs."""


NO_REPEATS = NoiseFloor(differing=0, pairs=0, prefixes=0, share=None, interval=None)
"""What is known of a run that answered every prefix once: nothing."""


def noise_floor(present: Bools, *, prefixes: Ints, clusters: Ints, weights: Floats, level: float) -> NoiseFloor:
    """Share of pairs of repeats of the same prefix that are flagged differently, with an interval.

    It is what the share of pairs that differ between two lanes, (regressed + improved) / n of the paired table, would be
    on average if the candidate were the old model: a candidate that changes no more pairs than this need not differ at
    all. A prefix with m clear answers of which k are flagged gives m (m - 1) / 2 pairs, of which k (m - k) differ; every
    pair carries its prefix's weight. The interval is Jeffreys' on as many pairs as the clustered ones are worth
    (`effective_n`): pairs of one prefix, and prefixes of one conversation, are not independent.

    Args:
        present: Whether each answer is flagged. Only clear answers (present or absent) belong here; failed, unsure and
            not comparable ones are left out, and with them their pairs.
        prefixes: Code of the prefix that each answer is to; any integers.
        clusters: Code of each answer's conversation, or user where known; the same for all answers to a prefix.
        weights: Weight of each answer's prefix, above 0.
        level: Probability that the interval is meant to hold.

    Returns:
        Counts, share and interval; share and interval are None where no prefix has two clear answers.
    """
    first, second = _pairs(prefixes)
    if first.size == 0:
        return NO_REPEATS
    differ = present[first] != present[second]
    pair_weights = weights[first]
    share = weighted_mean(differ.astype(np.float64), pair_weights)
    _, codes = np.unique(clusters[first], return_inverse=True)
    n = effective_n(differ - share, weights=pair_weights, clusters=codes.astype(np.int64))
    return NoiseFloor(
        differing=int(differ.sum()),
        pairs=int(differ.size),
        prefixes=int(np.unique(prefixes[first]).size),
        share=share,
        interval=jeffreys_interval(share * n, n, level=level),
    )


def _pairs(prefixes: Ints) -> tuple[Ints, Ints]:
    """Return the positions of both answers of every pair to the same prefix."""
    order = np.argsort(prefixes, kind="stable").astype(np.int64)
    ordered = prefixes[order]
    firsts, seconds = [order[:0]], [order[:0]]
    # The distance between two answers to a prefix, in this order, is at most the number of its answers less one.
    for distance in range(1, len(order)):
        same = ordered[distance:] == ordered[:-distance]
        if not same.any():
            break
        firsts.append(order[:-distance][same])
        seconds.append(order[distance:][same])
    return np.concatenate(firsts), np.concatenate(seconds)
