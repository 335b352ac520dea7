"""Do 90 % intervals hold the truth? A quick part of the full simulation in `tests/benchmarks/bench_forecast.py`."""

from __future__ import annotations

import numpy as np
import pytest
import worlds
from worlds import Setting

from deploysim.stats.arcsine import to_rate


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        Setting(centre=1 / 10, n=400),
        Setting(centre=1 / 10, n=400, cluster=4, recorded=20_000, reviewed=(60, 300)),
        Setting(centre=1 / 1_000, n=30_000, recorded=1_000_000),
        Setting(centre=1 / 20_000, n=600_000, reviewed=(60, 200_000)),
    ],
    ids=["common", "clusters, labels and a long log", "rare with a long log", "very rare with labels"],
)
def test_intervals_hold_the_truth(setting: Setting) -> None:
    """87 to 93 % of the intervals of rate, ratio and gap hold, with two points for the small number of worlds."""
    held = worlds.run(setting, worlds=110, seed=1)

    shares = {name: float(getattr(held, name).mean()) for name in ("forecast", "ratio", "gap")}
    assert {name: True for name in shares} == {name: 0.85 <= share <= 0.95 for name, share in shares.items()}, shares


def test_intervals_hold_the_truth_where_prefixes_are_drawn_by_risk() -> None:
    """The same where riskier prefixes, in clusters, are drawn more often and the whole log's recorded rate is known."""
    held = worlds.run(Setting(centre=1 / 10, n=800, cluster=4, log=1_600), worlds=50, seed=1)

    shares = {name: float(getattr(held, name).mean()) for name in ("forecast", "ratio", "gap")}
    print(shares)
    assert all(0.85 <= share <= 0.95 for share in shares.values()), shares


def test_a_draw_by_risk_has_the_stated_rates() -> None:
    """Over 200 logs the weighted rates of all lanes average to the truth, though most of what is drawn is risky."""
    setting, truth, rng = Setting(centre=1 / 10, n=400, log=4_000), np.array([0.1, 0.12, 0.2]), np.random.default_rng(3)
    rates = np.array([to_rate(worlds.by_risk(setting, truth, rng).centre) for _ in range(200)])

    assert pytest.approx(truth, rel=0.04) == rates.mean(axis=0)


def test_calls_are_right_as_often_as_they_say() -> None:
    """Of the directions called at 0.9 at least nine in ten are right, and stated probabilities are met on average."""
    held = worlds.run(Setting(centre=1 / 10, n=300), worlds=60, seed=2)

    called = np.maximum(held.up, 1 - held.up) >= 0.9
    assert called.mean() > 0.3
    assert ((held.up > 0.5) == held.rises)[called].mean() >= 0.9
    assert pytest.approx(held.rises.mean(), abs=0.06) == held.up.mean()


def test_simulated_tables_have_the_stated_rates() -> None:
    """The simulation's own truth is right: lanes have their rates, and pairs agree with (min + product) / 2."""
    rates = np.array([0.2, 0.4, 0.3])
    shares = worlds.cell_shares(rates)

    assert pytest.approx(1.0) == shares.sum()
    assert pytest.approx(rates) == shares @ worlds.PATTERNS
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = shares @ (worlds.PATTERNS[:, i] & worlds.PATTERNS[:, j])
        assert pytest.approx((min(rates[i], rates[j]) + rates[i] * rates[j]) / 2) == both
