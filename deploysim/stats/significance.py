"""Paired tests of no difference between two lanes, and q-values over many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from deploysim.stats.clusters import Bools, Floats, Ints

EXACT_CLUSTERS = 14
"""Up to so many clusters with a difference, all 2 ** clusters sign flips are enumerated."""
FLIPS = 9_999
"""Random sign flips otherwise."""
BLOCK = 2_000_000
"""Signs held in memory at once."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A two-sided test that two lanes show an outcome equally often."""

    name: str
    p_value: float


def paired_test(
    old: Bools, new: Bools, *, weights: Floats, clusters: Ints, seed: int, flips: int = FLIPS
) -> PairedTest:
    """Test two lanes that answered the same prefixes; all arrays have the shape (prefixes,), at least one.

    Exact McNemar where each cluster holds one prefix and all weigh the same; otherwise a sign-flip test over the
    clusters' summed differences.
    """
    one_each = np.unique(clusters).size == clusters.size
    if one_each and bool((weights == weights[0]).all()):
        regressed, improved = int((new & ~old).sum()), int((old & ~new).sum())
        return PairedTest("exact McNemar", mcnemar(regressed, improved))
    difference = (new.astype(np.float64) - old) * weights
    summed = np.bincount(clusters, weights=difference).astype(np.float64)
    return sign_flip_test(summed, seed=seed, flips=flips)


def mcnemar(regressed: int, improved: int) -> float:
    """Exact two-sided McNemar test on discordant pairs: 2 P(X <= min) with X ~ Binomial(pairs, 1/2), at most 1."""
    return min(1.0, 2.0 * float(bdtr(min(regressed, improved), regressed + improved, 0.5)))


def sign_flip_test(differences: Floats, *, seed: int, flips: int = FLIPS) -> PairedTest:
    """Two-sided test that independent differences are symmetric about 0, by flipping their signs.

    All flips are enumerated for few non-zero differences. Otherwise `flips` seeded random ones are drawn and the
    observed one counts among them, p = (1 + as extreme) / (1 + flips) (Phipson and Smyth 2010,
    doi:10.2202/1544-6115.1585).
    """
    sizes = np.abs(differences[differences != 0.0])
    observed = abs(float(differences.sum()))
    threshold = observed - 1e-9 * float(sizes.sum())
    if sizes.size <= EXACT_CLUSTERS:
        signs = 1 - 2 * ((np.arange(2**sizes.size)[:, None] >> np.arange(sizes.size)) & 1)
        extreme = int((np.abs(signs @ sizes) >= threshold).sum())
        return PairedTest("sign-flip test over clusters (all flips)", extreme / 2**sizes.size)
    extreme = _count_extreme(sizes, threshold, flips=flips, seed=seed)
    return PairedTest(f"sign-flip test over clusters ({flips:,} random flips)", (1 + extreme) / (1 + flips))


def benjamini_hochberg(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Benjamini-Hochberg q-values, in the order given; None stays None and does not count as a test."""
    # It takes more than a second to import, which most commands never need.
    from scipy.stats import false_discovery_control

    known = [p for p in p_values if p is not None]
    q_values = iter(false_discovery_control(known, method="bh").tolist() if known else [])
    return tuple(None if p is None else float(next(q_values)) for p in p_values)


def _count_extreme(sizes: Floats, threshold: float, *, flips: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK // sizes.size)
    extreme = 0
    for start in range(0, flips, block):
        bits = rng.integers(0, 2, size=(min(block, flips - start), sizes.size), dtype=np.int8)
        extreme += int((np.abs((1 - 2 * bits) @ sizes) >= threshold).sum())
    return extreme
