"""Charts, by the part of their specification that matters."""

from __future__ import annotations

import polars as pl
import pytest

from deploysim.charts import counts_alt, counts_chart, shift_alt, shift_chart
from deploysim.charts.export import as_png, as_svg
from deploysim.charts.funnel import funnel_alt, funnel_chart
from deploysim.charts.power import power_alt, power_chart
from deploysim.charts.waterfall import waterfall_alt, waterfall_chart
from deploysim.looks import DIRECTIONS
from deploysim.tables import COLUMNS


@pytest.fixture
def rows() -> pl.DataFrame:
    """One category that got worse and one that is uncertain beyond the axis."""
    blank = dict.fromkeys(COLUMNS)
    worse = {
        "category": "refusal",
        "name": "Declines",
        "symbol": "▲",
        "direction": "materially up",
        "change": "4x (3x to 6x)",
    }
    unsure = {
        "category": "loop",
        "name": "Loops",
        "symbol": "○",
        "direction": "not enough evidence",
        "change": "1x (0x to over 100x)",
    }
    return pl.DataFrame(
        [
            {**blank, **worse, "ratio": 4.0, "ratio_low": 3.0, "ratio_high": 6.0, "rates": "10 → 40", "call": "up"},
            {
                **blank,
                **unsure,
                "ratio": 1.0,
                "ratio_low": 1e-6,
                "ratio_high": 1e6,
                "rates": "1 → 1",
                "call": "unknown",
            },
        ],
        schema=COLUMNS,
    )


def test_the_shift_chart_is_on_a_log_axis_around_no_change(rows: pl.DataFrame) -> None:
    """The domain is symmetric on the log scale, and huge intervals end at the edge."""
    spec = shift_chart(rows, material_ratio=1.5, ink="#000000").to_dict()
    (scale,) = {
        str(layer["encoding"]["x"]["scale"]) for layer in spec["layer"] if "scale" in layer["encoding"].get("x", {})
    }
    (data,) = [d for d in spec["datasets"].values() if "category" in d[0]]

    assert "'type': 'log'" in scale
    assert [row["ratio_low"] for row in data] == [3.0, 0.05]
    assert [row["ratio_high"] for row in data] == [6.0, 20.0]


def test_direction_is_shown_by_shape_as_well_as_colour(rows: pl.DataFrame) -> None:
    """Every direction has a shape and a symbol; up and down differ in both."""
    spec = shift_chart(rows, material_ratio=1.5, ink="#000000").to_dict()
    shapes = [layer["encoding"]["shape"]["scale"] for layer in spec["layer"] if "shape" in layer["encoding"]]

    assert shapes[0]["domain"] == [str(d) for d in DIRECTIONS]
    assert shapes[0]["range"][:3:2] == ["triangle-up", "triangle-down"]


def test_a_chart_has_words(rows: pl.DataFrame) -> None:
    """The alternative text names each category with its direction and change."""
    assert "Declines: materially up, 4x (3x to 6x)" in shift_alt(rows)


def test_counts_keep_their_order() -> None:
    """Bars stand in the order of the frame."""
    frame = pl.DataFrame({"entity": ["B", "A"], "n": [1, 2_000]})
    spec = counts_chart(frame, label="entity", value="n", ink="#000000").to_dict()

    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["B", "A"]
    assert counts_alt(frame, label="entity", value="n") == "B: 1, A: 2,000"


def test_another_forecast_lies_beneath(rows: pl.DataFrame) -> None:
    """Only the behaviours that are drawn, in grey; without it there are two layers fewer."""
    alone = shift_chart(rows.head(1), material_ratio=1.5, ink="#000000").to_dict()
    beside = shift_chart(rows.head(1), material_ratio=1.5, ink="#000000", other=rows).to_dict()

    assert len(beside["layer"]) == len(alone["layer"]) + 2


def test_charts_become_files(rows: pl.DataFrame) -> None:
    """SVG with the names as text, PNG with its signature; nothing is fetched."""
    chart = shift_chart(rows, material_ratio=1.5, ink="#000000")

    assert "Declines" in as_svg(chart)
    assert as_png(chart).startswith(b"\x89PNG")


def test_steps_power_and_floor_have_words() -> None:
    """Each chart's alternative text holds its numbers."""
    steps = pl.DataFrame(
        {
            "step": ["Log", "Forecast"],
            "kind": ["rate"] * 2,
            "before": [1.0, 2.0],
            "after": [1.0, 2.0],
            "words": ["1", "2"],
        }
    )
    floor = pl.DataFrame(
        {"name": ["x"], "differ": [200.0], "floor": [100.0], "floor_low": [50.0], "floor_high": [150.0]}
    )
    curve = pl.DataFrame({"name": ["x"] * 3, "prefixes": [10, 100, 1_000], "power": [0.1, 0.5, 0.9]})

    assert waterfall_alt("Declines", steps).endswith("Log: 1; Forecast: 2.")
    assert len(waterfall_chart(steps, ink="#000000").to_dict()["layer"]) == 3
    assert "x: 200 against 100 (50 to 150)" in funnel_alt(floor)
    assert funnel_chart(floor, ink="#000000").to_dict()["height"] == 80
    assert "x reaches 80% at about 1,000 prefixes" in power_alt(curve, power=0.8)
    scale = power_chart(curve, power=0.8, size=500, ink="#000000").to_dict()["layer"][2]["encoding"]["x"]["scale"]
    assert scale["type"] == "log"
