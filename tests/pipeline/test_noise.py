"""From repeats of the baseline to the noise floor in a forecast, its table and its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from makers import NOW, compared_workspace, repeated_workspace

from deploysim.forecast.register import forecast_from_json, forecast_to_json
from deploysim.pipeline.forecasting import SavedForecast, all_forecasts, forecast
from deploysim.tables import shift_rows
from deploysim.taxonomy import load_taxonomy


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> SavedForecast:
    """A forecast whose baseline answered 40 prefixes twice: 4 refuse the second time, 2 failed."""
    workspace, lanes = repeated_workspace(tmp_path_factory.mktemp("repeated"))
    return forecast(workspace, lanes, load_taxonomy(), seed=0, now=NOW)


def test_repeats_give_the_noise_floor(repeated: SavedForecast) -> None:
    """4 of the 38 complete pairs differ; a category that nobody showed has 0 of 38 and still an upper bound."""
    rows = {row.category: row.noise for row in repeated.forecast.categories}
    refusal, empty = rows["refusal"], rows["empty_response"]

    assert refusal is not None
    assert empty is not None
    assert (refusal.differing, refusal.pairs, refusal.share) == (4, 38, 4 / 38)
    assert empty.share == 0.0
    assert empty.interval is not None
    assert empty.interval.high > 0.02


def test_it_is_in_the_table_and_survives_the_file(repeated: SavedForecast) -> None:
    """The words carry n and the interval; what is read back is what was written."""
    row = shift_rows(repeated.forecast).filter(category="refusal").row(0, named=True)

    assert row["noise_pairs"] == 38
    assert row["noise_floor"].startswith("11 % of 38 pairs (")
    again = forecast_from_json(forecast_to_json(repeated.forecast))
    assert forecast_to_json(again) == forecast_to_json(repeated.forecast)
    assert [c.noise and c.noise.pairs for c in again.categories] == [
        c.noise and c.noise.pairs for c in repeated.forecast.categories
    ]


def test_without_repeats_it_is_unknown(tmp_path: Path) -> None:
    """One answer a prefix says nothing of noise, and a forecast from before still reads."""
    workspace, _ = compared_workspace(tmp_path)
    made = all_forecasts(workspace)[0].forecast

    assert all(row.noise is None for row in made.categories)
    assert set(shift_rows(made)["noise_floor"]) == {"n/a (n = 0)"}
    older = forecast_to_json(made).replace(',"noise":null', "")
    assert forecast_from_json(older) == made
