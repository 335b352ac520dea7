"""Builders of small outcome frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl
import pytest

from deploysim.forecast.estimate import ForecastInputs
from deploysim.forecast.records import RunInputs

LETTERS = {"p": "present", "a": "absent", "u": "unsure", "n": "not comparable", "f": "failed", "-": None}
FrameBuilder = Callable[..., pl.DataFrame]
InputsBuilder = Callable[..., ForecastInputs]


@pytest.fixture
def outcome_frame() -> FrameBuilder:
    """Build a frame from counts of patterns: {"refusal": {"pap": 3}} is 3 prefixes present, absent, present."""

    def build(categories: Mapping[str, Mapping[str, int]], *, per_conversation: int = 1) -> pl.DataFrame:
        rows = [
            (f"p{i:05}", f"c{i // per_conversation:05}", 1.0, category, *(LETTERS[letter] for letter in pattern))
            for category, counts in categories.items()
            for i, pattern in enumerate(pattern for pattern, count in counts.items() for _ in range(count))
        ]
        text = dict.fromkeys(("recorded", "baseline", "candidate"), pl.String)
        names = {"prefix_id": pl.String, "conversation_id": pl.String, "weight": pl.Float64, "category": pl.String}
        return pl.DataFrame(rows, schema=names | text, orient="row")

    return build


@pytest.fixture
def forecast_inputs() -> InputsBuilder:
    """Describe the categories and lanes of a frame."""

    def build(*categories: str, lanes: tuple[str, ...] = ("recorded", "baseline", "candidate")) -> ForecastInputs:
        return ForecastInputs(
            sample_id="sample-1",
            unit="turn",
            window="2026-05-01 to 2026-05-07",
            lanes=tuple(RunInputs(lane, None, "model", 10, 0, "defaults") for lane in lanes),
            taxonomy="taxonomy-1",
            graders=tuple((category, "rule-1") for category in categories),
            names=tuple((category, category.title()) for category in categories),
        )

    return build
