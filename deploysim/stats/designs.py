"""Drawing designs: how many come from which stratum, and how likely each unit was to be drawn."""

from __future__ import annotations

import numpy as np

from deploysim.stats.clusters import Floats, Ints


def share_out(sizes: Ints, shares: Floats, total: int) -> Ints:
    """Share a number of draws out over strata; what a small stratum cannot give goes to the others.

    Each stratum gets its part by whole draws, the largest remainders first. Where a part is larger than the stratum,
    the stratum is taken whole and the rest is shared out again.

    Args:
        sizes: Units in each stratum.
        shares: Relative part of each stratum; those of 0 get nothing.
        total: Draws; more than there are units takes all of them.
    """
    taken = np.zeros(sizes.size, dtype=np.int64)
    able = (shares > 0) & (sizes > 0)
    left = min(total, int(sizes[able].sum()))
    while left > 0:
        room = np.where(able, sizes - taken, 0)
        parts = np.minimum(_whole_parts(np.where(room > 0, shares, 0.0), left), room)
        taken += parts
        left -= int(parts.sum())
    return np.asarray(taken, dtype=np.int64)


def _whole_parts(shares: Floats, total: int) -> Ints:
    exact = shares / shares.sum() * total
    parts = np.floor(exact).astype(np.int64)
    # Equal remainders go to the first strata: a stable order makes the same draw everywhere.
    order = np.argsort(-(exact - parts).round(9), kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return np.asarray(parts, dtype=np.int64)


def chance_of_any(chances: Floats) -> Floats:
    """Probability of being drawn by at least one of several independent draws: 1 - (1 - p1)(1 - p2)...

    Args:
        chances: Probability of each unit in each draw, shape (units, draws).
    """
    return np.asarray(1.0 - np.prod(1.0 - chances, axis=1), dtype=np.float64)
