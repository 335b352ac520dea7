"""Audits drawn: how well lanes are told apart and by what, terms, and shares by lane."""

from __future__ import annotations

import altair as alt
import polars as pl

from deploysim.charts import Chart
from deploysim.looks import LANES, UNCLEAR


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
    title = "AUC, held out: 0.5 cannot be told apart"
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
        axis=alt.Axis(labelLimit=240, ticks=False, domain=False, labelColor=ink, labelOverlap=False),
    )
    words = "format(abs(datum.value), '.0%')"
    axis = alt.Axis(labelExpr=words, grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    x = alt.X(
        "share:Q",
        scale=alt.Scale(domain=[-1, 1]),
        axis=axis,
        title=_two_sides(lanes[0], lanes[1], "share of pairs"),
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
        axis=alt.Axis(labelLimit=220, ticks=False, domain=False, labelColor=ink, labelOverlap=False),
    )
    axis = alt.Axis(grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    title = _two_sides(lanes[-1], lanes[0], "z-score") if lanes else ["z-score"]
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


def _two_sides(left: str, right: str, unit: str) -> list[str]:
    """Return the title of an axis with a side to the left and one to the right, on two lines: half a page is narrow."""
    return [f"← more in {left} · more in {right} →", unit]


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


ANSWERERS = {
    "recorded": "#708090",
    "recorded elsewhere": "#56789B",
    "written before": "#5B8C85",
    "snapshot": "#009E73",
    "simulated": "#7B5EA7",
    "simulated failure": "#B3598D",
    "fixed answer": "#0072B2",
    "nobody": "#D55E00",
}
"""Who answered a call; the same order in every chart, real sources first."""
LETTERED = 0.07
"""Smaller parts of a bar have no room for their number."""


def answerers_chart(rows: pl.DataFrame, *, ink: str) -> Chart:
    """Draw who answered agents' calls, a bar a variant whose parts add up to all calls.

    Args:
        rows: Columns variant, source, calls, share and words, variants in the order to show.
        ink: Colour of words on the page.
    """
    order = {name: place for place, name in enumerate(ANSWERERS)}
    rows = rows.with_columns(place=pl.col("source").replace_strict(order, default=len(order), return_dtype=pl.Int64))
    variants = rows["variant"].unique(maintain_order=True).to_list()
    sources = [name for name in ANSWERERS if name in set(rows["source"])]
    y = alt.Y(
        "variant:N",
        sort=variants,
        title=None,
        axis=alt.Axis(labelLimit=280, ticks=False, domain=False, labelColor=ink, labelFontSize=13),
    )
    axis = alt.Axis(format="~%", grid=True, gridOpacity=0.35, domain=False, titleColor=ink)
    x = alt.X("share:Q", stack="zero", scale=alt.Scale(domain=[0, 1], nice=False), axis=axis, title="share of calls")
    colour = alt.Color(
        "source:N",
        scale=alt.Scale(domain=sources, range=[ANSWERERS[name] for name in sources]),
        legend=alt.Legend(title=None, orient="top", labelColor=ink, columns=2),
    )
    base = alt.Chart(rows)
    bars = base.mark_bar(height=20, stroke="white", strokeWidth=1).encode(
        y=y, x=x, color=colour, order="place:O", tooltip=["words"]
    )
    middle = alt.X("at:Q", scale=alt.Scale(domain=[0, 1], nice=False), title="share of calls")
    numbered = rows.sort("place").with_columns(at=pl.col("share").cum_sum().over("variant") - pl.col("share") / 2)
    numbers = (
        alt.Chart(numbered.filter(pl.col("share") >= LETTERED))
        .mark_text(color="white", fontWeight="bold")
        .encode(y=y, x=middle, text=alt.Text("share:Q", format=".0%"))
    )
    return (bars + numbers).properties(height=80 + 34 * max(1, len(variants)))


def answerers_alt(rows: pl.DataFrame) -> str:
    """Say in words what the chart of answerers shows."""
    return "Who answered agents' calls, by what was taken away. " + ". ".join(rows["words"]) + "."
