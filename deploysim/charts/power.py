"""Power against the number of prefixes."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from deploysim.looks import ACCENT, UNCLEAR

NAMED_AT = 0.5
"""Power at which each line carries its name."""


def power_chart(rows: pl.DataFrame, *, power: float, size: int, ink: str) -> Any:
    """Draw power over sample sizes, a line a category, with the power asked for and the sample thought of.

    Args:
        rows: Columns name, prefixes and power.
        power: The power asked for.
        size: The sample thought of.
        ink: Colour of words on the page.
    """
    x = alt.X(
        "prefixes:Q",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(title="prefixes replayed", format="~s", gridOpacity=0.25, domain=False, tickCount=6),
    )
    y = alt.Y(
        "power:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(
            title="chance that the change is called", format=".0%", gridOpacity=0.25, domain=False, tickCount=5
        ),
    )
    tooltip = [
        alt.Tooltip("name:N", title="Behaviour"),
        alt.Tooltip("prefixes:Q", format=",", title="Prefixes"),
        alt.Tooltip("power:Q", format=".0%", title="Power"),
    ]
    lines = (
        alt.Chart(rows)
        .mark_line(color=ACCENT, strokeWidth=2, opacity=0.8)
        .encode(x=x, y=y, detail="name:N", tooltip=tooltip)
    )
    named = alt.Chart(_named(rows)).encode(x=x, y=y)
    # A dot on its line tells whose name it is where lines lie close together.
    dots = named.mark_point(color=ACCENT, filled=True, size=45, opacity=1)
    names = named.mark_text(align="left", dx=9, color=ink, fontSize=12, limit=220).encode(text="name:N")
    asked = alt.Chart(pl.DataFrame({"power": [power]})).mark_rule(color=UNCLEAR, strokeDash=[4, 4]).encode(y="power:Q")
    sample = alt.Chart(pl.DataFrame({"prefixes": [size]})).mark_rule(color=UNCLEAR).encode(x="prefixes:Q")
    return alt.layer(asked, sample, lines, dots, names).properties(height=360, padding={"right": 24})


def power_alt(rows: pl.DataFrame, *, power: float) -> str:
    """Say in words what the power chart shows."""
    parts = []
    for name in rows["name"].unique(maintain_order=True):
        enough = rows.filter((pl.col("name") == name) & (pl.col("power") >= power))["prefixes"]
        reached = (
            f"reaches {power:.0%} at about {enough.sort()[0]:,} prefixes"
            if enough.len()
            else f"does not reach {power:.0%}"
        )
        parts.append(f"{name} {reached}")
    return "Chance of calling the change against the number of prefixes, on a log axis. " + "; ".join(parts) + "."


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the point of each line at which its name stands: at heights that differ, so that names rarely meet."""
    names = rows["name"].unique(maintain_order=True).to_list()
    found = []
    for place, name in enumerate(names):
        height = NAMED_AT + 0.35 * (place - (len(names) - 1) / 2) / max(1, len(names))
        line = rows.filter(pl.col("name") == name).with_columns(off=(pl.col("power") - height).abs())
        found.append(line.sort("off").head(1))
    return pl.concat(found) if found else rows.head(0)
