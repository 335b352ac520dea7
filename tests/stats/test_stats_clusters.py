"""Effective numbers under weights and clusters."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.clusters import design_effect, effective_n, events, kish_effective_n, weighted_mean, weighted_n


def test_kish_number() -> None:
    """Weights 1, 1, 2 are worth (1 + 1 + 2)^2 / (1 + 1 + 4) = 16/6 observations; equal weights are worth all."""
    assert pytest.approx(kish_effective_n(np.array([1.0, 1.0, 2.0]))) == 16 / 6
    assert pytest.approx(kish_effective_n(np.full(3, 0.2))) == 3.0
    assert kish_effective_n(np.array([])) == 0.0


def test_weighted_mean() -> None:
    """(1 * 1 + 3 * 0) / 4 = 1/4."""
    assert weighted_mean(np.array([1.0, 0.0]), np.array([1.0, 3.0])) == 0.25


def test_events() -> None:
    """Three errors of 1 and 97 hardly worth mentioning are three events; none are none."""
    assert pytest.approx(events(np.array([1.0, 1.0, -1.0, *[0.001] * 97])), rel=1e-3) == 3.0
    assert events(np.zeros(5)) == 0.0


def test_weights_that_go_with_the_outcome() -> None:
    """Unrelated weights leave Kish's number; light weights where it matters are worth more, heavy ones less.

    Errors of 1 at weight 1/2 in 100 of 1,000, the others at weight 1 and without error: Kish's number is
    950^2 / 925 = 975.7, and the variance is 100 / 4 against 925 * 50 / 950 = 48.7, a gain of 25 / 48.7 on 100 events.
    """
    errors = np.repeat([1.0, 0.0], [100, 900])
    kish = 950**2 / 925

    light = weighted_n(errors, np.repeat([0.5, 1.0], [100, 900]))
    assert pytest.approx(kish * 101 / (100 * 25 / (925 * 50 / 950) + 1)) == light
    assert weighted_n(errors, np.repeat([2.0, 1.0], [100, 900])) < kish_effective_n(np.repeat([2.0, 1.0], [100, 900]))
    assert pytest.approx(weighted_n(errors, np.full(1_000, 3.0))) == 1_000.0
    assert pytest.approx(kish) == weighted_n(np.zeros(1_000), np.repeat([0.5, 1.0], [100, 900]))


def test_effective_number_has_both() -> None:
    """Copies count once, whatever the weights; no observations are worth nothing."""
    values = np.repeat([0.5, -0.5, 1.0, -1.0], 3)

    assert pytest.approx(effective_n(values, weights=np.ones(12), clusters=np.repeat(np.arange(4), 3))) == 4.0
    assert effective_n(np.array([]), weights=np.array([]), clusters=np.array([], dtype=np.int64)) == 0.0


def test_one_observation_a_cluster_costs_nothing() -> None:
    """The factor is exactly 1 without clusters, whatever the weights."""
    rng = np.random.default_rng(1)

    assert pytest.approx(design_effect(rng.normal(size=50), weights=rng.random(50), clusters=np.arange(50))) == 1.0


def test_copies_count_once() -> None:
    """Clusters of three equal observations are worth one each."""
    values = np.repeat([0.5, -0.5, 1.0, -1.0], 3)

    assert pytest.approx(design_effect(values, weights=np.ones(12), clusters=np.repeat(np.arange(4), 3))) == 3.0


def test_nothing_seen_takes_the_worst_case() -> None:
    """Clusters of 1 and 3 that never vary: (1^2 + 3^2) / 4 = 2.5 observations are worth one."""
    clusters = np.array([0, 1, 1, 1])

    assert pytest.approx(design_effect(np.zeros(4), weights=np.ones(4), clusters=clusters)) == 2.5


def test_opposite_members_never_gain() -> None:
    """Members that cancel within their cluster would give less than 1; the factor stays at 1."""
    values = np.tile([1.0, -1.0], 50)

    assert design_effect(values, weights=np.ones(100), clusters=np.repeat(np.arange(50), 2)) == 1.0


def test_pairwise_definition() -> None:
    """Before the pseudo-event, the factor is one plus the products of all pairs within clusters over the squares."""
    rng = np.random.default_rng(3)
    z, w = rng.normal(size=30), rng.random(30)
    clusters = np.repeat(np.arange(10), 3)
    z += rng.normal(size=10)[clusters]

    s = z * w
    pairs = sum(s[i] * s[j] for i in range(30) for j in range(30) if i != j and clusters[i] == clusters[j])
    worst = sum(w[clusters == c].sum() ** 2 for c in range(10)) / (w**2).sum()
    events = (s**2).sum() ** 2 / (s**4).sum()
    expected = (events * (1 + pairs / (s**2).sum()) + worst) / (events + 1)
    assert expected == pytest.approx(design_effect(z, weights=w, clusters=clusters))
