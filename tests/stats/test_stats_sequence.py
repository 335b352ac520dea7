"""Looks at a run while it goes on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deploysim.stats.sequence import Look, confidence_sequence

EVERY = 50


def pairs(rng: np.random.Generator, *, old: float, change: float, n: int) -> np.ndarray:
    """Differences of pairs whose old lane shows `old`, of which the new one keeps 60 %, plus so much that it changes by
    `change`."""
    before = rng.random(n) < old
    after = np.where(before, rng.random(n) < 0.6, rng.random(n) < (0.4 * old + change) / (1 - old))
    return after.astype(float) - before


def looks(differences: np.ndarray, *, cluster: int = 1, level: float = 0.9) -> list[Look]:
    """Look after every 50 clusters."""
    sums = differences.reshape(-1, cluster).sum(axis=1)
    return confidence_sequence(
        sums,
        np.full(sums.size, float(cluster)),
        looks=np.arange(EVERY, sums.size + 1, EVERY),
        largest=float(cluster),
        level=level,
        expected_clusters=sums.size,
    )


@pytest.mark.parametrize(("old", "change", "cluster"), [(0.1, 0.0, 1), (0.3, 0.1, 1), (0.1, 0.05, 4)])
def test_no_look_is_wrong_more_often_than_stated(old: float, change: float, cluster: int) -> None:
    """In at most 10 % of seeded runs any of the looks misses the true difference."""
    rng = np.random.default_rng(1)
    missed = []
    for _ in range(80):
        found = looks(pairs(rng, old=old, change=change, n=400 * cluster), cluster=cluster)
        missed.append(any(not look.difference.low <= change <= look.difference.high for look in found))

    assert np.mean(missed) <= 0.1


def test_an_ordinary_interval_would_be_wrong_at_some_look() -> None:
    """The near miss: 90 % normal intervals at the same looks miss somewhere in far more than 10 % of the runs."""
    rng = np.random.default_rng(1)
    missed = []
    for _ in range(200):
        d = pairs(rng, old=0.1, change=0.0, n=1_000)
        ends = np.arange(EVERY, 1_001, EVERY)
        missed.append(any(abs(d[:n].mean()) > 1.645 * d[:n].std() / np.sqrt(n) for n in ends))

    assert np.mean(missed) > 0.3


def test_a_clear_change_ends_the_run_early() -> None:
    """10 % to 20 %: the direction is known well before 1,000 pairs in nearly all runs."""
    rng = np.random.default_rng(2)
    ended = [
        next((look.clusters for look in looks(pairs(rng, old=0.1, change=0.1, n=1_000)) if look.answered), None)
        for _ in range(30)
    ]

    known = [clusters for clusters in ended if clusters]
    assert len(known) >= 28
    assert np.mean(known) < 400


def test_looks_only_narrow() -> None:
    """No look takes back what an earlier one ruled out."""
    found = looks(pairs(np.random.default_rng(3), old=0.2, change=0.05, n=800))

    for before, after in itertools.pairwise(found):
        assert before.difference.low <= after.difference.low
        assert after.difference.high <= before.difference.high


def test_first_bet_by_hand() -> None:
    """One cluster of difference 1 and size 1: the stake is 1/4, so capital grows to at most 1 + (1 + 1)/4: nothing is
    ruled out."""
    (look,) = confidence_sequence(
        np.array([1.0]), np.array([1.0]), looks=np.array([1]), largest=1.0, level=0.9, expected_clusters=1
    )

    assert (look.clusters, look.difference.low, look.difference.high) == (1, -1.0, 1.0)
    assert not look.answered
