"""Grader error corrected by human labels."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.arcsine import slope, to_rate
from deploysim.stats.graders import Reviewed, corrected, count_reviews
from deploysim.stats.lanes import table_moments

EXACT = Reviewed(1e9, 1e9, 0.0, 1e9)


def lanes(shared: int = 60):
    """1,000 prefixes, 100 flagged in every lane, `shared` of them in all."""
    table = np.zeros(8)
    table[7], table[[1, 2, 4]] = shared, 100 - shared
    table[0] = 1_000 - table.sum()
    return table_moments(table)


def test_perfect_graders_change_nothing() -> None:
    """Labels that always agree, without end, leave rates and covariance as they were."""
    seen = lanes()
    same = corrected(seen, [EXACT] * 3)

    assert np.allclose(seen.centre, same.centre)
    assert np.allclose(seen.cov, same.cov)


def test_no_labels_change_nothing() -> None:
    """Without a label there is nothing to correct by."""
    seen = lanes()

    assert corrected(seen, [None] * 3) is seen


def test_rate_by_hand() -> None:
    """10 % flagged, precision 0.8, miss rate 0.02: 0.1 * 0.8 + 0.9 * 0.02 = 0.098."""
    sure = Reviewed(0.8e9, 1e9, 0.02e9, 1e9)

    assert pytest.approx(to_rate(corrected(lanes(), [sure] * 3).centre), abs=3e-4) == [0.098] * 3


def test_variance_by_draws() -> None:
    """The covariance equals that of draws of flagged rate, precision and miss rate, each from its own posterior."""
    seen, labels = lanes(), Reviewed(40, 50, 2, 200)
    after = corrected(seen, [labels] * 3)
    rng = np.random.default_rng(1)
    flagged = to_rate(rng.multivariate_normal(seen.centre, seen.cov, size=400_000))
    precision, missed = rng.beta(40.5, 10.5, flagged.shape), rng.beta(2.5, 198.5, flagged.shape)

    true = flagged * precision + (1 - flagged) * missed
    spread = slope(after.centre)
    assert pytest.approx(true.mean(axis=0), rel=0.02) == to_rate(after.centre)
    assert np.cov(true.T) == pytest.approx(after.cov * np.outer(spread, spread), rel=0.05, abs=2e-6)


def test_lanes_without_labels_share_what_is_not_known() -> None:
    """Where two lanes borrow the third's labels their errors go together: the comparison is hardly blurred."""
    labels = Reviewed(15, 20, 1, 50)
    borrowed = corrected(lanes(), [labels, None, None])
    own = corrected(lanes(), [labels, labels, labels])

    def blur(moments) -> float:
        return float(moments.cov[1, 1] + moments.cov[2, 2] - 2 * moments.cov[1, 2])

    assert np.allclose(borrowed.centre, own.centre)
    assert blur(borrowed) < 0.5 * blur(own)


def test_no_unflagged_labels_mean_no_misses() -> None:
    """Without labels of unflagged responses only the precision counts: 10 % times 0.8."""
    sure = Reviewed(0.8e9, 1e9, 0, 0)

    assert pytest.approx(to_rate(corrected(lanes(), [sure] * 3).centre), abs=3e-4) == [0.08] * 3


def test_labels_are_weighted_by_their_design() -> None:
    """Flagged labels of weight 1, 1, 2 of which the last is present: a share of 1/2 of Kish's 16/6."""
    present = np.array([False, False, True, True])
    flagged = np.array([True, True, True, False])

    counted = count_reviews(present, flagged, np.array([1.0, 1.0, 2.0, 5.0]))
    assert pytest.approx((counted.flagged_present, counted.flagged)) == (8 / 6, 16 / 6)
    assert pytest.approx((counted.unflagged_present, counted.unflagged)) == (1.0, 1.0)
