"""Ways in which pairs change: directions found on one half of the conversations and confirmed on the other.

The change of a pair is a signed vector. Spherical k-means (Dhillon and Modha 2001, doi:10.1023/A:1007612920971) finds
directions that many changes share. Two samples of one model change as often one way as the opposite way, so a direction
is real where, among conversations that had no part in finding it, more pairs follow it than its opposite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Bools, Floats, Ints
from deploysim.stats.significance import sign_flip_test

RESTARTS = 6
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Direction:
    """One way in which pairs change."""

    centre: Floats
    """Of length 1, shape (dimensions,)."""
    members: Ints
    """Pairs of both halves whose change is nearest to it and goes its way."""
    forward: int
    """Held-out pairs that follow it."""
    backward: int
    """Held-out pairs that follow its opposite."""
    p_value: float
    """Of as many one way as the other, by flipping the signs of whole clusters."""


def directions(changes: Floats, *, clusters: Ints, count: int, seed: int) -> tuple[Direction, ...]:
    """Find directions of change, those that most held-out pairs follow on balance first.

    Args:
        changes: Shape (pairs, dimensions); a pair without any change is a row of zeros and belongs to none.
        clusters: Codes 0, 1, ... of pairs that go together, which stay in one half.
        count: Directions to look for, at least 1.
        seed: Of halves and starting points.
    """
    rng = np.random.default_rng(seed)
    lengths = np.linalg.norm(changes, axis=1, keepdims=True)
    units = np.divide(changes, lengths, out=np.zeros_like(changes), where=lengths > 0.0)
    moved = lengths[:, 0] > 0.0
    found_on = rng.permutation(int(clusters.max()) + 1)[clusters] % 2 == 0
    training = units[found_on & moved]
    if not training.size:
        return ()
    centres = spherical_means(training, min(count, training.shape[0]), rng)
    likeness = units @ centres.T
    nearest = np.argmax(np.abs(likeness), axis=1)
    ways = np.where(moved, np.sign(likeness[np.arange(nearest.size), nearest]), 0.0)
    found = [_direction(at, centre, nearest, ways, found_on, clusters, seed) for at, centre in enumerate(centres)]
    return tuple(sorted(found, key=lambda one: (one.p_value, one.backward - one.forward)))


def spherical_means(units: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return centres of length 1 that vectors of length 1 lie nearest to, the best of some restarts."""
    best, best_fit = np.empty((0, units.shape[1])), -np.inf
    for _ in range(RESTARTS):
        centres = _start(units, count, rng)
        for _ in range(ROUNDS):
            nearest = np.argmax(units @ centres.T, axis=1)
            moved = np.stack([_centre(units[nearest == at], centres[at]) for at in range(count)])
            settled = bool(np.allclose(moved, centres, atol=1e-6))
            centres = moved
            if settled:
                break
        fit = float((units @ centres.T).max(axis=1).sum())
        if fit > best_fit:
            best, best_fit = centres, fit
    return best


def _start(units: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return starting centres, each far from those before (k-means++)."""
    chosen = [int(rng.integers(units.shape[0]))]
    while len(chosen) < count:
        distance = np.clip(1.0 - (units @ units[chosen].T).max(axis=1), 0.0, None)
        total = float(distance.sum())
        weights = distance / total if total > 0.0 else np.full(distance.size, 1.0 / distance.size)
        chosen.append(int(rng.choice(distance.size, p=weights)))
    return units[chosen]


def _centre(members: Floats, before: Floats) -> Floats:
    total = members.sum(axis=0)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length) if length > 0.0 else before


def _direction(
    at: int, centre: Floats, nearest: Ints, ways: Floats, found_on: Bools, clusters: Ints, seed: int
) -> Direction:
    mine = nearest == at
    held_out = mine & ~found_on
    sums = np.bincount(clusters[held_out], weights=ways[held_out]).astype(np.float64)
    return Direction(
        centre=centre,
        members=np.flatnonzero(mine & (ways > 0.0)),
        forward=int((ways[held_out] > 0.0).sum()),
        backward=int((ways[held_out] < 0.0).sum()),
        p_value=sign_flip_test(sums, seed=seed).p_value,
    )
