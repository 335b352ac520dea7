"""How forecasts did over several releases: skill, calibration of probabilities, and what past errors say of future ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Bools, Floats, Ints
from deploysim.stats.rates import jeffreys_interval
from deploysim.stats.scores import BOOTSTRAP
from deploysim.types import Interval

EDGES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Bins of stated probabilities: narrow where calls are made."""


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Events of about the same stated probability."""

    low: float
    high: float
    n: int
    stated: float
    """Mean stated probability."""
    happened: int
    interval: Interval
    """Of the share that happened."""


@dataclass(frozen=True, slots=True)
class Skill:
    """Share of another method's excess loss that ours saves: 1 is perfect, 0 no better, below 0 worse."""

    value: float
    interval: Interval


def calibration(stated: Floats, happened: Bools, *, level: float) -> tuple[CalibrationBin, ...]:
    """Put events into bins by their stated probability; empty bins are left out."""
    place = np.clip(np.searchsorted(EDGES, stated, side="right") - 1, 0, len(EDGES) - 2)
    bins = []
    for index in np.unique(place):
        rows = place == index
        count, seen = int(rows.sum()), int(happened[rows].sum())
        interval = jeffreys_interval(seen, count, level=level)
        assert interval is not None, "a bin holds at least one event"
        bins.append(CalibrationBin(EDGES[index], EDGES[index + 1], count, float(stated[rows].mean()), seen, interval))
    return tuple(bins)


def skill(ours: Floats, theirs: Floats, *, clusters: Ints, level: float, seed: int) -> Skill | None:
    """Compare two methods by their summed excess losses (regrets, at least 0) on the same rows: 1 - ours / theirs.

    The interval is a percentile bootstrap over clusters, codes 0, 1, ... None where the other method lost nothing.
    """
    if not theirs.sum() > 0.0:
        return None
    sums = np.stack([np.bincount(clusters, weights=losses) for losses in (ours, theirs)])
    drawn = np.random.default_rng(seed).integers(0, sums.shape[1], size=(BOOTSTRAP, sums.shape[1]))
    totals = sums[:, drawn].sum(axis=2)
    values = 1.0 - totals[0] / np.maximum(totals[1], 1e-12)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return Skill(float(1.0 - ours.sum() / theirs.sum()), Interval(float(low), float(high), level))


def log_error_in_widths(median: Floats, low: Floats, high: Floats, realised: Floats) -> Floats:
    """How far rates fell from their forecasts on the log scale, in half-widths of the interval on that side.

    1 is at the interval's end. All rates are above 0.
    """
    off = np.log(realised / median)
    half = np.where(off > 0.0, np.log(high / median), np.log(median / low))
    return np.asarray(np.abs(off) / np.maximum(half, 1e-12))


def conformal_factor(errors: Floats, *, level: float) -> float | None:
    """Factor on the half-widths of intervals under which the next error lies within with probability `level`.

    Split conformal prediction: the ceil((n + 1) level)-th smallest of n past errors (Vovk et al. 2005; Lei et al. 2018,
    doi:10.1080/01621459.2017.1307116). It holds where past and next errors are exchangeable. None where n is too small
    for there to be one, below level / (1 - level).
    """
    rank = math.ceil((errors.size + 1) * level - 1e-9)
    return None if rank > errors.size else float(np.sort(errors)[rank - 1])
