"""Pairs that differ between the lanes, against what two answers of one model differ by anyway."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.looks import ACCENT, UNCLEAR


def funnel_chart(rows: pl.DataFrame, *, ink: str) -> Any:
    """Draw, per category, the share of pairs that differ and the noise floor's interval behind it.

    Args:
        rows: Columns name, differ, floor, floor_low and floor_high, per 100,000 pairs, in the order to show.
        ink: Colour of words on the page.
    """
    y = alt.Y(
        "name:N",
        sort=rows["name"].to_list(),
        title=None,
        axis=alt.Axis(labelLimit=340, ticks=False, domain=False, labelColor=ink),
    )
    title = "pairs that differ, per 100,000"
    axis = alt.Axis(title=title, format="~s", gridOpacity=0.25, domain=False, tickCount=6)
    scale = alt.Scale(type="symlog", constant=50, nice=False)
    base = alt.Chart(rows).encode(y=y)
    tooltip = [
        alt.Tooltip("name:N", title="Behaviour"),
        alt.Tooltip("differ:Q", format=",.0f", title="Old against new"),
        alt.Tooltip("floor:Q", format=",.0f", title="Old against itself"),
    ]
    floor = base.mark_bar(color=UNCLEAR, opacity=0.35, height=14)
    floor = floor.encode(x=alt.X("floor_low:Q", scale=scale, axis=axis), x2="floor_high:Q", tooltip=tooltip)
    middle = base.mark_tick(color=UNCLEAR, thickness=2, height=14).encode(
        x=alt.X("floor:Q", scale=scale), tooltip=tooltip
    )
    seen = base.mark_point(filled=True, size=90, color=ACCENT, opacity=1).encode(
        x=alt.X("differ:Q", scale=scale), tooltip=tooltip
    )
    return alt.layer(floor, middle, seen).properties(height=30 * max(1, rows.height) + 50)


def funnel_alt(rows: pl.DataFrame) -> str:
    """Say in words what the funnel shows."""
    parts = [
        f"{row['name']}: {row['differ']:,.0f} against {row['floor']:,.0f} ({row['floor_low']:,.0f} to {row['floor_high']:,.0f})"
        for row in rows.iter_rows(named=True)
    ]
    return (
        "Pairs that differ between old and new, per 100,000, against two answers of the old model. "
        + "; ".join(parts)
        + "."
    )
