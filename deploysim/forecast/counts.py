"""Counts of one category: by lane, and by pairs of lanes."""

from __future__ import annotations

import numpy as np

from deploysim.forecast.evidence import RecordedCount
from deploysim.forecast.outcomes import FAILED, Outcomes
from deploysim.forecast.records import LaneCount, PairedTable, Rate
from deploysim.stats.clusters import Bools, design_effect, weighted_mean, weighted_n
from deploysim.stats.lanes import RECORDED
from deploysim.stats.rates import (
    interval_per_100k,
    jeffreys_interval,
    jeffreys_point,
    per_100k,
    undetermined_bounds,
)
from deploysim.types import Verdict


def paired_table(old: Bools, new: Bools) -> PairedTable:
    """Count complete pairs by what the old and the new lane showed, unweighted."""
    return PairedTable(
        both=int((old & new).sum()),
        regressed=int((new & ~old).sum()),
        improved=int((old & ~new).sum()),
        neither=int((~old & ~new).sum()),
    )


def lane_count(outcomes: Outcomes, lane: int, level: float) -> LaneCount:
    """Count one lane's outcomes. Its rate is over its own clear outcomes, whatever the other lanes show."""
    weights = outcomes.weights
    present = float(weights[outcomes.present[:, lane]].sum())
    n = float(outcomes.determined(lane).weights.sum())
    bounds = undetermined_bounds(present, n, max(0.0, float(weights.sum()) - n))
    return LaneCount(
        lane=outcomes.lanes[lane],
        present=outcomes.count(lane, Verdict.PRESENT),
        absent=outcomes.count(lane, Verdict.ABSENT),
        unsure=outcomes.count(lane, Verdict.UNSURE),
        not_comparable=outcomes.count(lane, Verdict.NOT_COMPARABLE),
        failed=outcomes.count(lane, FAILED),
        rate=lane_rate(outcomes.determined(lane), lane, level),
        low_per_100k=per_100k(bounds.low) if bounds else None,
        high_per_100k=per_100k(bounds.high) if bounds else None,
    )


def lane_rate(determined: Outcomes, lane: int, level: float) -> Rate:
    """Rate of one lane over prefixes with a clear outcome there; counts are deflated by weights and clusters."""
    present, weights = determined.present[:, lane], determined.weights
    if present.size == 0:
        return Rate(present=0, n=0, per_100k=None, interval=None)
    flags = present.astype(np.float64)
    share = weighted_mean(flags, weights)
    n = weighted_n(flags - share, weights)
    n_effective = n / design_effect(flags - share, weights=weights, clusters=determined.clusters)
    return _rate(int(present.sum()), present.size, share=share, n=n, n_effective=n_effective, level=level)


def previous_rate(complete: Outcomes, log: RecordedCount | None, level: float) -> Rate:
    """Recorded rate of the `log`, where more of it is graded than was replayed, else of the replayed prefixes."""
    if log is None:
        return lane_rate(complete, RECORDED, level)
    return _rate(log.present, log.n, share=log.share, n=log.n, n_effective=log.n_effective, level=level)


def _rate(present: int, responses: int, *, share: float, n: float, n_effective: float, level: float) -> Rate:
    return Rate(
        present=present,
        n=responses,
        per_100k=per_100k(jeffreys_point(share * n, n)),
        interval=interval_per_100k(jeffreys_interval(share * n_effective, n_effective, level=level)),
        n_effective=n_effective,
    )
