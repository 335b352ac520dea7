"""Scores of one scorecard, by hand and against the functions that define them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from deploysim.forecast.estimate import make_forecast
from deploysim.forecast.realised import Came, scored_category
from deploysim.forecast.records import Direction, Forecast, LaneCount, Rate
from deploysim.forecast.scorecard import ScoredCategory
from deploysim.forecast.scoring import ChallengeRates, against, count_calls, summarise, with_scores
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.predictive import predict
from deploysim.stats.rates import PER_100K, interval_per_100k, jeffreys_interval


def rate(present: int, n: int, *, worth: float | None = None) -> Rate:
    """A rate as it is counted; `worth` is its effective number of responses."""
    interval = interval_per_100k(jeffreys_interval(present, n, level=0.9))
    return Rate(present, n, (present + 0.5) / (n + 1) * PER_100K if n else None, interval, worth or float(n) or None)


def lane(present: int, n: int, **changes: object) -> LaneCount:
    """What was counted of the realised responses."""
    return LaneCount("recorded", present, n - present, 1, 0, 0, rate(present, n, **changes), None, None)


@pytest.fixture
def forecast(outcome_frame, forecast_inputs) -> Forecast:
    """`up` goes from 20 to 60 of 1,000 and is called; `same` stays at 100; `never` is never seen."""
    counts = {
        "up": {"ppp": 20, "aap": 40, "aaa": 940},
        "same": {"ppp": 95, "ppa": 5, "aap": 5, "aaa": 895},
        "never": {"aaa": 1_000},
    }
    now = datetime(2026, 7, 1, tzinfo=UTC)
    inputs = forecast_inputs(*counts)
    return make_forecast(outcome_frame(counts), inputs, seed=1, now=now, settings=ForecastSettings(draws=4_000))


def scored(forecast: Forecast, came: list[LaneCount], challenge: dict | None = None) -> tuple[ScoredCategory, ...]:
    """Score a forecast on counts."""
    rows = [
        scored_category(row, Came(count), level=0.9, seed=0)
        for row, count in zip(forecast.categories, came, strict=True)
    ]
    return with_scores(rows, forecast.categories, challenge or {}, level=0.9)


def test_the_naive_forecast_by_hand(forecast: Forecast) -> None:
    """20 of 1,000 before, 3 of 100 realised: the rate is 20.5/1001, the error 3.5/101 over it, the loss binomial."""
    row = scored(forecast, [lane(3, 100), lane(10, 100), lane(0, 100)])[0]
    naive = row.score("naive")
    before, came = 20.5 / 1001, 3.5 / 101
    loss = -(math.log(math.comb(100, 3)) + 3 * math.log(before) + 97 * math.log(1 - before))
    best = -(math.log(math.comb(100, 3)) + 3 * math.log(0.03) + 97 * math.log(0.97))

    assert naive.per_100k == pytest.approx(before * PER_100K)
    assert naive.error == pytest.approx(came / before)
    assert naive.nll == pytest.approx(loss)
    assert naive.regret == pytest.approx(loss - best)
    assert naive.up == 0.5


def test_the_forecast_is_scored_by_its_posterior(forecast: Forecast) -> None:
    """Mean and variance give the predictive loss; the design effect of the traffic goes in."""
    row = scored(forecast, [lane(60, 1_000, worth=500.0), lane(100, 1_000), lane(0, 1_000)])[0]
    posterior = forecast.categories[0].posterior
    one = [np.array([value]) for value in (posterior.mean, posterior.variance, 1_000.0, 2.0, 60.0)]
    expected = predict(one[0], one[1], n=one[2], effect=one[3]).nll(one[4])[0]

    assert row.score("forecast").predictive_nll == pytest.approx(expected)
    assert row.score("forecast").per_100k == row.forecast.median
    assert row.score("forecast").up == forecast.categories[0].certainty.up


def test_challenging_prompts_move_the_previous_rate(forecast: Forecast) -> None:
    """Odds that double there double here: 49.5/51.5 to 66.2/34.8 is about twice the odds."""
    seen = {"up": ChallengeRates(rate(49, 100), rate(66, 100))}
    rows = scored(forecast, [lane(4, 100), lane(10, 100), lane(0, 100)], seen)
    told = rows[0].score("challenging").per_100k / PER_100K
    before, moved = 20.5 / 1001, (66.5 / 34.5) / (49.5 / 51.5)

    assert told / (1 - told) == pytest.approx(moved * before / (1 - before))
    assert rows[0].score("challenging").up > 0.9
    assert rows[1].score("challenging") is None


def test_what_was_never_seen_is_not_scored(forecast: Forecast) -> None:
    """There is no rate to score; where it came all the same, the scorecard says that it was missed."""
    missed = scored(forecast, [lane(3, 100), lane(10, 100), lane(5, 100)])[2]
    quiet = scored(forecast, [lane(3, 100), lane(10, 100), lane(0, 100)])[2]

    assert missed.methods == quiet.methods == ()
    assert missed.notes == ("Missed: no compared lane showed it, and 5 of 100 realised responses do.",)
    assert quiet.notes == ("Not scored: no compared lane showed it, so no rate was forecast.",)


def test_without_realised_responses_nothing_is_scored(forecast: Forecast) -> None:
    """Unknown is not zero."""
    row = scored(forecast, [lane(0, 0), lane(10, 100), lane(0, 100)])[0]

    assert (row.methods, row.realised_ratio, row.error, row.rose) == ((), None, None, None)


def test_the_error_taken_apart(forecast: Forecast) -> None:
    """Total is realised over forecast; prefix shift the candidate on new over old prefixes; the rest as measured."""
    row = forecast.categories[0]
    split = scored_category(row, Came(lane(120, 1_000), rate(180, 1_000)), level=0.9, seed=0).error
    none = scored_category(row, Came(lane(120, 1_000)), level=0.9, seed=0).error

    assert split.total.median == pytest.approx(0.12 / (row.forecast.median / PER_100K), rel=0.05)
    assert split.prefix_shift.median == pytest.approx(3.0, rel=0.1)
    assert split.fidelity == row.fidelity_gap
    assert (none.prefix_shift, none.grader) == (None, None)


def test_summary_and_difference(forecast: Forecast) -> None:
    """Two rows: the forecast saw the rise, the naive one says nothing of directions and loses more on it."""
    rows = scored(forecast, [lane(60, 1_000), lane(101, 1_000), lane(0, 1_000)])
    ours, naive = (summarise(rows, method, material_ratio=1.5) for method in ("forecast", "naive"))
    test = against(rows, "naive", level=0.9, seed=0)

    assert (ours.rows, ours.changed_right, ours.changed_rows) == (2, 1, 1)
    assert (naive.direction_rows, naive.changed_rows, naive.brier) == (0, 0, 0.25)
    assert test.rows == 2
    assert test.nll.mean == pytest.approx(ours.nll - naive.nll)
    assert test.nll.mean < 0
    assert summarise(rows, "challenging", material_ratio=1.5) is None
    assert against(rows, "challenging", level=0.9, seed=0) is None


def test_calls_that_came_true(forecast: Forecast) -> None:
    """`up` was called and rises; `same` was called unchanged and trebles."""
    rows = scored(forecast, [lane(60, 1_000), lane(300, 1_000), lane(0, 1_000)])
    assert [row.direction for row in rows[:2]] == [Direction.MATERIALLY_UP, Direction.UNCHANGED]

    calls = count_calls(rows, material_ratio=1.5)
    assert (calls.moved, calls.moved_right, calls.unchanged, calls.unchanged_right) == (1, 1, 1, 0)


def test_old_forecasts_are_scored_alike(forecast: Forecast) -> None:
    """Without a posterior kept, mean and variance come from median and interval: nearly the same loss."""
    old = replace(forecast, categories=tuple(replace(row, posterior=None) for row in forecast.categories))
    came = [lane(60, 1_000), lane(101, 1_000), lane(0, 1_000)]
    losses = [scored(one, came)[0].score("forecast").predictive_nll for one in (forecast, old)]

    assert losses[1] == pytest.approx(losses[0], abs=0.1)


def test_a_forecast_that_labels_corrected_is_not_scored_on_flags(forecast: Forecast) -> None:
    """It is of what people would say; the realised rate is of what the grader flags."""
    rows = (replace(forecast.categories[0], label_corrected=True), *forecast.categories[1:])
    row = scored(replace(forecast, categories=rows), [lane(3, 100), lane(10, 100), lane(0, 100)])[0]

    assert row.methods == ()
    assert row.notes[0].startswith("Not scored: human labels corrected the forecast")
