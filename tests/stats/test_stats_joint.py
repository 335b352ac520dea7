"""The joint posterior of lanes that answered the same prefixes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import beta

from deploysim.stats.joint import ShiftDraws, draw_lanes, equal_tailed, forecast_log_odds, joint_cells, shift_draws

DRAWS = 100_000


def prefixes(counts: dict[str, int]) -> np.ndarray:
    """Flags of prefixes by pattern, such as {"101": 3}."""
    return np.array([[c == "1" for c in pattern] for pattern, count in counts.items() for _ in range(count)])


def shift(
    flags: np.ndarray, *, draws: int = DRAWS, seed: int = 1, clusters: np.ndarray | None = None, scale: float = 1.0
) -> ShiftDraws:
    """Draws for equally weighted prefixes."""
    n = len(flags)
    codes = np.arange(n) if clusters is None else clusters
    return shift_draws(flags, weights=np.full(n, scale), clusters=codes, draws=draws, seed=seed)


def test_cells_count_patterns() -> None:
    """Lane j is bit j of the cell: 10 is cell 1, 01 is cell 2, 11 is cell 3."""
    flags = prefixes({"00": 5, "10": 2, "01": 1, "11": 4})

    assert pytest.approx(joint_cells(flags, np.ones(12)).tolist()) == [5, 2, 1, 4]


def test_weighted_cells_are_shares_of_the_effective_number() -> None:
    """Weights 1, 1, 2: shares 1/2 and 1/2 of Kish's 16/6."""
    flags = np.array([[False, False], [False, False], [True, True]])

    assert pytest.approx(joint_cells(flags, np.array([1.0, 1.0, 2.0])).tolist()) == [8 / 6, 0, 0, 8 / 6]


@pytest.mark.parametrize("pattern", ["10", "101"])
def test_each_lane_keeps_its_jeffreys_posterior(pattern: str) -> None:
    """The margin of any lane is Beta(k + 1/2, n - k + 1/2): 7 seen in 40."""
    flags = prefixes({pattern: 7, "0" * len(pattern): 33})

    rates = draw_lanes(joint_cells(flags, np.ones(40)), draws=DRAWS, seed=1).rates
    levels = [0.05, 0.5, 0.95]
    assert beta.ppf(levels, 7.5, 33.5) == pytest.approx(np.quantile(rates[:, 0], levels), rel=0.01)
    assert beta.ppf(levels[1:], 0.5 + 7 * (pattern[1] == "1"), 40.5) == pytest.approx(
        np.quantile(rates[:, 1], levels[1:]), rel=0.06
    )


@pytest.mark.parametrize(("regressed", "improved", "both"), [(0, 0, 0), (2, 0, 3), (0, 3, 0), (6, 2, 1), (25, 14, 200)])
@pytest.mark.parametrize("lanes", [2, 3])
def test_direction_is_decided_by_discordant_pairs(regressed: int, improved: int, both: int, lanes: int) -> None:
    """P(ratio > 1) is exactly P(Beta(regressed + 1/4, improved + 1/4) > 1/2), with or without a baseline lane."""
    recorded = "1" if lanes == 3 else ""
    flags = prefixes({f"{recorded}01": regressed, f"{recorded}10": improved, f"{recorded}11": both, "0" * lanes: 500})

    expected = beta.sf(0.5, regressed + 0.25, improved + 0.25)
    assert expected == pytest.approx((shift(flags).ratio > 1).mean(), abs=0.006)


def test_ratio_by_slow_enumeration() -> None:
    """On a small table the ratio's distribution equals a sum over a grid of cell shares weighted by the density.

    Cells 3, 2, 1, 4 with the prior 1/4; the midpoint grid of 1/200 leaves an error of about 0.01.
    """
    cells = np.array([3.0, 2.0, 1.0, 4.0])
    flags = prefixes({"00": 3, "10": 2, "01": 1, "11": 4})
    grid = (np.arange(200) + 0.5) / 200
    a, b, c = np.meshgrid(grid, grid, grid, indexing="ij")
    d = 1.0 - a - b - c
    inside = d > 1e-9
    shares = np.stack([a[inside], b[inside], c[inside], d[inside]])
    mass = np.exp(((cells - 0.75)[:, None] * np.log(shares)).sum(axis=0))
    ratio = (shares[2] + shares[3]) / (shares[1] + shares[3])

    draws = shift(flags).ratio
    for bound in (0.5, 0.8, 1.0, 1.5):
        assert mass[ratio < bound].sum() / mass.sum() == pytest.approx((draws < bound).mean(), abs=0.015)


def test_fidelity_correction_moves_the_recorded_rate_on_the_log_odds_scale() -> None:
    """Recorded 1:9, baseline 1:4, candidate 1:1: the shift is x4, so the forecast is 4:9."""
    log_odds = np.log(np.array([1 / 9, 1 / 4, 1 / 1]))

    assert np.log(4 / 9) == pytest.approx(float(forecast_log_odds(log_odds)))
    assert pytest.approx(float(forecast_log_odds(log_odds[[0, 2]]))) == 0.0


def test_faithful_baseline_changes_nothing() -> None:
    """Where the baseline repeats the record everywhere, correcting gives the uncorrected forecast."""
    three = shift(prefixes({"111": 40, "001": 30, "110": 10, "000": 420}))
    two = shift(prefixes({"11": 40, "01": 30, "10": 10, "00": 420}))

    levels = [0.05, 0.5, 0.95]
    assert np.quantile(two.forecast, levels) == pytest.approx(np.quantile(three.forecast, levels), rel=0.03)
    assert np.quantile(two.ratio, levels) == pytest.approx(np.quantile(three.ratio, levels), rel=0.03)


def test_large_table_recovers_its_rates() -> None:
    """Recorded 20 %, baseline 30 %, candidate 40 % of 100,000: gap 1.5, odds 0.25 * (2/3) / (3/7) = 7/18, rate 7/25."""
    flags = prefixes({"111": 20_000, "011": 10_000, "001": 10_000, "000": 60_000})

    draws = shift(flags, draws=20_000)
    assert pytest.approx(np.median(draws.gap), rel=0.01) == 1.5
    assert pytest.approx(np.median(draws.forecast), rel=0.01) == 0.28
    assert pytest.approx(np.median(draws.ratio), rel=0.01) == 1.4


def test_copies_within_clusters_add_nothing() -> None:
    """Each prefix three times in a cluster of its own gives the very draws of the single prefixes."""
    flags = prefixes({"11": 4, "01": 6, "10": 2, "00": 40})
    codes = np.repeat(np.arange(52), 3)

    single, tripled = shift(flags, draws=100), shift(np.repeat(flags, 3, axis=0), draws=100, clusters=codes)
    assert pytest.approx(tripled.n_effective) == 52.0
    assert np.allclose(single.ratio, tripled.ratio)


def test_seed_and_scale_of_weights() -> None:
    """The same seed gives the same draws, another seed others, and only relative weights matter."""
    flags = prefixes({"11": 4, "01": 6, "10": 2, "00": 40})

    first = shift(flags, draws=50)
    assert np.array_equal(first.ratio, shift(flags, draws=50).ratio)
    assert np.allclose(first.ratio, shift(flags, draws=50, scale=8.0).ratio)
    assert not np.array_equal(first.ratio, shift(flags, draws=50, seed=2).ratio)


def test_weights_undo_oversampling() -> None:
    """A stratum drawn four times as often at a quarter of the weight gives the ratio of the population.

    Risky stratum: 4,000 prefixes at weight 1/4, recorded 2,000, candidate 3,000; other: 9,000 at weight 1, 300 in both.
    Recorded 500 + 300 = 800, candidate 750 + 300 = 1,050 of 10,000: ratio 1.3125. Kish: 10,000^2 / (250 + 9,000).
    """
    flags = np.concatenate([prefixes({"11": 2000, "01": 1000, "00": 1000}), prefixes({"11": 300, "00": 8700})])
    weights = np.repeat([0.25, 1.0], [4000, 9000])

    draws = shift_draws(flags, weights=weights, clusters=np.arange(13_000), draws=5_000, seed=1)
    assert pytest.approx(draws.n_effective) == 10_000**2 / 9_250
    assert pytest.approx(np.median(draws.ratio), rel=0.01) == 1.3125


@pytest.mark.slow
@pytest.mark.parametrize(("centre", "n"), [(0.1, 300), (0.01, 1_000)])
@pytest.mark.parametrize("size", [1, 4])
def test_shift_intervals_cover(centre: float, n: int, size: int) -> None:
    """90 % intervals of ratio, forecast and gap hold the truth 87-93 % of the time over drawn worlds."""
    held = coverage(centre, n, size, worlds=1_600)

    assert {name: True for name in held} == {name: 0.87 <= share <= 0.93 for name, share in held.items()}, held


def coverage(centre: float, n: int, size: int, *, worlds: int) -> dict[str, float]:
    """Share of worlds whose truth lies in the 90 % interval, by quantity.

    Truths: recorded log-odds normal around the centre (sd 0.5), gap normal (sd 0.3), shift normal (sd 0.5). A prefix's
    lanes share one uniform number with probability 1/2, so that they agree more often than chance. In clusters a member
    copies its cluster's outcome in all lanes with a probability that is uniform over worlds.
    """
    rng = np.random.default_rng(7)
    clusters = np.repeat(np.arange(n // size), size)
    held: dict[str, list[bool]] = {"ratio": [], "forecast": [], "gap": []}
    for world in range(worlds):
        steps = rng.normal(size=3) * [0.5, 0.3, 0.5]
        recorded, baseline, candidate = np.log(centre / (1 - centre)) + np.cumsum(steps)
        truth = 1 / (1 + np.exp(-np.array([recorded, baseline, candidate, recorded + candidate - baseline])))
        cluster_flags = lane_flags(rng, truth[:3], n // size)[clusters]
        copies = rng.random((n, 1)) < (rng.random() if size > 1 else 0.0)
        flags = np.where(copies, cluster_flags, lane_flags(rng, truth[:3], n))
        draws = shift_draws(flags, weights=np.ones(n), clusters=clusters, draws=1_000, seed=world)
        for name, values, true in (
            ("ratio", draws.ratio, truth[3] / truth[0]),
            ("forecast", draws.forecast, truth[3]),
            ("gap", draws.gap, truth[1] / truth[0]),
        ):
            interval = equal_tailed(values, level=0.9)
            held[name].append(interval.low <= true <= interval.high)
    return {name: float(np.mean(values)) for name, values in held.items()}


def lane_flags(rng: np.random.Generator, rates: np.ndarray, n: int) -> np.ndarray:
    """Outcomes of n prefixes in all lanes with exactly the given rates."""
    common = rng.random((n, 1)) < 0.5
    return np.where(common, rng.random((n, 1)), rng.random((n, rates.size))) < rates


def test_lane_flags_have_the_stated_rates() -> None:
    """The simulation's own truth is right: pairs are present together with probability (min + product) / 2."""
    flags = lane_flags(np.random.default_rng(1), np.array([0.2, 0.4, 0.3]), 200_000)

    assert pytest.approx(flags.mean(axis=0), abs=0.005) == [0.2, 0.4, 0.3]
    for (i, p), (j, q) in itertools.combinations(enumerate((0.2, 0.4, 0.3)), 2):
        assert (min(p, q) + p * q) / 2 == pytest.approx((flags[:, i] & flags[:, j]).mean(), abs=0.005)
