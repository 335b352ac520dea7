"""Are direction calls right as often as they say? Seeded worlds with a known truth."""

from __future__ import annotations

import numpy as np

from deploysim.forecast.category import direction_call, ratio_certainty
from deploysim.forecast.counts import paired_table
from deploysim.forecast.records import Direction
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.lanes import lane_moments, stack
from deploysim.stats.pooling import pool
from deploysim.stats.shift import shift_draws

SETTINGS = ForecastSettings()
WORLDS = 1_500
SIZES, CENTRES = (110, 500), (0.01, 0.03, 0.1)
HOLDS = {
    Direction.MATERIALLY_UP: lambda ratio: ratio > 1.5,
    Direction.MATERIALLY_DOWN: lambda ratio: ratio < 1 / 1.5,
    Direction.UP: lambda ratio: ratio > 1,
    Direction.DOWN: lambda ratio: ratio < 1,
    Direction.UNCHANGED: lambda ratio: 1 / 1.5 < ratio < 1.5,
}


def chance(log_odds):
    """Return the probability that log-odds stand for."""
    return 1 / (1 + np.exp(-log_odds))


def world(rng: np.random.Generator, prefixes: np.ndarray) -> tuple[Direction, float]:
    """Draw a world, replay it, and return what was called and the ratio that is true in it.

    Log-odds of the three lanes differ by a fidelity gap (sd 0.3) and a shift (sd 0.7); prefixes differ in how much
    they invite the behaviour (sd 1), alike for all lanes.
    """
    n, centre = int(rng.choice(SIZES)), rng.choice(CENTRES)
    recorded = np.log(centre / (1 - centre)) + rng.normal(0, 0.5)
    baseline = recorded + rng.normal(0, 0.3)
    candidate = baseline + rng.normal(0, 0.7)
    rates = [chance(lane + prefixes).mean() for lane in (recorded, baseline, candidate)]
    odds = [np.log(rate / (1 - rate)) for rate in rates]
    truth = chance(odds[0] + odds[2] - odds[1]) / rates[0]
    own = rng.normal(0, 1, n)
    flags = np.stack([rng.random(n) < chance(lane + own) for lane in (recorded, baseline, candidate)], axis=1)
    return called(flags, seed=int(rng.integers(1 << 30))), float(truth)


def called(flags: np.ndarray, *, seed: int) -> Direction:
    """Return the direction called on the flags of three lanes."""
    old, new = flags[:, 1], flags[:, 2]
    if not (old | new).any():
        return Direction.UNKNOWN
    n = len(flags)
    seen = lane_moments(flags.astype(float), weights=np.ones(n), clusters=np.arange(n))
    draws = shift_draws(pool(stack([seen]), SETTINGS.priors).of(0), draws=2_000, seed=seed).ratio
    return direction_call(ratio_certainty(draws, SETTINGS.material_ratio), paired_table(old, new), SETTINGS)


def test_calls_are_right_about_as_often_as_they_claim() -> None:
    """Nine in ten calls hold, material ones too, and hardly any points the wrong way."""
    rng = np.random.default_rng(20261101)
    prefixes = np.random.default_rng(1).normal(0, 1, 20_000)
    worlds = [world(rng, prefixes) for _ in range(WORLDS)]
    calls = [(direction, truth) for direction, truth in worlds if direction is not Direction.UNKNOWN]
    material = [c for c in calls if c[0] in (Direction.MATERIALLY_UP, Direction.MATERIALLY_DOWN)]

    def right(chosen: list[tuple[Direction, float]]) -> float:
        return float(np.mean([HOLDS[direction](truth) for direction, truth in chosen]))

    assert len(calls) > 600
    assert right(calls) >= 0.90
    assert len(material) > 150
    assert right(material) >= 0.88
    assert np.mean([(truth > 1) == (direction is Direction.MATERIALLY_UP) for direction, truth in material]) >= 0.97
