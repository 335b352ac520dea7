"""From the rate in the log to the forecast, step by step."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.looks import ACCENT, BETTER, UNCLEAR, WORSE

_FILLS = {"rate": ACCENT, "up": WORSE, "down": BETTER, "none": UNCLEAR}


def waterfall_chart(steps: pl.DataFrame, *, ink: str) -> Any:
    """Draw the steps as bars from what was before to what is after, on a log axis.

    Args:
        steps: Columns step, kind ("rate", "up", "down" or "none"), before, after (per 100,000) and words, in order.
        ink: Colour of words on the page.
    """
    order = steps["step"].to_list()
    y = alt.Y(
        "step:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False, labelColor=ink)
    )
    rates = [*steps["before"], *steps["after"]]
    low, high = min(rates), max(rates)
    scale = alt.Scale(type="log", domain=[low / 1.6, high * 2.2], nice=False)
    axis = alt.Axis(title="rate per 100,000, log axis", format="~s", gridOpacity=0.25, domain=False, tickCount=5)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(_FILLS), range=list(_FILLS.values())), legend=None)
    tooltip = [alt.Tooltip("step:N", title="Step"), alt.Tooltip("words:N", title="Rate")]
    base = alt.Chart(steps).encode(y=y)
    moves = base.transform_filter("datum.kind != 'rate'").mark_bar(height=10, opacity=0.85)
    moves = moves.encode(x=alt.X("before:Q", scale=scale, axis=axis), x2="after:Q", color=colour, tooltip=tooltip)
    ends = base.transform_filter("datum.kind == 'rate'").mark_point(filled=True, size=120, opacity=1, shape="diamond")
    ends = ends.encode(x=alt.X("after:Q", scale=scale, axis=axis), color=colour, tooltip=tooltip)
    right = alt.Chart(steps.with_columns(right=pl.max_horizontal("before", "after"))).encode(y=y)
    words = right.mark_text(align="left", dx=9, color=ink, fontSize=12).encode(
        x=alt.X("right:Q", scale=scale), text="words:N"
    )
    return alt.layer(moves, ends, words).properties(height=36 * max(1, steps.height) + 60)


def waterfall_alt(name: str, steps: pl.DataFrame) -> str:
    """Say in words what the waterfall shows."""
    parts = [f"{row['step']}: {row['words']}" for row in steps.iter_rows(named=True)]
    return f"{name}, from the log to the forecast. " + "; ".join(parts) + "."
