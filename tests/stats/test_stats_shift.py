"""Draws of forecast, ratio and gap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from deploysim.stats.arcsine import to_arcsine
from deploysim.stats.graders import Reviewed, corrected
from deploysim.stats.lanes import LaneMoments, lane_moments, stack, table_moments, with_recorded
from deploysim.stats.pooling import ChangePrior, LanePosterior, Priors, pool
from deploysim.stats.shift import ShiftDraws, draw_lanes, equal_tailed, forecast_log_odds, shift_draws

WIDE = Priors(shift=ChangePrior(6.4, 0.2), gap=ChangePrior(6.4, 0.2))
PATTERNS = [f"{cell & 1}{cell >> 1 & 1}{cell >> 2 & 1}" for cell in range(8)]


def shift(counts: dict[str, int], *, priors: Priors = WIDE, seed: int = 1, draws: int = 40_000) -> ShiftDraws:
    """Draws for independent prefixes by pattern, such as {"101": 3}; two lanes where patterns are short."""
    lanes = len(next(iter(counts)))
    names = PATTERNS if lanes == 3 else ["00", "10", "01", "11"]
    table = np.array([float(counts.get(name, 0)) for name in names])
    return shift_draws(pool(stack([table_moments(table)]), priors).of(0), draws=draws, seed=seed)


def test_fidelity_correction_moves_the_recorded_rate_on_the_log_odds_scale() -> None:
    """Recorded 1:9, baseline 1:4, candidate 1:1: the shift is x4, so the forecast is 4:9."""
    odds = np.log(np.array([1 / 9, 1 / 4, 1 / 1]))

    assert np.log(4 / 9) == pytest.approx(float(forecast_log_odds(odds)))
    assert pytest.approx(float(forecast_log_odds(odds[[0, 2]]))) == 0.0


def test_draws_follow_the_mixture() -> None:
    """Draws have the mixture's mean and covariance: 3/4 at (0, 1) with correlated noise, 1/4 at (2, 2) without."""
    posterior = LanePosterior(
        weights=np.array([0.75, 0.25]),
        mean=np.array([[0.0, 1.0], [2.0, 2.0]]),
        cov=np.array([[[0.04, 0.03], [0.03, 0.09]], [[0.0, 0.0], [0.0, 0.0]]]),
    )

    y = draw_lanes(posterior, draws=200_000, seed=3)
    assert pytest.approx(y.mean(axis=0), abs=0.01) == [0.5, 1.25]
    assert pytest.approx(np.cov(y.T)[0, 1], abs=0.01) == 0.75 * 0.03 + 0.75 * 0.25 * 2.0 * 1.0


@pytest.mark.parametrize(("regressed", "improved", "both"), [(6, 2, 1), (0, 8, 3), (25, 14, 200), (9, 9, 40)])
@pytest.mark.parametrize("lanes", [2, 3])
def test_direction_is_decided_by_discordant_pairs(regressed: int, improved: int, both: int, lanes: int) -> None:
    """With a wide prior P(ratio > 1) is close to P(Beta(regressed + 1/2, improved + 1/2) > 1/2), the exact McNemar."""
    recorded = "1" if lanes == 3 else ""
    counts = {f"{recorded}01": regressed, f"{recorded}10": improved, f"{recorded}11": both, "0" * lanes: 500}

    expected = beta.sf(0.5, regressed + 0.5, improved + 0.5)
    assert expected == pytest.approx((shift(counts).ratio > 1).mean(), abs=0.06)


def test_ratio_by_slow_enumeration() -> None:
    """On a small table the ratio's distribution is close to an exact one, a sum over a grid of cell shares.

    Cells 43, 2, 6, 9 under the prior Dirichlet(1/4, 1/4, 1/4, 1/4); the normal posterior is off by a few points.
    """
    cells = np.array([43.0, 2.0, 6.0, 9.0])
    grid = (np.arange(160) + 0.5) / 160
    a, b, c = np.meshgrid(grid, grid, grid, indexing="ij")
    d = 1.0 - a - b - c
    inside = d > 1e-9
    shares = np.stack([a[inside], b[inside], c[inside], d[inside]])
    density = ((cells - 0.75)[:, None] * np.log(shares)).sum(axis=0)
    mass = np.exp(density - density.max())
    ratio = (shares[2] + shares[3]) / (shares[1] + shares[3])

    draws = shift({"00": 43, "10": 2, "01": 6, "11": 9}).ratio
    for bound in (1.0, 1.25, 1.5, 2.0):
        assert mass[ratio < bound].sum() / mass.sum() == pytest.approx((draws < bound).mean(), abs=0.05)


def test_ratio_by_bootstrap() -> None:
    """With clusters of five the interval of the ratio is that of a bootstrap over clusters, to a tenth of its width."""
    rng = np.random.default_rng(4)
    kind = rng.choice(4, size=400, p=[0.70, 0.06, 0.12, 0.12])
    noise = rng.choice(4, size=(400, 5), p=[0.70, 0.06, 0.12, 0.12])
    cells = np.where(rng.random((400, 5)) < 0.5, kind[:, None], noise)
    old, new = (cells & 1).astype(float), (cells >> 1).astype(float)
    drawn = rng.integers(400, size=(4_000, 400))
    bootstrap = new.sum(axis=1)[drawn].sum(axis=1) / old.sum(axis=1)[drawn].sum(axis=1)

    values = np.column_stack([old.ravel(), new.ravel()])
    seen = lane_moments(values, weights=np.ones(2_000), clusters=np.repeat(np.arange(400), 5))
    draws = shift_draws(pool(stack([seen]), WIDE).of(0), draws=20_000, seed=1).ratio
    expected = np.quantile(bootstrap, [0.05, 0.95])
    assert expected == pytest.approx(np.quantile(draws, [0.05, 0.95]), abs=0.1 * (expected[1] - expected[0]))


def test_large_table_recovers_its_rates() -> None:
    """Recorded 20 %, baseline 30 %, candidate 40 % of 100,000: gap 1.5, odds 0.25 * (2/3) / (3/7) = 7/18, rate 7/25."""
    draws = shift({"111": 20_000, "011": 10_000, "001": 10_000, "000": 60_000}, priors=Priors())

    assert pytest.approx(np.median(draws.gap), rel=0.01) == 1.5
    assert pytest.approx(np.median(draws.forecast), rel=0.01) == 0.28
    assert pytest.approx(np.median(draws.ratio), rel=0.01) == 1.4


def test_faithful_baseline_adds_certainty_only() -> None:
    """Where the baseline repeats the record everywhere, the forecast is about the one without a baseline."""
    three = shift({"111": 40, "001": 30, "110": 10, "000": 420}, priors=Priors())
    two = shift({"11": 40, "01": 30, "10": 10, "00": 420}, priors=Priors())

    assert pytest.approx(np.median(two.forecast), rel=0.05) == np.median(three.forecast)
    assert pytest.approx(np.median(two.ratio), rel=0.05) == np.median(three.ratio)


def test_seed_decides_the_draws() -> None:
    """The same seed gives the same draws, another seed others."""
    counts = {"11": 4, "01": 6, "10": 2, "00": 40}

    first = shift(counts, draws=50)
    assert np.array_equal(first.ratio, shift(counts, draws=50).ratio)
    assert not np.array_equal(first.ratio, shift(counts, draws=50, seed=2).ratio)


def test_equal_tails() -> None:
    """5 % of the draws lie beyond each end of a 90 % interval."""
    interval = equal_tailed(np.arange(101.0), level=0.9)

    assert pytest.approx((interval.low, interval.high, interval.level)) == (5.0, 95.0, 0.9)


def test_hardly_any_data_gives_numbers_all_the_same() -> None:
    """Random handfuls of prefixes, all or none flagged, clustered, weighted, reviewed: draws are rates, never NaN."""
    rng = np.random.default_rng(0)
    for _ in range(150):
        lanes = int(rng.choice([2, 3]))
        posterior = pool(stack([handful(rng, lanes) for _ in range(int(rng.integers(1, 4)))]), Priors())
        draws = shift_draws(posterior.of(0), draws=100, seed=1)

        assert np.isfinite(draws.ratio).all()
        assert ((draws.forecast >= 0.0) & (draws.forecast <= 1.0)).all()


def handful(rng: np.random.Generator, lanes: int) -> LaneMoments:
    """Moments of a few prefixes of one category, with whatever else there may be."""
    n = int(rng.integers(1, 30))
    values = (rng.random((n, lanes)) < rng.choice([0.0, 0.05, 0.5, 0.95, 1.0], size=lanes)).astype(float)
    clusters = np.unique(rng.integers(0, max(1, n // 2), n), return_inverse=True)[1]
    seen = lane_moments(values, weights=rng.exponential(size=n) + 0.01, clusters=clusters)
    if rng.random() < 0.5:
        log = float(rng.integers(5, 10**6))
        seen = with_recorded(seen, centre=to_arcsine(float(rng.integers(0, 5)), log), variance=1.0 / log)
    labels = [Reviewed(1.0, float(rng.integers(1, 9)), 0.0, float(rng.integers(0, 50))) for _ in range(lanes)]
    seen = corrected(seen, [label if rng.random() < 0.4 else None for label in labels])

    assert np.linalg.eigvalsh(seen.cov).min() > -1e-9
    return seen
