"""Paired tests and q-values."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deploysim.stats.significance import benjamini_hochberg, mcnemar, paired_test, sign_flip_test


@pytest.mark.parametrize(
    ("regressed", "improved", "expected"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),  # 2 * 1/2
        (5, 0, 2 / 32),
        (0, 5, 2 / 32),
        (1, 4, 12 / 32),  # 2 * (1 + 5) / 2^5
        (3, 3, 1.0),  # 2 * 42 / 64, capped
        (2, 7, 2 * (1 + 9 + 36) / 512),
    ],
)
def test_mcnemar_by_hand(regressed: int, improved: int, expected: float) -> None:
    """The exact test doubles the smaller tail of Binomial(discordant pairs, 1/2)."""
    assert expected == pytest.approx(mcnemar(regressed, improved))


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([1, 2, 3], 2 / 8),  # only all plus and all minus reach 6
        ([1, -2, 3], 6 / 8),  # sums +-6, +-4, +-2, +-0: all but the two zeros reach 2
        ([0, 0], 1.0),
        ([], 1.0),
        ([0.1, 0.2, 0.3, 0, 0], 2 / 8),  # rounding does not break ties, zeros do not count
    ],
)
def test_sign_flips_by_hand(differences: list[float], expected: float) -> None:
    """All flips are enumerated for few clusters."""
    assert expected == pytest.approx(sign_flip_test(np.array(differences, dtype=float), seed=1).p_value)


@pytest.mark.parametrize(("regressed", "improved"), [(0, 0), (4, 1), (7, 6), (9, 0)])
def test_sign_flips_of_single_prefixes_are_mcnemar(regressed: int, improved: int) -> None:
    """With one prefix a cluster both tests are the same."""
    differences = np.repeat([1.0, -1.0, 0.0], [regressed, improved, 20])

    assert mcnemar(regressed, improved) == pytest.approx(sign_flip_test(differences, seed=1).p_value)


def test_random_flips_agree_with_all_flips() -> None:
    """For 16 clusters the drawn p-value is near the one from enumerating all 65,536 flips here."""
    differences = np.array([1, 2, 1, 3, -1, 1, -2, 1, 2, 1, -1, 1, -3, 2, 1, 1], dtype=float)
    sums = [abs(np.dot(signs, differences)) for signs in itertools.product((1, -1), repeat=16)]

    expected = np.mean(np.array(sums) >= abs(differences.sum()))
    drawn = sign_flip_test(differences, seed=1)
    assert expected == pytest.approx(drawn.p_value, abs=0.015)
    assert drawn == sign_flip_test(differences, seed=1)


def test_random_flips_never_give_zero() -> None:
    """The observed flip counts among the drawn ones: 1 / 10,000 at least."""
    assert sign_flip_test(np.ones(40), seed=1).p_value == 1 / 10_000


def test_choice_of_test() -> None:
    """McNemar needs one prefix a cluster and equal weights; anything else is tested by sign flips."""
    old, new = np.array([True, False, False, True]), np.array([True, True, True, False])
    alone, equal = np.arange(4), np.ones(4)

    assert paired_test(old, new, weights=equal, clusters=alone, seed=1).name == "exact McNemar"
    weighted = paired_test(old, new, weights=np.array([1.0, 1.0, 2.0, 1.0]), clusters=alone, seed=1)
    assert weighted.name == "sign-flip test over clusters (all flips)"
    # Clusters {0, 1} and {2, 3} sum to +1 and 0: both flips of the one difference are as extreme.
    assert paired_test(old, new, weights=equal, clusters=np.array([0, 0, 1, 1]), seed=1).p_value == 1.0


def test_sign_flips_hold_their_level_under_clusters() -> None:
    """Where whole clusters change together and neither lane is worse, p <= 0.1 comes up at most 10 % of the time."""
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(12), 5)
    small = []
    for _ in range(400):
        old, new = (rng.random(12) < 0.4)[clusters], (rng.random(12) < 0.4)[clusters]
        small.append(paired_test(old, new, weights=np.ones(60), clusters=clusters, seed=1).p_value <= 0.1)

    assert np.mean(small) <= 0.12


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        # Sorted 0.01, 0.03, 0.04, 0.5 times 4/1, 4/2, 4/3, 4/4: 0.04, 0.06, 0.0533, 0.5; none above a later one.
        ([0.01, 0.04, 0.03, 0.5], [0.04, 0.16 / 3, 0.16 / 3, 0.5]),
        ([0.02, None, 0.02], [0.02, None, 0.02]),
        ([None], [None]),
        ([], []),
        ([1.0, 1.0], [1.0, 1.0]),
    ],
)
def test_q_values_by_hand(p_values: list[float | None], expected: list[float | None]) -> None:
    """Benjamini-Hochberg in the order given; a category without a test takes no part."""
    assert expected == [None if q is None else pytest.approx(q) for q in benjamini_hochberg(p_values)]
