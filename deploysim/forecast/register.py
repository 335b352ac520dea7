"""A forecast frozen: canonical JSON, named by its own SHA-256, so that any later edit shows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from deploysim.forecast.codec import canonical_json, from_plain, to_plain, unreadable
from deploysim.forecast.records import Forecast

FORMAT = 1
"""Layout of the JSON; a change of records that old files do not fit raises it."""


def forecast_to_json(forecast: Forecast) -> str:
    """Write a forecast as canonical JSON: sorted keys, no NaN, floats rounded to six significant digits."""
    return canonical_json({"format": FORMAT, **to_plain(forecast)})


def forecast_from_json(text: str) -> Forecast:
    """Read a forecast back. Raises InputError where the text is no forecast, or has unknown or missing fields."""
    try:
        plain = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise unreadable(f"It is not JSON (line {error.lineno}, column {error.colno}).") from None
    if not isinstance(plain, dict) or plain.pop("format", None) != FORMAT:
        raise unreadable(f"It is not in format {FORMAT}.")
    forecast: Forecast = from_plain(Forecast, plain, "forecast")
    return forecast


def forecast_id(text: str) -> str:
    """The SHA-256 of a forecast's canonical JSON, in hexadecimal: its name."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def is_intact(text: str, expected_id: str) -> bool:
    """Whether a forecast's text is still what its name says; any edit, even of a space, makes it False."""
    return forecast_id(text) == expected_id


def _refuse_constant(name: str) -> Any:
    raise unreadable(f"It holds {name}, which is not a number.")
