"""The chart of a forecast: each behaviour's ratio to its previous rate."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.forecast.records import Direction
from deploysim.looks import DIRECTIONS, UNCLEAR

Chart = Any
PICKED = "picked"
"""Name of the selection: the category that was clicked."""
_REACH = 20.0
"""Ratios beyond 20x or below 1/20 are drawn at the edge; the text beside them says the value."""
_ROW_PX = 50
_AXIS_PX = 64
_LINE, _OTHER = 8, 16
"""Pixels below a row's middle at which its interval is drawn, and that of the other forecast; words stand above."""


def shift_chart(rows: pl.DataFrame, *, material_ratio: float, ink: str, other: pl.DataFrame | None = None) -> Chart:
    """Draw each category's ratio to its previous rate on a log axis, with interval, direction and rates in words.

    Args:
        rows: One row per category that has a ratio, as `tables.shift_rows` gives it, in the order to show.
        material_ratio: Ratios between this and its inverse are shaded as "hardly changed".
        ink: Colour of words on the page, which charts do not take from the theme.
        other: The same of another forecast, drawn in grey beneath.
    """
    data = _clipped(rows).with_columns(title=pl.format("{} {}", "symbol", "name"))
    order = data["category"].to_list()
    others = _clipped(other.filter(pl.col("category").is_in(order))) if other is not None else data.head(0)
    scale = _ratio_scale(pl.concat([data.select(_RATIOS), others.select(_RATIOS)]))
    y = alt.Y("category:N", sort=order, axis=None)
    x = alt.X("ratio:Q", scale=scale, title="forecast rate ÷ previous rate", axis=_ratio_axis(ink))
    picked = alt.selection_point(name=PICKED, fields=["category"], on="click", empty=False)
    base = alt.Chart(data)
    colour = alt.Stroke("direction:N", scale=_direction_colours(), legend=None)
    interval = base.mark_rule(strokeWidth=2.5, opacity=0.85, yOffset=_LINE).encode(
        y=y, x="ratio_low:Q", x2="ratio_high:Q", stroke=colour
    )
    point = base.mark_point(size=120, opacity=1, strokeWidth=2, cursor="pointer", yOffset=_LINE).encode(
        y=y,
        x=x,
        stroke=colour,
        fill=alt.Fill("direction:N", scale=_direction_colours(), legend=None),
        fillOpacity=alt.condition(_hollow(), alt.value(0), alt.value(1)),
        shape=alt.Shape("direction:N", scale=_direction_shapes(), legend=None),
        tooltip=_tooltip(),
    )
    # Names and rates stand above each line, at both ends, so that they fit whole at any width of the window.
    title = base.mark_text(align="left", dy=-10, color=ink, fontSize=13, fontWeight=600).encode(
        y=y, x=alt.value(2), text="title:N"
    )
    words = base.mark_text(align="right", dy=-10, color=ink, fontSize=12, opacity=0.85).encode(
        y=y, x=alt.value("width"), text="beside:N"
    )
    layers = [_unchanged_band(material_ratio), _no_change_line(), *_other_layers(others, y), interval, title, words]
    return alt.layer(*layers, point.add_params(picked)).properties(height=_ROW_PX * max(1, data.height) + _AXIS_PX)


def shift_alt(rows: pl.DataFrame) -> str:
    """Say in words what the shift chart shows."""
    parts = [f"{row['name']}: {row['direction']}, {row['change']}" for row in rows.iter_rows(named=True)]
    return "Forecast rate over previous rate by category, on a log axis with intervals. " + ". ".join(parts) + "."


_RATIOS = ["ratio", "ratio_low", "ratio_high"]


def _clipped(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("ratio").is_not_null()).with_columns(pl.col(_RATIOS).clip(1 / _REACH, _REACH))


def _other_layers(others: pl.DataFrame, y: alt.Y) -> list[Chart]:
    if others.is_empty():
        return []
    base = alt.Chart(others)
    tooltip = [
        alt.Tooltip("name:N", title="Other forecast"),
        alt.Tooltip("change:N", title="Change"),
        alt.Tooltip("call:N"),
    ]
    line = base.mark_rule(strokeWidth=1.5, color=UNCLEAR, opacity=0.7, yOffset=_OTHER)
    mark = base.mark_point(shape="diamond", size=50, color=UNCLEAR, filled=True, opacity=0.9, yOffset=_OTHER)
    return [line.encode(y=y, x="ratio_low:Q", x2="ratio_high:Q"), mark.encode(y=y, x="ratio:Q", tooltip=tooltip)]


def _hollow() -> Any:
    return alt.datum.direction == str(Direction.UNKNOWN)


def _ratio_scale(data: pl.DataFrame) -> alt.Scale:
    values = pl.concat([data["ratio_low"], data["ratio_high"]]).drop_nulls()
    far = max([4.0, *(max(v, 1 / v) for v in values.to_list())]) * 1.1
    return alt.Scale(type="log", domain=[1 / far, far], nice=False)


def _ratio_axis(ink: str) -> alt.Axis:
    ticks = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16]
    words = "datum.value < 1 ? '1/' + format(1 / datum.value, '.0f') + ' ×' : format(datum.value, '.0f') + ' ×'"
    return alt.Axis(
        values=ticks,
        labelExpr=words,
        grid=True,
        gridOpacity=0.35,
        domain=False,
        orient="bottom",
        labelColor=ink,
        titleColor=ink,
    )


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
