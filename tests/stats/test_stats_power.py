"""Pairs needed, against hand arithmetic and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from deploysim.stats.power import moved_rate, pairs_needed


def needed(old: float, new: float, lost: float) -> int | None:
    """At the default certainty and power."""
    return pairs_needed(old_rate=old, new_rate=new, lost=lost, certainty=0.9, power=0.8)


def test_pairs_by_hand() -> None:
    """10 % to 15 % with half of the old lost: improved 0.05, regressed 0.10, so s = 0.15 and d = 0.05.

    (1.2816 * sqrt(0.15) + 0.8416 * sqrt(0.15 - 0.0025))^2 / 0.0025 = (0.4964 + 0.3232)^2 / 0.0025 = 268.7.
    """
    assert needed(0.10, 0.15, 0.5) == 269


def test_rarer_needs_more() -> None:
    """A tenth of the rate takes about ten times the pairs, and more lost takes more."""
    assert pytest.approx(needed(0.001, 0.0015, 0.5) / needed(0.01, 0.015, 0.5), rel=0.01) == 10.0
    assert needed(0.01, 0.015, 0.9) > needed(0.01, 0.015, 0.2)


@pytest.mark.parametrize(("old", "new"), [(0.1, 0.1), (0.0, 0.1), (0.8, 1.0), (0.8, 1.2)])
def test_impossible_changes_have_no_number(old: float, new: float) -> None:
    """No change, and rates that are not between 0 and 1, give None."""
    assert needed(old, new, 0.5) is None


@pytest.mark.parametrize("old", [0.3, 0.1, 0.01])
@pytest.mark.parametrize(
    ("lost", "least", "most"), [(0.2, 0.8, 0.86), (0.5, 0.78, 0.84), (0.9, 0.78, 0.84), (0.0, 0.8, 0.97)]
)
def test_realised_power(old: float, lost: float, least: float, most: float) -> None:
    """With the number given, the posterior calls a change of 1.5x about 80 % of the time; more where little is lost."""
    n = needed(old, 1.5 * old, lost)
    improved, regressed = lost * old, 0.5 * old + lost * old
    pairs = np.random.default_rng(1).multinomial(n, [improved, regressed, 1 - improved - regressed], size=20_000)

    called = (beta.sf(0.5, pairs[:, 1] + 0.25, pairs[:, 0] + 0.25) >= 0.9).mean()
    assert least <= called <= most, called


def test_smaller_rates_are_seen_too() -> None:
    """The same formula serves a decrease: all that changes is lost outcomes, improved = old - new."""
    n = needed(0.03, 0.02, 0.1)
    pairs = np.random.default_rng(1).multinomial(n, [0.01, 0.99], size=20_000)

    assert (beta.cdf(0.5, 0.25, pairs[:, 0] + 0.25) >= 0.9).mean() >= 0.8


def test_moved_rate() -> None:
    """At equal rates it multiplies; odds 1:9 to 1:4 is x2.25, which moves 1:1 to 9:4; beyond 1 there is none."""
    assert pytest.approx(moved_rate(0.1, of=0.1, ratio=1.5)) == 0.15
    assert pytest.approx(moved_rate(0.5, of=0.1, ratio=2.0)) == 9 / 13
    assert moved_rate(0.5, of=0.7, ratio=1.5) is None
