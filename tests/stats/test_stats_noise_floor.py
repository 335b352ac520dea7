"""How often two answers of the same model differ."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import beta

from deploysim.stats.noise_floor import NO_REPEATS, noise_floor


def test_by_hand() -> None:
    """Flags 10, 11, 00, 110 give 1 + 0 + 0 + 2 differing of 1 + 1 + 1 + 3 pairs."""
    present = np.array([1, 0, 1, 1, 0, 0, 1, 1, 0], dtype=bool)
    prefixes = np.array([0, 0, 1, 1, 2, 2, 3, 3, 3])

    found = noise_floor(present, prefixes=prefixes, clusters=prefixes, weights=np.ones(9), level=0.9)

    assert (found.differing, found.pairs, found.prefixes) == (3, 6, 4)
    assert found.share == 0.5


def test_one_pair_a_conversation_is_a_plain_rate() -> None:
    """With two answers to one prefix of each conversation it is Jeffreys' interval of 3 in 40."""
    present = np.zeros(80, dtype=bool)
    present[[0, 2, 4]] = True
    prefixes = np.repeat(np.arange(40), 2)

    found = noise_floor(present, prefixes=prefixes, clusters=prefixes, weights=np.full(80, 2.0), level=0.9)

    assert found.share == 3 / 40
    assert found.interval is not None
    assert pytest.approx(beta.ppf([0.05, 0.95], 3.5, 37.5)) == [found.interval.low, found.interval.high]


def test_no_repeats_is_unknown() -> None:
    """Prefixes with one answer each say nothing; it is not 0."""
    once = np.arange(5)

    assert (
        noise_floor(np.ones(5, dtype=bool), prefixes=once, clusters=once, weights=np.ones(5), level=0.9) is NO_REPEATS
    )
    assert NO_REPEATS.share is None


def test_no_difference_is_bounded() -> None:
    """Ten equal pairs leave room up to the one-sided bound of 0 in 10."""
    prefixes = np.repeat(np.arange(10), 2)

    found = noise_floor(np.zeros(20, dtype=bool), prefixes=prefixes, clusters=prefixes, weights=np.ones(20), level=0.9)

    assert found.share == 0.0
    assert found.interval is not None
    assert (0.0, pytest.approx(beta.ppf(0.9, 0.5, 10.5))) == (found.interval.low, found.interval.high)


def test_slow_definition() -> None:
    """Every pair of every prefix, one after another, in any order of the answers, with weights."""
    rng = np.random.default_rng(3)
    prefixes = rng.permutation(np.repeat(np.arange(30), rng.integers(1, 6, 30)))
    present = rng.random(prefixes.size) < 0.3
    weights = (1.0 + rng.random(30))[prefixes]
    differing = total = 0.0
    counts = [0, 0]
    for a, b in combinations(range(prefixes.size), 2):
        if prefixes[a] == prefixes[b]:
            counts[1] += 1
            total += weights[a]
            if present[a] != present[b]:
                counts[0] += 1
                differing += weights[a]

    found = noise_floor(present, prefixes=prefixes, clusters=prefixes // 3, weights=weights, level=0.9)

    assert counts == [found.differing, found.pairs]
    assert pytest.approx(differing / total) == found.share


def test_conversations_widen_it() -> None:
    """Prefixes of one conversation that differ together are worth less than as many conversations."""
    present = np.tile([True, False, True, False, True, False, *[False] * 18], 5)
    prefixes = np.repeat(np.arange(60), 2)
    found = {
        step: noise_floor(present, prefixes=prefixes, clusters=prefixes // step, weights=np.ones(120), level=0.9)
        for step in (1, 3)
    }

    widths = {step: one.interval.high - one.interval.low for step, one in found.items() if one.interval}
    assert found[1].share == found[3].share
    assert widths[3] > 1.3 * widths[1]


def test_coverage() -> None:
    """Over 400 seeded worlds with clustered prefixes and three repeats a 90 % interval holds the truth 86 to 97 %.

    A conversation is flagged with probability p; two answers differ with 2 p (1 - p), on average over p.
    """
    rng = np.random.default_rng(11)
    # p from Beta(1, 9): E[2 p (1 - p)] = 2 a b / ((a + b)(a + b + 1)).
    truth, held = 2 * 9 / (10 * 11), 0
    prefixes = np.repeat(np.arange(300), 3)
    for _ in range(400):
        p = rng.beta(1, 9, 150)[prefixes // 2]
        found = noise_floor(
            rng.random(900) < p, prefixes=prefixes, clusters=prefixes // 2, weights=np.ones(900), level=0.9
        )
        assert found.interval is not None
        held += found.interval.low <= truth <= found.interval.high

    assert 0.86 <= held / 400 <= 0.97
