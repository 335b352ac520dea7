"""Polars frames as Altair charts. Each chart has a twin function that says in words what it shows, for `alt`."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.charts.shift import PICKED, shift_alt, shift_chart
from deploysim.looks import LANES, UNCLEAR

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


def auc_chart(rows: pl.DataFrame, *, ink: str) -> Chart:
    """Draw how well lanes are told apart: AUC with interval per comparison, with a line where it is chance.

    Args:
        rows: Columns name, auc, low, high, mistaken and pairs, in the order to show.
        ink: Colour of words on the page.
    """
    y = alt.Y(
        "name:N",
        sort=rows["name"].to_list(),
        title=None,
        axis=alt.Axis(labelLimit=280, ticks=False, domain=False, labelColor=ink, labelFontSize=13),
    )
    least = min([0.4, *rows["low"]])
    scale = alt.Scale(domain=[least, 1.0], nice=False)
    axis = alt.Axis(format=".1f", grid=True, gridOpacity=0.35, domain=False, titleColor=ink, tickCount=6)
    title = "AUC on conversations held out: 0.5 cannot be told apart, 1 always"
    base = alt.Chart(rows)
    tooltip = ["name", alt.Tooltip("auc:Q", format=".2f"), alt.Tooltip("low:Q", format=".2f")]
    tooltip += [alt.Tooltip("high:Q", format=".2f"), alt.Tooltip("pairs:Q", format=",")]
    line = base.mark_rule(strokeWidth=2.5, color=UNCLEAR).encode(
        y=y, x=alt.X("low:Q", scale=scale, axis=axis, title=title), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=110, opacity=1, color=ink).encode(
        y=y, x=alt.X("auc:Q", scale=scale, title=title), tooltip=tooltip
    )
    chance = alt.Chart(pl.DataFrame({"at": [0.5]})).mark_rule(color=UNCLEAR, strokeDash=[4, 3])
    chance = chance.encode(x=alt.X("at:Q", scale=scale, title=title))
    return (chance + line + dot).properties(height=70 + 34 * max(1, rows.height))


def auc_alt(rows: pl.DataFrame) -> str:
    """Say in words what the chart of AUCs shows."""
    parts = [f"{r['name']}: {r['auc']:.2f} ({r['low']:.2f} to {r['high']:.2f})" for r in rows.iter_rows(named=True)]
    return "How well lanes are told apart, AUC with interval, 0.5 is chance. " + ". ".join(parts) + "."


def tells_chart(rows: pl.DataFrame, *, ink: str) -> Chart:
    """Draw in how many pairs which side has more of a feature: the first side to the left, the second to the right.

    Args:
        rows: Columns feature, lane, share (negative for the first side), words and q, two rows a feature.
        ink: Colour of words on the page.
    """
    lanes = rows["lane"].unique(maintain_order=True).to_list()
    y = alt.Y(
        "feature:N",
        sort=rows["feature"].unique(maintain_order=True).to_list(),
        title=None,
        axis=alt.Axis(labelLimit=240, ticks=False, domain=False, labelColor=ink),
    )
    words = "format(abs(datum.value), '.0%')"
    axis = alt.Axis(labelExpr=words, grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    x = alt.X(
        "share:Q",
        scale=alt.Scale(domain=[-1, 1]),
        axis=axis,
        title=f"← more in {lanes[0]} · share of pairs · more in {lanes[1]} →",
    )
    colour = alt.Color(
        "lane:N", scale=alt.Scale(domain=lanes, range=[LANES.get(lane, UNCLEAR) for lane in lanes]), legend=None
    )
    bars = (
        alt.Chart(rows)
        .mark_bar(height=13)
        .encode(y=y, x=x, color=colour, tooltip=["words", alt.Tooltip("q:Q", format=".3f")])
    )
    middle = alt.Chart(pl.DataFrame({"at": [0.0]})).mark_rule(color=ink, opacity=0.6).encode(x="at:Q")
    return (bars + middle).properties(height=60 + 24 * max(1, rows.height // 2))


def tells_alt(rows: pl.DataFrame) -> str:
    """Say in words what the chart of features shows."""
    return "In how many pairs which side has more of a feature. " + ". ".join(rows["words"]) + "."


def terms_chart(rows: pl.DataFrame, *, chance: float, ink: str) -> Chart:
    """Draw the terms that belong most to either side by z-score: the second side's to the right.

    Args:
        rows: Columns term, lane, z and words, in the order to show.
        chance: z-scores nearer to 0 than this may be chance; dashed lines show where.
        ink: Colour of words on the page.
    """
    lanes = rows["lane"].unique(maintain_order=True).to_list()
    y = alt.Y(
        "term:N",
        sort=rows["term"].to_list(),
        title=None,
        axis=alt.Axis(labelLimit=220, ticks=False, domain=False, labelColor=ink),
    )
    axis = alt.Axis(grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    title = f"← more in {lanes[-1]} · z-score · more in {lanes[0]} →" if lanes else "z-score"
    colour = alt.Color(
        "lane:N", scale=alt.Scale(domain=lanes, range=[LANES.get(lane, UNCLEAR) for lane in lanes]), legend=None
    )
    bars = (
        alt.Chart(rows)
        .mark_bar(height=11)
        .encode(y=y, x=alt.X("z:Q", axis=axis, title=title), color=colour, tooltip=["words"])
    )
    middle = alt.Chart(pl.DataFrame({"at": [0.0]})).mark_rule(color=ink, opacity=0.6).encode(x="at:Q")
    bounds = pl.DataFrame({"at": [-chance, chance]})
    limits = alt.Chart(bounds).mark_rule(color=ink, strokeDash=[4, 3], opacity=0.6).encode(x="at:Q")
    return (bars + middle + limits).properties(height=60 + 19 * max(1, rows.height))


def terms_alt(rows: pl.DataFrame) -> str:
    """Say in words what the chart of terms shows."""
    return "Terms that belong most to either side. " + ". ".join(rows["words"]) + "."


def shares_chart(rows: pl.DataFrame, *, ink: str, title: str) -> Chart:
    """Draw shares with their intervals, grouped by measure, one mark a lane.

    Args:
        rows: Columns measure, lane, value, low, high and words, in the order to show; shares in 0..1.
        ink: Colour of words on the page.
        title: Of the axis.
    """
    lanes = rows["lane"].unique(maintain_order=True).to_list()
    measures = rows["measure"].unique(maintain_order=True).to_list()
    y = alt.Y(
        "measure:N", sort=measures, title=None, axis=alt.Axis(labelLimit=300, ticks=False, domain=False, labelColor=ink)
    )
    offset = alt.YOffset("lane:N", sort=lanes)
    colours = [LANES.get(lane, UNCLEAR) for lane in lanes]
    shapes = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down"]
    colour = alt.Color(
        "lane:N",
        scale=alt.Scale(domain=lanes, range=colours),
        legend=alt.Legend(title=None, orient="top", labelColor=ink),
    )
    shape = alt.Shape("lane:N", scale=alt.Scale(domain=lanes, range=shapes[: len(lanes)]))
    most = max([0.01, *rows["high"]])
    axis = alt.Axis(format="~%", grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    x_scale = alt.Scale(domain=[0.0, min(1.0, most * 1.05)], nice=False)
    base = alt.Chart(rows)
    line = base.mark_rule(strokeWidth=2, opacity=0.8).encode(
        y=y, yOffset=offset, color=colour, x=alt.X("low:Q", scale=x_scale, axis=axis, title=title), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=y,
        yOffset=offset,
        color=colour,
        shape=shape,
        x=alt.X("value:Q", scale=x_scale, title=title),
        tooltip=["words"],
    )
    return (line + dot).properties(height=80 + (16 * len(lanes) + 14) * max(1, len(measures)))


def shares_alt(rows: pl.DataFrame) -> str:
    """Say in words what the chart of shares shows."""
    return "Shares by measure and lane. " + ". ".join(rows["words"]) + "."


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
