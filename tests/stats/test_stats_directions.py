"""Directions of change and log-odds: by hand, and on made-up changes with a known answer."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.directions import directions, spherical_means
from deploysim.stats.log_odds import log_odds_z


def test_log_odds_by_hand() -> None:
    """Counts (3, 1) and (1, 3), prior 2 in all: z = log 4 / sqrt(1/2 + 1/4), and its opposite."""
    z = log_odds_z(np.array([3.0, 1.0]), np.array([1.0, 3.0]), prior_total=2.0)

    assert z == pytest.approx([-np.log(4) / np.sqrt(0.75), np.log(4) / np.sqrt(0.75)])


def test_a_rare_term_is_drawn_towards_no_difference() -> None:
    """Twice as frequent with two cases says less than with two hundred."""
    z = log_odds_z(np.array([1.0, 100.0, 899.0]), np.array([2.0, 200.0, 798.0]))

    assert 0.0 < z[0] < z[1]


def test_centres_lie_where_vectors_do() -> None:
    """Two bundles of unit vectors have two centres."""
    rng = np.random.default_rng(0)
    one = np.array([1.0, 0.0, 0.0]) + 0.05 * rng.normal(size=(30, 3))
    two = np.array([0.0, 1.0, 0.0]) + 0.05 * rng.normal(size=(30, 3))
    units = np.vstack([one, two])
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    centres = spherical_means(units, 2, np.random.default_rng(1))

    assert sorted(np.argmax(centres, axis=1).tolist()) == [0, 1]
    assert np.linalg.norm(centres, axis=1) == pytest.approx([1.0, 1.0])


def test_a_change_that_goes_one_way_is_confirmed_and_noise_is_not() -> None:
    """A quarter of the pairs gain dimension 0; the rest is symmetric noise, which goes both ways alike."""
    rng = np.random.default_rng(2)
    changes = rng.normal(size=(240, 6))
    changes[:60] = 0.3 * rng.normal(size=(60, 6))
    changes[:60, 0] = 4.0
    found = directions(changes, clusters=np.arange(240), count=4, seed=0)
    best = found[0]

    assert best.centre[0] > 0.9
    assert best.p_value < 0.01
    assert best.forward > 2 * best.backward
    assert len(set(best.members.tolist()) & set(range(60))) >= 55


@pytest.mark.slow
def test_symmetric_noise_is_called_a_direction_no_more_often_than_chance_allows() -> None:
    """100 worlds without any direction: of all p values about one in twenty is below 0.05."""
    rng = np.random.default_rng(3)
    p_values = [
        one.p_value
        for seed in range(100)
        for one in directions(rng.normal(size=(120, 5)), clusters=np.repeat(np.arange(60), 2), count=3, seed=seed)
    ]

    assert np.mean(np.array(p_values) < 0.05) < 0.09


def test_pairs_without_change_belong_to_nothing() -> None:
    """Rows of zeros are no members, and all zeros give no direction."""
    changes = np.zeros((20, 3))
    assert directions(changes, clusters=np.arange(20), count=2, seed=0) == ()
    changes[:10, 1] = 1.0
    (only,) = directions(changes, clusters=np.arange(20), count=1, seed=0)
    assert only.members.tolist() == list(range(10))
