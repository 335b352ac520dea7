"""Skill, calibration and conformal adjustment, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.track_record import calibration, conformal_factor, log_error_in_widths, skill


def test_skill_by_hand() -> None:
    """Regrets 1 + 1 against 3 + 1: half is saved."""
    found = skill(np.array([1.0, 1.0]), np.array([3.0, 1.0]), clusters=np.array([0, 1]), level=0.9, seed=0)

    assert found.value == pytest.approx(0.5)
    # A bootstrap of two clusters draws (3,1 twice), both, or (1,1 twice): 2/3, 1/2 or 0.
    assert (found.interval.low, found.interval.high) == pytest.approx((0.0, 2 / 3))


def test_no_skill_where_nothing_was_lost() -> None:
    """A method that lost nothing cannot be improved on."""
    assert skill(np.ones(2), np.zeros(2), clusters=np.array([0, 1]), level=0.9, seed=0) is None


def test_calibration_bins() -> None:
    """Ends belong to the outer bins, and empty bins are left out."""
    bins = calibration(np.array([0.0, 0.05, 0.95, 1.0]), np.array([False, False, True, False]), level=0.9)

    assert [(one.low, one.high, one.n, one.happened) for one in bins] == [(0.0, 0.1, 2, 0), (0.9, 1.0, 2, 1)]
    assert [one.stated for one in bins] == pytest.approx([0.025, 0.975])


def test_errors_are_measured_in_half_widths_of_their_side() -> None:
    """Forecast 100 (50 to 400): 200 is half way up the upper side, 25 twice the lower one."""
    errors = log_error_in_widths(np.full(2, 100.0), np.full(2, 50.0), np.full(2, 400.0), np.array([200.0, 25.0]))

    assert errors == pytest.approx([0.5, 2.0])


@pytest.mark.parametrize(("n", "factor"), [(8, None), (9, 9.0), (19, 18.0), (20, 19.0)])
def test_conformal_rank_by_hand(n: int, factor: float | None) -> None:
    """The ceil(0.9 (n + 1))-th of the errors 1, 2, ..., n; below nine there is none."""
    assert conformal_factor(np.arange(1.0, n + 1.0), level=0.9) == factor


def test_conformal_intervals_hold_what_they_say() -> None:
    """In 4,000 worlds of 20 past errors the next one lies within with a probability of ceil(18.9) / 21."""
    rng = np.random.default_rng(7)
    worlds = rng.exponential(size=(4_000, 21))
    held = [world[-1] <= conformal_factor(world[:-1], level=0.9) for world in worlds]

    assert np.mean(held) == pytest.approx(19 / 21, abs=0.015)
