"""Looking while a run goes on: an interval of the difference that holds at every look at once.

An ordinary interval looked at again and again until it suits ends up wrong far too often. This one, a confidence
sequence, holds the true difference at all times together with the stated probability, so a run can end as soon as the
question is answered. It is the betting interval of Waudby-Smith and Ramdas (2024, doi:10.1093/jrsssb/qkad009), with
whole clusters as the units: for each difference that could be true, two gamblers bet on the clusters being above and
below it, and a difference is ruled out once their joint capital would be multiplied by 1 / (1 - level). No
approximation is involved, so it also holds for a handful of events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Floats, Ints
from deploysim.types import Interval

_STEPS = 240
_FINEST = 1e-7
_MOST_AT_STAKE = 0.5
"""No bet can lose more than this share of the capital."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known after a number of completed clusters."""

    clusters: int
    difference: Interval
    """Candidate less old lane, as a share; no look after this one is wider."""

    @property
    def answered(self) -> bool:
        """Whether the direction is known: 0 is ruled out."""
        return not self.difference.low <= 0.0 <= self.difference.high


def confidence_sequence(
    differences: Floats, sizes: Floats, *, looks: Ints, largest: float, level: float, expected_clusters: int
) -> list[Look]:
    """Interval of the mean paired difference after each look.

    Args:
        differences: Per cluster in the order of completion, which must not depend on the outcomes: the summed (weighted)
            differences of its pairs, candidate less old lane.
        sizes: Per cluster: its summed weights (its number of pairs where there are none).
        looks: Numbers of completed clusters to look after, increasing.
        largest: The largest size that a cluster may have, fixed beforehand.
        level: Probability with which all looks hold together.
        expected_clusters: About how many there will be in all. It tunes the bets and is no condition.
    """
    grid = _grid()
    alive = np.ones(grid.size, dtype=bool)
    found: list[Look] = []
    for n, ruled_out in zip(
        looks, _ruled_out(differences, sizes, grid, looks, largest, level, expected_clusters), strict=True
    ):
        alive &= ~ruled_out
        found.append(Look(int(n), _span(grid, alive, level)))
    return found


def _ruled_out(
    differences: Floats, sizes: Floats, grid: Floats, looks: Ints, largest: float, level: float, expected: int
) -> list[np.ndarray]:
    """Which differences of the grid are ruled out by some cluster up to each look."""
    bets = _bets(differences / largest, level, expected)
    up, down, peak = np.zeros(grid.size), np.zeros(grid.size), np.zeros(grid.size)
    bound = -np.log(1.0 - level)
    reached: list[np.ndarray] = []
    for start, end in zip([0, *looks[:-1]], looks, strict=True):
        for i in range(int(start), int(end)):
            surprise = (differences[i] - grid * sizes[i]) / largest
            up += np.log1p(bets[i] * surprise)
            down += np.log1p(-bets[i] * surprise)
            np.maximum(peak, np.logaddexp(up, down) - np.log(2.0), out=peak)
        reached.append(peak >= bound)
    return reached


def _bets(scaled: Floats, level: float, expected: int) -> Floats:
    """Stake on each cluster from the variance of those before it, one of 1/4 added; a surprise is at most 2."""
    counts = np.arange(1, scaled.size + 1)
    before = np.concatenate([[0.0], np.cumsum(scaled**2)[:-1]])
    variance = (before + 0.25) / counts
    wanted = np.sqrt(2.0 * np.log(2.0 / (1.0 - level)) / (variance * expected))
    return np.asarray(np.minimum(wanted, _MOST_AT_STAKE / 2.0))


def _grid() -> Floats:
    half = np.geomspace(_FINEST, 1.0, _STEPS)
    return np.concatenate([-half[::-1], [0.0], half])


def _span(grid: Floats, alive: np.ndarray, level: float) -> Interval:
    """Interval that covers what is left, out to the next points ruled out; nothing left would be a sign of bad data."""
    left = np.flatnonzero(alive)
    if left.size == 0:
        left = np.array([np.abs(grid).argmin()])
    low, high = max(left[0] - 1, 0), min(left[-1] + 1, grid.size - 1)
    return Interval(float(grid[low]), float(grid[high]), level)
