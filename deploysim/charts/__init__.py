"""Polars frames as Altair charts. Each chart has a twin function that says in words what it shows, for `alt`."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.forecast.records import Direction
from deploysim.looks import DIRECTIONS, UNCLEAR

Chart = Any
"""An Altair chart of any kind: its fluent methods are too dynamic for the type checker."""
PICKED = "picked"
"""Name of the selection: the category that was clicked."""

_REACH = 20.0
"""Ratios beyond 20x or below 1/20 are drawn at the edge; the text beside them says the value."""
_ROW_PX = 72
_AGREEING = {"people": "#0072B2", "grader and people": "#7B5EA7"}
_LEAST_AGREEMENT = -0.4
"""Worse agreement is drawn at the edge; the table says the value."""
_BEYOND = "agreement beyond chance"


def shift_chart(rows: pl.DataFrame, *, material_ratio: float, ink: str) -> Chart:
    """Draw each category's ratio to its previous rate on a log axis, with interval, direction and rates in words.

    Args:
        rows: One row per category that has a ratio, as `tables.shift_rows` gives it, in the order to show.
        material_ratio: Ratios between this and its inverse are shaded as "hardly changed".
        ink: Colour of words on the page, which charts do not take from the theme.
    """
    data = rows.with_columns(
        pl.col("ratio", "ratio_low", "ratio_high").clip(1 / _REACH, _REACH),
        title=pl.format("{} {}", "symbol", "name"),
        words=pl.format("{} per 100k · {}", "rates", "call"),
    )
    y = alt.Y("title:N", sort=data["title"].to_list(), axis=None)
    x = alt.X("ratio:Q", scale=_ratio_scale(data), title="forecast rate ÷ previous rate", axis=_ratio_axis())
    picked = alt.selection_point(name=PICKED, fields=["category"], on="click", empty=False)
    colour = alt.Stroke("direction:N", scale=_direction_colours(), legend=None)
    base = alt.Chart(data)
    interval = base.mark_rule(strokeWidth=2.5, opacity=0.85).encode(
        y=y, x="ratio_low:Q", x2="ratio_high:Q", stroke=colour
    )
    hollow = alt.datum.direction == str(Direction.UNKNOWN)
    point = base.mark_point(size=170, opacity=1, strokeWidth=2, cursor="pointer").encode(
        y=y,
        x=x,
        stroke=colour,
        fill=alt.Fill("direction:N", scale=_direction_colours(), legend=None),
        fillOpacity=alt.condition(hollow, alt.value(0), alt.value(1)),
        shape=alt.Shape("direction:N", scale=_direction_shapes(), legend=None),
        tooltip=_tooltip(),
    )
    # The words stand above and below each line, so that they fit at any width of the window.
    title = base.mark_text(align="left", dy=-15, color=ink, fontSize=13, fontWeight=600).encode(
        y=y, x=alt.value(2), text="title:N"
    )
    words = base.mark_text(align="left", dy=16, color=ink, fontSize=12, opacity=0.8).encode(
        y=y, x=alt.value(2), text="words:N"
    )
    layers = [_unchanged_band(material_ratio), _no_change_line(), interval, title, words, point.add_params(picked)]
    return alt.layer(*layers).properties(height=_ROW_PX * max(1, data.height))


def shift_alt(rows: pl.DataFrame) -> str:
    """Say in words what the shift chart shows."""
    parts = [f"{row['name']}: {row['direction']}, {row['change']}" for row in rows.iter_rows(named=True)]
    return "Forecast rate over previous rate by category, on a log axis with intervals. " + ". ".join(parts) + "."


def agreement_chart(rows: pl.DataFrame, *, ink: str) -> Chart:
    """Draw agreement beyond chance per category: one mark for people among themselves, one for grader and people.

    Args:
        rows: Columns name, who ("people" or "grader and people"), value, low, high and n, in the order to show.
        ink: Colour of words on the page.
    """
    names = rows["name"].unique(maintain_order=True).to_list()
    y = alt.Y(
        "name:N", sort=names, title=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False, labelColor=ink)
    )
    offset = alt.YOffset("who:N", sort=list(_AGREEING))
    colour = alt.Color(
        "who:N",
        scale=alt.Scale(domain=list(_AGREEING), range=list(_AGREEING.values())),
        legend=alt.Legend(title=None, orient="top", labelColor=ink, symbolType="circle"),
    )
    ticks = [-0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1]
    axis = alt.Axis(values=ticks, format=".1f", grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    data = rows.with_columns(pl.col("value", "low", "high").clip(_LEAST_AGREEMENT, 1.0))
    base = alt.Chart(data)
    scale = alt.Scale(domain=[min([0.0, *data["low"]]), 1.0], nice=False)
    line = base.mark_rule(strokeWidth=2, opacity=0.8).encode(
        y=y, yOffset=offset, color=colour, x=alt.X("low:Q", scale=scale, axis=axis, title=_BEYOND), x2="high:Q"
    )
    tooltip = ["name", "who", alt.Tooltip("value:Q", format=".2f"), alt.Tooltip("low:Q", format=".2f")]
    tooltip += [alt.Tooltip("high:Q", format=".2f"), alt.Tooltip("n:Q", title="responses")]
    shape = alt.Shape("who:N", scale=alt.Scale(domain=list(_AGREEING), range=["circle", "diamond"]), legend=None)
    dot = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=y, yOffset=offset, color=colour, shape=shape, x=alt.X("value:Q", scale=scale, title=_BEYOND), tooltip=tooltip
    )
    chance = alt.Chart(pl.DataFrame({"at": [0.0]})).mark_rule(color=UNCLEAR).encode(x="at:Q")
    # The height that is given holds legend, axis and title too.
    return (chance + line + dot).properties(height=110 + 44 * max(1, len(names)))


def agreement_alt(rows: pl.DataFrame) -> str:
    """Say in words what the agreement chart shows."""
    parts = [
        f"{row['name']}, {row['who']}: {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        for row in rows.iter_rows(named=True)
    ]
    return "Agreement beyond chance by category, 0 is chance and 1 is perfect. " + ". ".join(parts) + "."


def counts_chart(rows: pl.DataFrame, *, label: str, value: str, ink: str) -> Chart:
    """Draw counts as plain horizontal bars with the numbers beside them, in the ink given."""
    y = alt.Y(
        f"{label}:N", sort=rows[label].to_list(), title=None, axis=alt.Axis(labelLimit=230, ticks=False, domain=False)
    )
    base = alt.Chart(rows).encode(
        y=y, x=alt.X(f"{value}:Q", axis=None), tooltip=[label, alt.Tooltip(f"{value}:Q", format=",")]
    )
    bars = base.mark_bar(color=UNCLEAR, height=14)
    numbers = base.mark_text(align="left", dx=5, color=ink).encode(text=alt.Text(f"{value}:Q", format=","))
    return (bars + numbers).properties(height=24 * max(1, rows.height), padding={"right": 50})


def counts_alt(rows: pl.DataFrame, *, label: str, value: str) -> str:
    """Say in words what the counts chart shows."""
    return ", ".join(f"{row[label]}: {row[value]:,}" for row in rows.iter_rows(named=True))


def _ratio_scale(data: pl.DataFrame) -> alt.Scale:
    values = pl.concat([data["ratio_low"], data["ratio_high"]]).drop_nulls()
    far = max([4.0, *(max(v, 1 / v) for v in values.to_list())]) * 1.1
    return alt.Scale(type="log", domain=[1 / far, far], nice=False)


def _ratio_axis() -> alt.Axis:
    ticks = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16]
    words = "datum.value < 1 ? '1/' + format(1 / datum.value, '.0f') + ' ×' : format(datum.value, '.0f') + ' ×'"
    return alt.Axis(values=ticks, labelExpr=words, grid=True, gridOpacity=0.35, domain=False, orient="bottom")


def _unchanged_band(material_ratio: float) -> Chart:
    band = pl.DataFrame({"from": [1 / material_ratio], "to": [material_ratio]})
    return alt.Chart(band).mark_rect(color=UNCLEAR, opacity=0.13).encode(x="from:Q", x2="to:Q")


def _no_change_line() -> Chart:
    return alt.Chart(pl.DataFrame({"one": [1.0]})).mark_rule(color=UNCLEAR, strokeWidth=1).encode(x="one:Q")


def _direction_colours() -> alt.Scale:
    return alt.Scale(domain=[str(d) for d in DIRECTIONS], range=[look.colour for look in DIRECTIONS.values()])


def _direction_shapes() -> alt.Scale:
    return alt.Scale(domain=[str(d) for d in DIRECTIONS], range=[look.shape for look in DIRECTIONS.values()])


def _tooltip() -> list[Any]:
    return [
        alt.Tooltip("name:N", title="Category"),
        alt.Tooltip("change:N", title="Change"),
        alt.Tooltip("rates:N", title="Before → forecast"),
        alt.Tooltip("call:N", title="Call"),
        alt.Tooltip("pairs:N", title="Pairs"),
    ]
