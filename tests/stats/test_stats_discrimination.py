"""Telling members of pairs apart: worked by hand, against a slower definition, and under the null."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.discrimination import fit, pair_auc, tell_apart


def test_auc_of_three_pairs_by_hand() -> None:
    """Scores 2, 1 and -1: sums 3 and 1 are above 0, 1 - 1 = 0 is a tie: (1 + 1 + 1/2) / 3."""
    assert pair_auc(np.array([2.0, 1.0, -1.0])) == pytest.approx(2.5 / 3)


def test_auc_is_that_of_pairs_shown_in_either_order() -> None:
    """Equal to comparing each pair in its own order with each other pair turned round, one by one."""
    scores = np.random.default_rng(1).normal(size=40).round(1)
    slow = [
        1.0 if a > -b else 0.5 if a == -b else 0.0 for i, a in enumerate(scores) for j, b in enumerate(scores) if i != j
    ]

    assert pair_auc(scores) == pytest.approx(np.mean(slow))


def test_the_fit_solves_its_equation() -> None:
    """At the optimum the penalty's pull equals the data's: w = sum x (1 - sigmoid(w·x)). One pair x = 1: w = 0.4012."""
    w = fit(np.array([[1.0]]))

    assert w[0] == pytest.approx(1.0 / (1.0 + np.exp(w[0])), abs=1e-4)
    assert w[0] == pytest.approx(0.4012, abs=1e-3)


def test_a_feature_that_always_tells_is_found() -> None:
    """One side always has more of the first feature: told in every pair, never mistaken, by that feature."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 3))
    x[:, 0] = np.abs(x[:, 0]) + 1.0
    told = tell_apart(x, clusters=np.arange(60), seed=0, flips=39)

    assert told.auc > 0.99
    assert told.mistaken == 0.0
    assert told.p_value == pytest.approx(1 / 40)
    assert int(np.argmax(told.coefficients)) == 0
    assert told.interval.low > 0.9


def test_exchanging_the_sides_changes_nothing_but_the_sign() -> None:
    """Which member is called first does not matter to how well they are told apart."""
    x = np.random.default_rng(3).normal(size=(50, 4)) + 0.3
    one = tell_apart(x, clusters=np.arange(50), seed=5, flips=5)
    other = tell_apart(-x, clusters=np.arange(50), seed=5, flips=5)

    assert one.auc == pytest.approx(other.auc)
    assert one.coefficients == pytest.approx(-other.coefficients, abs=1e-4)


@pytest.mark.slow
def test_where_nothing_differs_the_interval_holds_a_half() -> None:
    """200 worlds of clustered pairs without any difference: AUC about 0.5, coverage near 95 %, p below 0.05 in about 5 %."""
    rng = np.random.default_rng(4)
    worlds, covered, shares, aucs, small = 200, 0, 0, [], 0
    clusters = np.repeat(np.arange(40), 2)
    for seed in range(worlds):
        common = (rng.normal(size=(40, 8)) * rng.choice([-1.0, 1.0], size=(40, 1)))[clusters]
        told = tell_apart(rng.normal(size=(80, 8)) + 0.7 * common, clusters=clusters, seed=seed, flips=39)
        covered += told.interval.low <= 0.5 <= told.interval.high
        shares += told.mistaken_interval.low <= 0.5 <= told.mistaken_interval.high
        aucs.append(told.auc)
        small += told.p_value <= 0.05

    assert np.mean(aucs) == pytest.approx(0.5, abs=0.03)
    assert covered / worlds > 0.89
    assert shares / worlds > 0.88
    assert small / worlds < 0.10
