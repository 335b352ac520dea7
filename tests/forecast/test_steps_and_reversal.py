"""From the log to the forecast step by step, and what would change a call."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scipy.stats import beta

from deploysim.forecast.estimate import make_forecast
from deploysim.forecast.evidence import Evidence
from deploysim.forecast.reversal import pairs_to_undo, what_would_change
from deploysim.forecast.steps import steps
from deploysim.stats.graders import Reviewed
from deploysim.tables import beside_rows, challenge_rows, floor_rows, shift_rows, step_rows
from deploysim.types import Lane

NOW = datetime(2026, 7, 1, tzinfo=UTC)
MOVED = {"aap": 60, "ppp": 40, "ppa": 5, "aaa": 1_895, "apa": 10}


@pytest.fixture
def made(outcome_frame, forecast_inputs):
    """A forecast of one behaviour that rises and one that nobody shows."""

    def make(**changes):
        frame = outcome_frame({"x": MOVED, "y": {"aaa": 2_010}})
        return make_forecast(frame, forecast_inputs("x", "y"), seed=1, now=NOW, **changes)

    return make


def test_steps_lead_from_the_log_to_the_forecast(made) -> None:
    """Each begins where the one before ended; fidelity takes back what the old model's replay changed."""
    row = made().categories[0]
    found = steps(row)
    names = [step.name for step in found]
    fidelity = found[2]

    assert (names[0], names[-1]) == ("Recorded in the log", "Forecast")
    assert [a.after for a in found[:-1]] == pytest.approx([b.before for b in found[1:]], rel=1e-9)
    assert found[-1].after == row.forecast.median
    recorded, baseline = (row.lanes[lane].rate.per_100k for lane in (0, 1))
    assert fidelity.after / fidelity.before == pytest.approx(recorded / baseline, rel=0.02)
    assert steps(made().categories[1]) == ()


def test_labels_are_a_step_of_their_own(made) -> None:
    """Half of what is flagged holds: the last step halves the rate."""
    reviews = {lane: Reviewed(50.0, 100.0, 0.0, 0.0) for lane in Lane}
    row = made(evidence={"x": Evidence(reviews=reviews)}).categories[0]

    assert row.grader_correction == pytest.approx(0.5, rel=0.05)
    assert steps(row)[-2].name == "Human labels on the grader"
    assert step_rows(row)["kind"].to_list()[-2:] == ["down", "rate"]
    assert made().categories[0].grader_correction is None


@pytest.mark.parametrize(("regressed", "improved"), [(20, 0), (0, 20), (60, 15), (5, 0), (6, 6)])
def test_pairs_to_undo_is_the_fewest(regressed: int, improved: int) -> None:
    """By trying: one fewer leaves the sign certain, that many do not."""
    few = pairs_to_undo(regressed, improved, 0.9)
    more, fewer = max(regressed, improved), min(regressed, improved)

    assert beta.sf(0.5, more + 0.5, fewer + few + 0.5) < 0.9
    assert few == 0 or beta.sf(0.5, more + 0.5, fewer + few - 0.5) >= 0.9


def test_what_would_change_a_call(made) -> None:
    """A call names the pairs it rests on; without one, the prefixes; without a baseline or labels, these."""
    forecast = made()
    moved, unseen = forecast.categories
    said = " ".join(what_would_change(moved, forecast))
    assert "60 regressed and 15 improved" in said
    assert "Human labels" in said
    assert "baseline lane" not in said
    assert "A sample in which it shows" in what_would_change(unseen, forecast)[0]
    needing = replace(unseen, n_needed=5_010)
    assert f"About {5_010 - 2_010:,} more prefixes: 5,010" in what_would_change(needing, forecast)[0]
    assert "A baseline lane" in " ".join(what_would_change(moved, replace(forecast, fidelity_corrected=False)))


def test_two_forecasts_side_by_side(made, outcome_frame, forecast_inputs) -> None:
    """They agree with themselves; a challenge set gives the side on which more pairs lie."""
    forecast = made()
    challenge = make_forecast(
        outcome_frame({"x": {"aap": 2, "apa": 7, "app": 3, "aaa": 8}}), forecast_inputs("x"), seed=1, now=NOW
    )
    beside = beside_rows(forecast, forecast)
    (hint,) = challenge_rows(forecast, challenge).rows(named=True)

    assert beside["agreement"].to_list() == ["same call", "more data needed"]
    assert (hint["challenge"], hint["counts"]) == ("▼ better", "10 → 5 of 20")
    assert floor_rows(shift_rows(forecast)).is_empty()
    assert math.isfinite(shift_rows(forecast)["ratio"][0])
