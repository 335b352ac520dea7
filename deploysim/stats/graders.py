"""From what graders flag to what people would say: rates corrected by human labels, with the labels' uncertainty.

The true rate of a lane is flagged rate x precision + unflagged rate x miss rate, each lane by its own labels, which are
weighted by their design: stratified prediction-powered inference with the two verdicts as strata (Angelopoulos et al.
2023, doi:10.1126/science.adi6000; Fisch et al. 2024, arXiv:2406.04291). No division takes place, so it holds up where the
behaviour is rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deploysim.stats.arcsine import slope, to_rate
from deploysim.stats.clusters import Bools, Floats, kish_effective_n, weighted_mean
from deploysim.stats.lanes import LaneMoments


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Human labels of one lane, counted by the grader's verdict; effective numbers where they carry weights."""

    flagged_present: float
    flagged: float
    unflagged_present: float
    unflagged: float
    """0 where no unflagged response was reviewed: then the grader is taken to miss nothing, which is said."""


@dataclass(frozen=True, slots=True)
class _Shares:
    """A share in every lane: its mean, and the covariance of what is not known of it."""

    mean: Floats
    cov: Floats


def count_reviews(present: Bools, flagged: Bools, weights: Floats) -> Reviewed:
    """Count labels of one lane; `weights` are inverse probabilities of being reviewed, all arrays (labels,)."""
    strata = [_effective(present[rows], weights[rows]) for rows in (flagged, ~flagged)]
    return Reviewed(*strata[0], *strata[1])


def corrected(moments: LaneMoments, reviews: Sequence[Reviewed | None]) -> LaneMoments:
    """Correct the lanes of one category for grader error; `moments` has the shape (lanes,), `reviews` one entry a lane.

    A lane without labels takes those of all other lanes together: the grader is assumed to err alike there, and what
    is not known of it is shared, so that it hardly blurs the comparison. Without any label nothing changes.
    """
    if not any(reviews):
        return moments
    precision = _shares([(r.flagged_present, r.flagged) if r else (0.0, 0.0) for r in reviews], unlabelled=1.0)
    missed = _shares([(r.unflagged_present, r.unflagged) if r else (0.0, 0.0) for r in reviews], unlabelled=0.0)
    flagged = to_rate(moments.centre)
    spread = slope(moments.centre)
    lift = precision.mean - missed.mean
    true = flagged * precision.mean + (1.0 - flagged) * missed.mean
    cov = (
        moments.cov * np.outer(spread, spread) * (np.outer(lift, lift) + precision.cov + missed.cov)
        + np.outer(flagged, flagged) * precision.cov
        + np.outer(1.0 - flagged, 1.0 - flagged) * missed.cov
    )
    own = np.sqrt(true * (1.0 - true))
    return LaneMoments(2.0 * np.arcsin(np.sqrt(true)), cov / np.outer(own, own))


def _shares(counts: list[tuple[float, float]], *, unlabelled: float) -> _Shares:
    """Each lane's share by Jeffreys, and the covariance; a lane without labels takes the mean of all labels.

    Without labels in any lane the share is `unlabelled`, for sure.
    """
    present, n = np.array(counts).T
    if not n.any():
        return _Shares(np.full(n.size, unlabelled), np.zeros((n.size, n.size)))
    mean = (present + 0.5) / (n + 1.0)
    variance = mean * (1.0 - mean) / (n + 2.0)
    taken = np.where(n[:, None] > 0.0, np.eye(n.size), n / n.sum())
    return _Shares(taken @ mean, (taken * variance) @ taken.T)


def _effective(present: Bools, weights: Floats) -> tuple[float, float]:
    n = kish_effective_n(weights)
    return (weighted_mean(present.astype(np.float64), weights) * n if n else 0.0, n)
