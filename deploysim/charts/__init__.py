"""Polars frames as Altair charts. Each chart has a twin function that says in words what it shows, for `alt`."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.charts.shift import PICKED, shift_alt, shift_chart
from deploysim.looks import UNCLEAR

__all__ = [
    "PICKED",
    "Chart",
    "agreement_alt",
    "agreement_chart",
    "auc_alt",
    "auc_chart",
    "counts_alt",
    "counts_chart",
    "shares_alt",
    "shares_chart",
    "shift_alt",
    "shift_chart",
    "tells_alt",
    "tells_chart",
    "terms_alt",
    "terms_chart",
]

Chart = Any
"""An Altair chart of any kind: its fluent methods are too dynamic for the type checker."""
_AGREEING = {"people": "#0072B2", "grader and people": "#7B5EA7"}
_LEAST_AGREEMENT = -0.4
"""Worse agreement is drawn at the edge; the table says the value."""
_BEYOND = "agreement beyond chance"


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
