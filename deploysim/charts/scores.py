"""Scorecards as charts: forecast against realised, and stated probabilities against what came."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import polars as pl

from deploysim.forecast.records import Direction
from deploysim.forecast.words import number
from deploysim.looks import DIRECTIONS, UNCLEAR

Chart = Any
"""An Altair chart of any kind: its fluent methods are too dynamic for the type checker."""
_SIDE_PX = 460
_WIDE_PX, _LETTER_PX, _LINE_PX = 900, 7, 14
"""About how wide the chart is, and how large its letters are: enough to keep names apart."""
_LIFTS = (-10, 13, -24, 27, -38, 41, -52, 55)
_LEAST_SPAN = 10.0
CANDIDATE = "#7B5EA7"


def score_chart(rows: pl.DataFrame, *, ink: str) -> Chart:
    """Draw forecast (across) against realised rates (up) per 100,000, both on log axes with their intervals.

    Args:
        rows: Categories that were scored, as `score_frame` gives them.
        ink: Colour of words on the page.
    """
    low, high = _span(rows)
    tips = [
        f"{number(row['forecast_per_100k'])} forecast, {number(row['realised_per_100k'])} realised"
        for row in rows.iter_rows(named=True)
    ]
    data = rows.with_columns(
        pl.col("forecast_low", "realised_low", "forecast_high", "realised_high").clip(low, high),
        tip=pl.Series(tips, dtype=pl.String),
    ).with_columns(lift=pl.Series(_lifts(rows, low, high), dtype=pl.Int32))
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    axis = alt.Axis(
        values=_decades(low, high),
        format=",~g",
        grid=True,
        gridOpacity=0.35,
        domain=False,
        labelColor=ink,
        titleColor=ink,
    )
    x = alt.X("forecast_per_100k:Q", scale=scale, axis=axis, title="forecast per 100,000")
    y = alt.Y("realised_per_100k:Q", scale=scale, axis=axis, title="realised per 100,000")
    colours = alt.Scale(domain=[str(d) for d in DIRECTIONS], range=[look.colour for look in DIRECTIONS.values()])
    shapes = alt.Scale(domain=[str(d) for d in DIRECTIONS], range=[look.shape for look in DIRECTIONS.values()])
    stroke = alt.Stroke("direction:N", scale=colours, legend=None)
    base = alt.Chart(data)
    across = base.mark_rule(strokeWidth=2, opacity=0.7).encode(
        x=alt.X("forecast_low:Q", scale=scale), x2="forecast_high:Q", y=y, stroke=stroke
    )
    up = base.mark_rule(strokeWidth=2, opacity=0.7).encode(
        x=x, y=alt.Y("realised_low:Q", scale=scale), y2="realised_high:Q", stroke=stroke
    )
    points = base.mark_point(size=110, opacity=1, strokeWidth=2).encode(
        x=x,
        y=y,
        stroke=stroke,
        fill=alt.Fill("direction:N", scale=colours, legend=None),
        fillOpacity=alt.condition(alt.datum.direction == str(Direction.UNKNOWN), alt.value(0), alt.value(1)),
        shape=alt.Shape("direction:N", scale=shapes, legend=None),
        tooltip=[
            alt.Tooltip("name:N", title="Category"),
            alt.Tooltip("tip:N", title="Per 100,000"),
            alt.Tooltip("forecast_error:Q", title="Error, times", format=".2g"),
            alt.Tooltip("direction:N", title="Called"),
        ],
    )
    names = alt.layer(
        *(
            base.transform_filter(alt.datum.lift == lift)
            .mark_text(align="left", dx=9, dy=lift, fontSize=12, color=ink)
            .encode(x=x, y=y, text="name:N")
            for lift in sorted(set(data["lift"]))
        )
    )
    ends = pl.DataFrame({"at": [low, high]})
    same = (
        alt.Chart(ends)
        .mark_line(color=UNCLEAR, strokeDash=[4, 4])
        .encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))
    )
    return (same + across + up + points + names).properties(height=_SIDE_PX)


def _lifts(rows: pl.DataFrame, low: float, high: float) -> list[int]:
    """Return how far below its mark, in pixels, each name stands: the nearest place where it runs into no other."""
    placed: list[tuple[float, float, float]] = []
    found = []
    for name, across, up in rows.select("name", "forecast_per_100k", "realised_per_100k").iter_rows():
        left, top = _WIDE_PX * _share(across, low, high), _SIDE_PX * (1.0 - _share(up, low, high))
        right = left + _LETTER_PX * len(name)

        def is_free(lift: int, left: float = left, right: float = right, top: float = top) -> bool:
            return all(
                right < other_left or left > other_right or abs(top + lift - line) >= _LINE_PX
                for other_left, other_right, line in placed
            )

        lift = next((lift for lift in _LIFTS if is_free(lift)), _LIFTS[0])
        placed.append((left, right, top + lift))
        found.append(lift)
    return found


def _share(value: float | None, low: float, high: float) -> float:
    """Return how far along a log axis a value stands."""
    return math.log(min(high, max(low, value or low)) / low) / math.log(high / low)


def score_alt(rows: pl.DataFrame) -> str:
    """Say in words what the scorecard's chart shows."""
    parts = [
        f"{row['name']}: forecast {number(row['forecast_per_100k'])}, realised {number(row['realised_per_100k'])}"
        for row in rows.iter_rows(named=True)
    ]
    return "Forecast and realised rate per 100,000 by category, on log axes with intervals. " + ". ".join(parts) + "."


def calibration_chart(bins: pl.DataFrame, *, ink: str) -> Chart:
    """Draw how often rates rose against the probability that was stated, with intervals.

    Args:
        bins: Columns stated, share, low, high (of the share) and n.
        ink: Colour of words on the page.
    """
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(
        values=[0, 0.25, 0.5, 0.75, 1],
        format=".0%",
        grid=True,
        gridOpacity=0.35,
        domain=False,
        labelColor=ink,
        titleColor=ink,
    )
    x = alt.X("stated:Q", scale=scale, axis=axis, title="stated probability that the rate rises")
    base = alt.Chart(bins)
    line = base.mark_rule(strokeWidth=2, color=CANDIDATE, opacity=0.7).encode(
        x=x, y=alt.Y("low:Q", scale=scale, axis=axis, title="share that rose"), y2="high:Q"
    )
    tooltip = [
        alt.Tooltip("stated:Q", title="Stated", format=".0%"),
        alt.Tooltip("share:Q", title="Rose", format=".0%"),
        alt.Tooltip("n:Q", title="Categories"),
    ]
    point = base.mark_point(filled=True, size=90, opacity=1, color=CANDIDATE).encode(
        x=x, y=alt.Y("share:Q", scale=scale), tooltip=tooltip
    )
    words = base.mark_text(align="left", dx=9, fontSize=12, color=ink).encode(
        x=x, y=alt.Y("share:Q", scale=scale), text=alt.Text("n:Q", format=",")
    )
    same = (
        alt.Chart(pl.DataFrame({"at": [0.0, 1.0]}))
        .mark_line(color=UNCLEAR, strokeDash=[4, 4])
        .encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))
    )
    return (same + line + point + words).properties(height=320)


def calibration_alt(bins: pl.DataFrame) -> str:
    """Say in words what the calibration chart shows."""
    parts = [f"stated {row['stated']:.0%}: {row['share']:.0%} of {row['n']} rose" for row in bins.iter_rows(named=True)]
    return "Share of rates that rose by the probability stated. " + "; ".join(parts) + "."


def _span(rows: pl.DataFrame) -> tuple[float, float]:
    """Return whole decades that hold all rates and, but for those that reach down to nothing, their intervals."""
    middle = [*rows["forecast_per_100k"], *rows["realised_per_100k"]]
    least = min(middle) / 3.0
    ends = [*rows["forecast_low"], *rows["realised_low"], *rows["forecast_high"], *rows["realised_high"], *middle]
    kept = [value for value in ends if value is not None and value >= least]
    low, high = 10.0 ** math.floor(math.log10(min(kept))), 10.0 ** math.ceil(math.log10(max(kept)))
    return low, max(high, low * _LEAST_SPAN)


def _decades(low: float, high: float) -> list[float]:
    return [10.0**power for power in range(round(math.log10(low)), round(math.log10(high)) + 1)]
