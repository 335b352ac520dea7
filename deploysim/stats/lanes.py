"""What was seen of several lanes' rates, jointly: a centre and a covariance on the arcsine scale.

These are all that the forecast needs of the data, and they can be added up from anything: flags of prefixes, shares of
repeated answers, weights, clusters, the recorded rate of a whole log, corrected graders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deploysim.stats.arcsine import to_arcsine
from deploysim.stats.clusters import Floats, Ints, design_effect, events, weighted_n

RECORDED = 0
CANDIDATE = -1


@dataclass(frozen=True, slots=True)
class LaneMoments:
    """Lanes' rates as seen, on the arcsine scale. Leading axes, such as one of categories, are allowed."""

    centre: Floats
    """Shape (..., lanes); lanes are (recorded, candidate) or (recorded, baseline, candidate)."""
    cov: Floats
    """Covariance of the error of `centre`, shape (..., lanes, lanes)."""


def lane_moments(values: Floats, *, weights: Floats, clusters: Ints) -> LaneMoments:
    """Sum up complete prefixes, at least one.

    `values` has the shape (prefixes, lanes): 1 where a lane shows the behaviour, 0 where not, a share where the prefix
    was answered several times, which varies less. Rates are Hajek's under `weights`. Each lane's variance is 1 / n with its own effective n
    under weights and `clusters`; correlations are those of the clusters' summed errors, drawn towards 0 by one
    pseudo-event, because lanes that never differed in a few events may still differ.
    """
    share = weights @ values / weights.sum()
    off = np.ascontiguousarray((values - share).T)
    errors = off * weights
    seen = np.array([events(lane) for lane in errors])
    n = np.array([weighted_n(lane, weights) for lane in off])
    effects = np.array([design_effect(lane, weights=weights, clusters=clusters) for lane in off])
    effects *= _spread_left(share, off, weights, seen)
    sums = np.stack([np.bincount(clusters, weights=lane) for lane in errors])
    return _moments(share, n, effects=effects, seen=seen, products=np.einsum("ic,jc->ij", sums, sums))


def table_moments(cells: Floats) -> LaneMoments:
    """Sum up unweighted prefixes that stand alone, given as their joint table of 2 ** lanes counts.

    Lane j is bit j of the cell's index. The same as `lane_moments` of the prefixes one by one.
    """
    lanes = cells.size.bit_length() - 1
    flags = (np.arange(cells.size)[:, None] >> np.arange(lanes)) & 1
    n = float(cells.sum())
    share = cells @ flags / n
    off = flags - share
    squares, fourths = cells @ off**2, cells @ off**4
    seen = np.divide(squares**2, fourths, out=np.zeros(lanes), where=fourths > 0.0)
    return _moments(share, np.full(lanes, n), effects=np.ones(lanes), seen=seen, products=(off.T * cells) @ off)


def stack(moments: Sequence[LaneMoments]) -> LaneMoments:
    """Put categories with the same lanes together, on a new first axis."""
    return LaneMoments(np.stack([m.centre for m in moments]), np.stack([m.cov for m in moments]))


def with_recorded(moments: LaneMoments, *, centre: Floats | float, variance: Floats | float) -> LaneMoments:
    """Put the recorded lane where all recorded responses have it, replayed or not.

    The other lanes move with it as far as they go together on the replayed prefixes: the gain from replaying only a part
    of what was recorded, and the regression estimator of survey sampling. The replayed ones are part of all, drawn in
    whatever way, so their own recorded rate says nothing more once that of all is known.

    Args:
        moments: Of the replayed prefixes.
        centre: Recorded rate of all responses on the arcsine scale, shape (...).
        variance: Of the error of `centre`, shape (...).
    """
    own = moments.cov[..., RECORDED, RECORDED]
    carried = moments.cov[..., :, RECORDED] / own[..., None]
    surprise, less = centre - moments.centre[..., RECORDED], own - variance
    return LaneMoments(
        centre=moments.centre + carried * np.asarray(surprise)[..., None],
        cov=moments.cov - carried[..., :, None] * carried[..., None, :] * np.asarray(less)[..., None, None],
    )


def _spread_left(share: Floats, off: Floats, weights: Floats, seen: Floats) -> Floats:
    """Variance of the values over that of flags with the same mean: 1 for flags, down to 1 / repeats for shares.

    Drawn to 1 by one pseudo-event.
    """
    flags = share * (1.0 - share)
    left = np.divide(off**2 @ weights / weights.sum(), flags, out=np.ones_like(share), where=flags > 0.0)
    return np.asarray((seen * left + 1.0) / (seen + 1.0))


def _moments(share: Floats, n: Floats, *, effects: Floats, seen: Floats, products: Floats) -> LaneMoments:
    """Put moments together; `products` are those of the clusters' summed errors, `seen` the lanes' events."""
    size = np.sqrt(np.diag(products))
    scale = np.outer(size, size)
    raw = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0.0)
    fewer = np.minimum.outer(seen, seen)
    correlation = raw * fewer / (fewer + 1.0)
    np.fill_diagonal(correlation, 1.0)
    spread = np.sqrt(effects / n)
    return LaneMoments(to_arcsine(share * n, n), correlation * np.outer(spread, spread))
