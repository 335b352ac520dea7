"""Polars frames as Altair charts. Each chart has a twin function that says in words what it shows, for `alt`."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.looks import DIRECTIONS, UNCLEAR

Chart = Any
"""An Altair chart of any kind: its fluent methods are too dynamic for the type checker."""
PICKED = "picked"
"""Name of the selection: the category that was clicked."""

_REACH = 20.0
"""Ratios beyond 20x or below 1/20 are drawn at the edge; the text beside them says the value."""
_ROW_PX = 30


def shift_chart(rows: pl.DataFrame, *, material_ratio: float) -> Chart:
    """Draw each category's ratio to its previous rate on a log axis, with interval, direction and rates in words.

    Args:
        rows: One row per category, as `tables.shift_rows` gives it, in the order to show.
        material_ratio: Ratios between this and its inverse are shaded as "hardly changed".
    """
    data = rows.with_columns(
        pl.col("ratio", "ratio_low", "ratio_high").clip(1 / _REACH, _REACH), label=pl.format("{} {}", "symbol", "name")
    )
    order = data["label"].to_list()
    y = alt.Y(
        "label:N", sort=order, title=None, axis=alt.Axis(labelLimit=230, ticks=False, domain=False, labelPadding=10)
    )
    x = alt.X("ratio:Q", scale=_ratio_scale(data), title="forecast rate over previous rate", axis=_ratio_axis())
    known = alt.Chart(data).transform_filter("isValid(datum.ratio)")
    picked = alt.selection_point(name=PICKED, fields=["category"], on="click", empty=False)
    colour = alt.Color("direction:N", scale=_direction_colours(), legend=None)
    tooltip = _tooltip()
    interval = known.mark_rule(strokeWidth=2.5, opacity=0.85).encode(
        y=y, x="ratio_low:Q", x2="ratio_high:Q", color=colour
    )
    point = known.mark_point(filled=True, size=150, opacity=1, cursor="pointer").encode(
        y=y, x=x, color=colour, tooltip=tooltip, shape=alt.Shape("direction:N", scale=_direction_shapes(), legend=None)
    )
    layers = [_unchanged_band(material_ratio), _no_change_line(), interval, point.add_params(picked), *_texts(data, y)]
    return alt.layer(*layers).properties(
        height=_ROW_PX * max(1, data.height), padding={"left": 0, "right": 330, "top": 26}
    )


def shift_alt(rows: pl.DataFrame) -> str:
    """Say in words what the shift chart shows."""
    parts = [f"{row['name']}: {row['direction']}, {row['change']}" for row in rows.iter_rows(named=True)]
    return "Forecast rate over previous rate by category, on a log axis with intervals. " + ". ".join(parts) + "."


def counts_chart(rows: pl.DataFrame, *, label: str, value: str) -> Chart:
    """Draw counts as plain horizontal bars with the numbers beside them."""
    y = alt.Y(
        f"{label}:N", sort=rows[label].to_list(), title=None, axis=alt.Axis(labelLimit=230, ticks=False, domain=False)
    )
    base = alt.Chart(rows).encode(
        y=y, x=alt.X(f"{value}:Q", axis=None), tooltip=[label, alt.Tooltip(f"{value}:Q", format=",")]
    )
    bars = base.mark_bar(color=UNCLEAR, height=14)
    numbers = base.mark_text(align="left", dx=5).encode(text=alt.Text(f"{value}:Q", format=","))
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


def _texts(data: pl.DataFrame, y: alt.Y) -> list[Chart]:
    """Write the rates and the call beside each row, and a heading above them."""
    columns = (("rates", "before → forecast per 100k", 14), ("call", "call", 190))
    texts = []
    for field, heading, dx in columns:
        base = alt.Chart(data).mark_text(align="left", dx=dx, fontSize=12)
        texts.append(base.encode(y=y, x=alt.value("width"), text=f"{field}:N"))
        head = alt.Chart(pl.DataFrame({"t": [heading]})).mark_text(
            align="left", dx=dx, dy=-14, fontSize=11, opacity=0.7
        )
        texts.append(head.encode(x=alt.value("width"), y=alt.value(0), text="t:N"))
    return texts


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
