"""What scorecards come to together, and when past errors adjust intervals to come."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from test_forecast_scores import rate

from deploysim.forecast.records import Direction, Estimate
from deploysim.forecast.score_words import record_sentences
from deploysim.forecast.scorecard import Calls, MethodScore, Scorecard, ScoredCategory, Traffic
from deploysim.forecast.stack import frozen_json, read_frozen
from deploysim.forecast.track_record import Conformal, adjusted, track_record
from deploysim.types import Interval


def row(name: str, *, realised: int, up: float, regret: float, naive_regret: float) -> ScoredCategory:
    """Forecast 1,000 (500 to 2,000) per 100,000 after 1,000 before; `realised` of 10,000 came."""
    before, came = rate(100, 10_000), rate(realised, 10_000)
    forecast = Estimate(1_000.0, Interval(500.0, 2_000.0, 0.9))
    scores = [
        MethodScore(method, 1_000.0, 1.0, loss, loss, loss, 1.0, chance)
        for method, loss, chance in (("forecast", regret, up), ("naive", naive_regret, 0.5))
    ]
    return ScoredCategory(name, name, before, forecast, came, 0, Direction.UP, None, None, None, tuple(scores), None)


def card(release: int, rows: int, *, seed: int = 0, **values: float) -> Scorecard:
    """A scorecard of one release with so many categories, whose realised rates scatter around the forecast."""
    rng = np.random.default_rng([release, seed])
    counts = 100 * np.exp(rng.normal(0, np.log(2) / 1.645, rows))
    kept = {"up": 0.95, "regret": 1.0, "naive_regret": 2.0, **values}
    return Scorecard(
        forecast_id=f"{release:064x}",
        registration_id=None,
        registered_at=None,
        stack=None,
        regraded=False,
        graders=(),
        old_model="a",
        new_model="b",
        traffic=Traffic(f"{release:012x}", "turn", 10, 10, "", ("b",), 0, 0),
        challenge=None,
        level=0.9,
        material_ratio=1.5,
        categories=tuple(row(f"c{i}", realised=round(count), **kept) for i, count in enumerate(counts)),
        summaries=(),
        against=(),
        calls=Calls(0, 0, 0, 0),
        seed=0,
        created_at=f"2026-01-{release + 1:02}T00:00:00+00:00",
        software="test",
    )


def test_nothing_scored_says_what_to_do() -> None:
    """No number is made of nothing."""
    record = track_record([])

    assert (record.rows, record.skill, record.coverage, record.brier) == (0, None, None, None)
    assert "deploysim score" in record_sentences(record)[0]


def test_skill_over_releases() -> None:
    """Half of the naive forecast's regret is saved in every row."""
    record = track_record([card(release, 4) for release in range(5)])

    assert (record.releases, record.rows, record.clusters) == (5, 20, "release")
    assert record.skill.value == pytest.approx(0.5)
    assert record.predictive_nll.mean == pytest.approx(-1.0)
    # Five releases can be flipped in 32 ways, of which two are as extreme.
    assert record.predictive_nll.p_value == pytest.approx(2 / 32)
    assert track_record([card(release, 4) for release in range(4)]).clusters == "category"


def test_the_newest_scorecard_of_a_forecast_counts() -> None:
    """Scoring a forecast again, say with other graders, does not count it twice."""
    old, new = card(1, 4), replace(card(1, 6), created_at="2026-02-01T00:00:00+00:00")

    assert track_record([new, old]).rows == 6


def test_calibration_of_stated_directions() -> None:
    """Rises were said to be 95 % sure; about half of the rates rose."""
    (one,) = track_record([card(release, 20) for release in range(5)]).calibration

    # A rate that came out exactly as before neither rose nor fell.
    assert 95 <= one.n <= 100
    assert one.stated == pytest.approx(0.95)
    assert 0.3 < one.happened / one.n < 0.7


@pytest.mark.parametrize(("releases", "rows", "enough"), [(2, 40, False), (3, 6, False), (3, 7, True)])
def test_when_past_errors_are_enough(releases: int, rows: int, enough: bool) -> None:
    """Twenty rows from three releases at a level of 90 %."""
    conformal = track_record([card(release, rows) for release in range(releases)]).conformal

    assert conformal.needed == 20
    assert (conformal.factor is not None) is enough
    assert ("so far" in conformal.sentence()) is not enough


def test_the_factor_is_about_one_where_intervals_are_right() -> None:
    """Log errors scatter as the intervals say: nothing to widen."""
    conformal = track_record([card(release, 50) for release in range(20)]).conformal

    assert conformal.factor == pytest.approx(1.0, abs=0.1)


def test_adjusting_an_interval() -> None:
    """Twice as wide on the log scale: 100 (50 to 400) becomes 100 (25 to 1,600)."""
    estimate = Estimate(100.0, Interval(50.0, 400.0, 0.9))

    wide = adjusted(estimate, Conformal(20, 20, 3, 2.0)).interval
    assert (wide.low, wide.high) == pytest.approx((25.0, 1_600.0))
    assert adjusted(estimate, Conformal(5, 20, 1, None)) == estimate


def test_a_scorecard_comes_back_from_its_file() -> None:
    """Canonical JSON and back, up to the digits kept."""
    text = frozen_json(card(1, 3))

    assert frozen_json(read_frozen(Scorecard, text, "scorecard")) == text
    assert list(json.loads(text)) == sorted(json.loads(text))
