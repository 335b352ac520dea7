"""Risk-weighted samples."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.errors import InputError
from deploysim.stats.clusters import weighted_mean
from deploysim.stats.lanes import lane_moments
from deploysim.stats.risk import draw, inclusion_probabilities, uniform_equivalent


def test_probabilities_by_hand() -> None:
    """Ten prefixes, five to draw, floor 0.05: scores 8 and 1 nine times give 1 and 4/9 each."""
    found = inclusion_probabilities(np.array([8.0, *[1.0] * 9]), size=5)

    assert pytest.approx([1.0, *[4 / 9] * 9]) == found.tolist()


@pytest.mark.parametrize("size", [1, 20, 300, 999, 1_000])
def test_probabilities_add_up_and_keep_the_floor(size: int) -> None:
    """Whatever the scores, they add up to the size, lie in 0..1 and keep a tenth of uniform."""
    scores = np.random.default_rng(1).exponential(size=1_000) ** 4
    found = inclusion_probabilities(scores, size=size)

    assert pytest.approx(size) == found.sum()
    assert found.max() <= 1.0 + 1e-12
    assert found.min() >= 0.1 * size / 1_000 - 1e-12


@pytest.mark.parametrize("scores", [np.zeros(40), np.full(40, 3.0)])
def test_equal_scores_draw_uniformly(scores: np.ndarray) -> None:
    """Scores that tell nothing give a uniform sample."""
    assert pytest.approx(np.full(40, 0.25)) == inclusion_probabilities(scores, size=10)


def test_few_risky_prefixes_leave_the_rest_to_the_others() -> None:
    """Two risky ones among a hundred cannot take up ten places: the others share the remaining eight."""
    found = inclusion_probabilities(np.array([1.0, 1.0, *[0.0] * 98]), size=10)

    assert pytest.approx([1.0, 1.0]) == found[:2].tolist()
    assert pytest.approx(8 / 98) == found[5]


def test_each_prefix_is_drawn_as_often_as_promised() -> None:
    """Over 4,000 draws frequencies are within four standard errors, and every draw has the exact size."""
    probabilities = inclusion_probabilities(np.random.default_rng(1).exponential(size=60) ** 2, size=12)
    chosen = [draw(probabilities, seed=seed) for seed in range(4_000)]

    assert {12} == {len(np.unique(c)) for c in chosen}
    share = np.bincount(np.concatenate(chosen), minlength=60) / 4_000
    assert np.all(np.abs(share - probabilities) <= 4 * np.sqrt(probabilities * (1 - probabilities) / 4_000) + 1e-9)
    assert np.array_equal(draw(probabilities, seed=7), chosen[7])


@pytest.mark.parametrize(("scores", "size"), [([-1.0, 1.0], 1), ([np.nan, 1.0], 1), ([1.0, 1.0], 3), ([1.0, 1.0], 0)])
def test_senseless_arguments_are_refused(scores: list[float], size: int) -> None:
    """The message says what was expected."""
    with pytest.raises(InputError, match="risk-weighted"):
        inclusion_probabilities(np.array(scores), size=size)


def population(seed: int = 5, n: int = 50_000) -> tuple[np.ndarray, np.ndarray]:
    """Risk of every prefix and whether it shows a behaviour of about 1 in 200, most of it in a risky tenth."""
    rng = np.random.default_rng(seed)
    risk = np.where(rng.random(n) < 0.1, 0.04, 0.001)
    return risk, (rng.random(n) < risk).astype(float)


def test_estimates_are_unbiased_and_as_sure_as_they_say() -> None:
    """Over 300 logs and samples the rate averages to the true one, and its scatter is that of the equivalent n."""
    rates, worth = [], []
    for seed in range(300):
        risk, shows = population(seed)
        probabilities = inclusion_probabilities(np.sqrt(risk), size=4_000)
        chosen = draw(probabilities, seed=seed)
        weights = 1 / probabilities[chosen]
        rates.append(weighted_mean(shows[chosen], weights))
        worth.append(uniform_equivalent(shows[chosen], weights))

    true = 0.1 * 0.04 + 0.9 * 0.001
    assert pytest.approx(true, rel=0.02) == np.mean(rates)
    assert pytest.approx(true * (1 - true) / np.var(rates), rel=0.2) == np.mean(worth)
    assert np.mean(worth) > 1.7 * 4_000


def test_fewer_replays_give_the_same_interval() -> None:
    """Against a uniform sample of the same population, well under half of the replays give the rate's interval."""
    risk, shows = population()
    uniform = draw(np.full(risk.size, 8_000 / risk.size), seed=1)
    probabilities = inclusion_probabilities(np.sqrt(risk), size=3_000)
    weighted = draw(probabilities, seed=1)

    def spread(chosen: np.ndarray, weights: np.ndarray) -> float:
        lanes = np.column_stack([shows[chosen], shows[chosen]])
        return float(lane_moments(lanes, weights=weights, clusters=np.arange(chosen.size)).cov[0, 0])

    assert spread(weighted, 1 / probabilities[weighted]) < spread(uniform, np.ones(uniform.size))
