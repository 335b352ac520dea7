"""Tests of how much may leak."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from deploysim.stats.leaks import clean_needed, conversation_bound, leak_bound


def test_nothing_found_by_hand() -> None:
    """With no leak in n, (1 - p)^n = 0.05 at the bound: 1 - 0.05^(1/120) = 0.02465."""
    assert leak_bound(0, 120) == pytest.approx(1 - 0.05 ** (1 / 120))
    assert leak_bound(0, 120) == pytest.approx(0.02465, abs=1e-5)


@pytest.mark.parametrize(("leaks", "read"), [(0, 1), (1, 10), (3, 120), (17, 200)])
def test_the_bound_solves_the_binomial_tail(leaks: int, read: int) -> None:
    """At the bound, so few leaks or fewer have a chance of 5 %."""
    assert binom.cdf(leaks, read, leak_bound(leaks, read)) == pytest.approx(0.05)


def test_unknown_is_not_zero() -> None:
    """Nothing read says nothing; everything leaking says everything may."""
    assert leak_bound(0, 0) is None
    assert leak_bound(4, 4) == 1.0


@pytest.mark.parametrize(("leaks", "read", "limit"), [(0, 120, 0.01), (0, 0, 0.01), (2, 50, 0.05), (0, 400, 0.01)])
def test_clean_needed_is_the_least_number(leaks: int, read: int, limit: float) -> None:
    """So many more are enough, and one fewer is not."""
    more = clean_needed(leaks, read, limit)

    assert more is not None
    assert leak_bound(leaks, read + more) <= limit
    assert more == 0 or (leak_bound(leaks, read + more - 1) or 1.0) > limit


def test_two_hundred_and_ninety_nine_clean_ones_bring_it_under_one_per_cent() -> None:
    """ln 0.05 / ln 0.99 = 298.07."""
    assert clean_needed(0, 0, 0.01) == 299


def test_the_conversation_bound_holds_however_leaks_are_spread() -> None:
    """Ten conversations of four messages, one leak each in half of them: 5/40 of messages, 5/10 of conversations."""
    assert conversation_bound(5 / 40, 40, 10) == pytest.approx(0.5)
    assert conversation_bound(0.5, 40, 10) == 1.0
    assert conversation_bound(None, 40, 10) is None


def test_coverage() -> None:
    """Over 4,000 seeded spot-checks of 200 messages the bound holds the true share at least 95 % of the time."""
    rng = np.random.default_rng(0)
    for share in (0.002, 0.02, 0.2):
        found = rng.binomial(200, share, size=4_000)
        bounds = {int(k): leak_bound(int(k), 200) for k in np.unique(found)}
        assert np.mean([bounds[int(k)] >= share for k in found]) >= 0.94
