"""Canonical JSON: one text for one forecast, and every edit shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deploysim.errors import InputError
from deploysim.forecast.estimate import make_forecast
from deploysim.forecast.records import Forecast
from deploysim.forecast.register import forecast_from_json, forecast_id, forecast_to_json, is_intact
from deploysim.forecast.settings import ForecastSettings


@pytest.fixture
def forecast(outcome_frame, forecast_inputs) -> Forecast:
    """A forecast with a called, an unknown and an empty category."""
    frame = outcome_frame({"x": {"ppp": 5, "aap": 20, "aaa": 75}, "y": {"aaa": 100}, "z": {"aaf": 100}})
    now = datetime(2026, 7, 1, tzinfo=UTC)
    settings = ForecastSettings(draws=1_000)
    return make_forecast(frame, forecast_inputs("x", "y", "z"), seed=1, now=now, settings=settings)


def test_round_trip(forecast) -> None:
    """Reading and writing again gives the same text, and the same forecast up to the digits kept."""
    text = forecast_to_json(forecast)

    back = forecast_from_json(text)
    assert text == forecast_to_json(back)
    assert back == forecast_from_json(forecast_to_json(back))
    assert forecast.categories[0].direction is back.categories[0].direction
    assert forecast.categories[0].ratio.median == pytest.approx(back.categories[0].ratio.median, rel=1e-5)


def test_text_is_canonical(forecast) -> None:
    """Keys are sorted, there are no spaces, and the id is the SHA-256 of the text."""
    text = forecast_to_json(forecast)

    plain = json.loads(text)
    assert text == json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == forecast_id(text)
    assert plain["created_at"] == "2026-07-01T00:00:00+00:00"


def test_last_bits_do_not_matter(forecast) -> None:
    """A difference far below six significant digits leaves the hash alone; one in the sixth digit does not."""
    base = replace(forecast, material_ratio=1.5)

    def name(ratio: float) -> str:
        return forecast_id(forecast_to_json(replace(base, material_ratio=ratio)))

    assert name(1.5) == name(1.5 + 1e-12)
    assert name(1.5) != name(1.50001)


def test_time_is_part_of_the_hash(forecast) -> None:
    """The same numbers at another time are another forecast."""
    later = replace(forecast, created_at="2026-07-02T00:00:00+00:00")

    assert forecast_id(forecast_to_json(forecast)) != forecast_id(forecast_to_json(later))


def test_edits_show(forecast) -> None:
    """Any changed character, even one without meaning, breaks the seal."""
    text = forecast_to_json(forecast)
    name = forecast_id(text)

    assert is_intact(text, name)
    for edited in (text + "\n", text.replace('"seed":1', '"seed":2'), text.replace(":", ": ", 1)):
        assert not is_intact(edited, name)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda plain: plain | {"verdict": "ship"}, "forecast has unknown fields: verdict"),
        (lambda plain: {key: value for key, value in plain.items() if key != "seed"}, "missing fields: seed"),
        (lambda plain: plain | {"seed": "1"}, "forecast.seed does not hold"),
        (lambda plain: plain | {"seed": True}, "forecast.seed does not hold"),
        (lambda plain: plain | {"level": "0.9"}, "forecast.level does not hold"),
        (lambda plain: plain | {"unit": "message"}, "forecast.unit does not hold"),
        (lambda plain: plain | {"graders": [["x"]]}, r"forecast.graders\[0\] does not hold"),
        (lambda plain: plain | {"categories": {}}, "forecast.categories does not hold"),
        (lambda plain: plain | {"categories": [None]}, r"forecast.categories\[0\] does not hold"),
        (lambda plain: plain | {"format": 99}, "not in format 1"),
        (lambda plain: [plain], "not in format 1"),
    ],
)
def test_other_texts_are_refused(forecast, edit, message) -> None:
    """Unknown, missing and ill-typed fields are named; nothing is guessed."""
    text = json.dumps(edit(json.loads(forecast_to_json(forecast))))

    with pytest.raises(InputError, match=message):
        forecast_from_json(text)


def test_files_from_before_a_field_came_are_read(forecast) -> None:
    """A forecast without the prior, as earlier versions wrote it, is read; the prior it used is not known."""
    plain = json.loads(forecast_to_json(forecast))
    del plain["prior"]

    assert forecast_from_json(json.dumps(plain)).prior is None
    assert forecast_from_json(forecast_to_json(forecast)).prior.shift_scale == 4.0


def test_wrong_direction_is_refused(forecast) -> None:
    """A call that does not exist is named with its place."""
    text = forecast_to_json(forecast).replace("materially up", "sky high")

    with pytest.raises(InputError, match=r"forecast.categories\[0\].direction"):
        forecast_from_json(text)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not JSON"), ("", "not JSON"), ('{"seed": NaN}', "NaN"), ("3", "not in format")]
)
def test_not_json(text, message) -> None:
    """Text that is no JSON object gets a calm answer."""
    with pytest.raises(InputError, match=message):
        forecast_from_json(text)


def test_nan_is_never_written(forecast) -> None:
    """A number that is not finite has no canonical form."""
    with pytest.raises(InputError, match="not finite"):
        forecast_to_json(replace(forecast, level=float("nan")))
