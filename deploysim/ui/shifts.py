"""The parts of the Shifts page: what is shown, one behaviour in depth, and forecasts side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from deploysim import charts
from deploysim.charts.export import as_png, as_svg
from deploysim.charts.funnel import funnel_alt, funnel_chart
from deploysim.charts.waterfall import waterfall_alt, waterfall_chart
from deploysim.forecast.records import CategoryForecast, Direction, Forecast, LaneCount
from deploysim.forecast.reversal import what_would_change
from deploysim.forecast.words import BETTER, WORSE, number, sentence
from deploysim.pipeline.forecasting import SavedForecast
from deploysim.tables import comparable_words, floor_rows, shift_rows, step_rows
from deploysim.tables.beside import beside_rows, challenge_rows
from deploysim.ui.blocks import ink, plain
from deploysim.ui.comparison import compare_link, other_forecasts
from deploysim.ui.links import pick
from deploysim.ui.navigation import COMPARE

NONE = "none"
DARK_INK = "#1E2530"
"""Ink of files, which are on white whatever the reader's theme."""
GROUPS: Mapping[str, tuple[Direction, ...]] = {
    "Worse": WORSE,
    "Better": BETTER,
    "Unchanged": (Direction.UNCHANGED,),
    "More data": (Direction.UNKNOWN,),
}
MANY = 8
"""From so many rows on, the chart offers to show some of them."""
LANE_COLUMNS = (
    "lane",
    "present",
    "absent",
    "unclear or failed",
    "rate per 100k",
    "if all unclear were absent to present",
)


COMPARABLE_COLUMNS = ("not comparable", "per 100k, comparable only")


def pick_other(saved: SavedForecast) -> SavedForecast | None:
    """Let the reader pick another forecast to hold beside this one; it stands in the link."""
    found = other_forecasts(saved)
    if not found:
        return None
    labels = {NONE: "nothing"} | {i: _other_label(saved, one) for i, one in found.items()}
    return found.get(pick("Beside it", labels, key="beside"))


def _other_label(saved: SavedForecast, other: SavedForecast) -> str:
    one, two = saved.forecast, other.forecast
    if two.sample_id != one.sample_id:
        what = "another sample or challenge set"
    elif two.lanes[-1].run_id != one.lanes[-1].run_id:
        what = "another candidate"
    else:
        what = "another forecast of it"
    return f"{what}: {two.lanes[-1].model} · {two.created_at[:16].replace('T', ' ')} · {other.forecast_id[:8]}"


def pick_group(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows to draw: all, or those of one kind of call where there are many."""
    if rows.height < MANY:
        return rows
    sizes = {
        name: rows.filter(pl.col("direction").is_in(list(map(str, called)))).height for name, called in GROUPS.items()
    }
    options = ["All", *(name for name, size in sizes.items() if size)]
    chosen = st.segmented_control(
        "Show",
        options,
        default="All",
        format_func=lambda name: f"{name} {sizes.get(name, rows.height)}",
        key="shifts_group",
        label_visibility="collapsed",
    )
    if chosen is None or chosen not in GROUPS:
        return rows
    return rows.filter(pl.col("direction").is_in(list(map(str, GROUPS[chosen]))))


def show_chart(rows: pl.DataFrame, forecast: Forecast, other: SavedForecast | None) -> str | None:
    """Draw the forecast and return the category whose mark was clicked, if any."""
    beside = shift_rows(other.forecast) if other else None
    state = st.altair_chart(
        charts.shift_chart(rows, material_ratio=forecast.material_ratio, ink=ink(), other=beside),
        width="stretch",
        alt=charts.shift_alt(rows),
        on_select="rerun",
        selection_mode=charts.PICKED,
        key="shifts_chart",
    )
    if other:
        st.caption(f"Grey diamonds beneath: {plain(other.forecast.lanes[-1].model)}, forecast {other.forecast_id[:8]}.")
    picked = [point["category"] for point in state["selection"].get(charts.PICKED, [])]
    return picked[0] if picked else None


def show_unseen(rows: pl.DataFrame, forecast: Forecast) -> None:
    """List the behaviours that no complete pair shows, with what they may still be."""
    unseen = rows.filter(pl.col("ratio").is_null())
    if unseen.is_empty():
        return
    names = [row["name"] for row in unseen.iter_rows(named=True)]
    with st.expander(f"○ {len(names)} not seen in either lane compared, so without a ratio"):
        st.dataframe(
            unseen.select(
                "name", pl.col("rates").alias(f"per 100,000 {forecast.unit}s"), pl.col("n").alias("complete pairs")
            ),
            hide_index=True,
            height="content",
            alt="Behaviours without a ratio, with the most that they may still be.",
        )
        st.caption("Not seen is not zero: the bound is what so many pairs without it still allow.")


def show_category(saved: SavedForecast, rows: pl.DataFrame) -> None:
    """Show one behaviour in depth: steps, counts, what would change it, and its examples."""
    forecast = saved.forecast
    names = dict(rows.select("category", pl.format("{} {}", "symbol", "name")).iter_rows())
    category = pick("Behaviour", names, key="behaviour", width=360)
    row = next(row for row in forecast.categories if row.category == category)
    words = rows.filter(pl.col("category") == category).row(0, named=True)
    st.markdown(f"**{words['rates']}** per 100,000 {forecast.unit}s · {words['change']} · {words['call']}")
    _show_steps(row)
    _show_examples(saved, row)
    st.markdown("**What would change it**\n" + "\n".join(f"- {line}" for line in what_would_change(row, forecast)))
    _show_lanes(row)
    if row.notes:
        st.caption(plain(" ".join(row.notes)))


def _show_steps(row: CategoryForecast) -> None:
    rows = step_rows(row)
    if rows.is_empty():
        st.markdown("There is no forecast rate: neither compared lane shows it in a complete pair.")
        return
    st.altair_chart(waterfall_chart(rows, ink=ink()), width="stretch", alt=waterfall_alt(row.name, rows))


def _show_examples(saved: SavedForecast, row: CategoryForecast) -> None:
    table = row.table
    counts = {"regressed": table.regressed, "improved": table.improved, "both": table.both, "neither": table.neither}
    st.markdown("**Behind the numbers**")
    with st.container(horizontal=True):
        for outcome, count in counts.items():
            st.page_link(
                COMPARE,
                label=f"{count:,} {outcome}",
                help=_OUTCOMES[outcome],
                icon=":material/arrow_forward:",
                disabled=not count,
                query_params=compare_link(saved.lanes(), row.category, outcome),
                width="content",
            )


_OUTCOMES = {
    "regressed": "Only the new model shows it.",
    "improved": "Only the old model shows it.",
    "both": "Both show it.",
    "neither": "Neither shows it.",
}


def _show_lanes(row: CategoryForecast) -> None:
    alike = {lane.lane: comparable_words(lane) for lane in row.comparable}
    cells = [
        (
            lane.lane,
            lane.present,
            lane.absent,
            lane.unsure + lane.not_comparable + lane.failed,
            number(lane.rate.per_100k) if lane.rate.per_100k is not None else "n/a (n = 0)",
            _bounds(lane),
            lane.not_comparable,
            alike.get(lane.lane, ""),
        )
        for lane in row.lanes
    ]
    columns = [*LANE_COLUMNS, *COMPARABLE_COLUMNS]
    st.dataframe(
        pl.DataFrame(cells, schema=columns, orient="row").select(columns if alike else LANE_COLUMNS),
        hide_index=True,
        height="content",
        column_config={
            "rate per 100k": st.column_config.TextColumn(
                help="Half a response is added to those present and to those absent (Jeffreys), so that none seen among a "
                "few is not read as never. The bounds beside it are plain shares."
            )
        },
        alt=f"Responses of each lane to {row.name}, by verdict.",
    )


def _bounds(lane: LaneCount) -> str:
    if lane.low_per_100k is None or lane.high_per_100k is None:
        return "n/a"
    if lane.low_per_100k == lane.high_per_100k:
        return "none unclear"
    return f"{number(lane.low_per_100k)} to {number(lane.high_per_100k)}"


def show_floor(rows: pl.DataFrame) -> None:
    """Draw pairs that differ against the noise floor, or say what gives one."""
    floors = floor_rows(rows)
    if floors.is_empty():
        st.markdown(
            "The noise floor is how often two answers of the old model to one prefix differ anyway. It takes a baseline "
            "that was asked more than once."
        )
        st.code("python -m deploysim replay --lane baseline --model OLD --repeats 2", language="bash")
        return
    st.altair_chart(funnel_chart(floors, ink=ink()), width="stretch", alt=funnel_alt(floors))
    st.caption(
        "Dots: pairs of old and new model that differ. Grey: how many pairs of two answers of the old model differ, with "
        "its interval. A dot within the grey may be chance alone."
    )


def show_beside(saved: SavedForecast, other: SavedForecast | None) -> None:
    """Hold two forecasts side by side, category by category; of another sample, as a challenge set too."""
    if other is None:
        st.markdown(
            "Choose another forecast under “Beside it” at the top: another candidate, an earlier forecast of this one, or a challenge set."
        )
        return
    st.markdown(f"This one: {sentence(saved.forecast)} The other: {sentence(other.forecast)}")
    if saved.forecast.graders != other.forecast.graders:
        st.warning(
            "The two were graded by different graders: their rates are not the same measurement.",
            icon=":material/balance:",
        )
    shown = beside_rows(saved.forecast, other.forecast)
    st.dataframe(
        shown.select(
            pl.col("name").alias("behaviour"),
            pl.col("agreement").alias("together"),
            pl.col("change").alias("this ratio"),
            pl.col("other_change").alias("other ratio"),
            pl.col("call").alias("this call"),
            pl.col("other_call").alias("other call"),
        ),
        hide_index=True,
        height="content",
        column_config={"behaviour": st.column_config.TextColumn(pinned=True)},
        alt="Both forecasts by category.",
    )
    if other.forecast.sample_id != saved.forecast.sample_id:
        _show_challenge(saved.forecast, other.forecast)


def _show_challenge(forecast: Forecast, challenge: Forecast) -> None:
    st.markdown("**Read as a challenge set**")
    st.caption(
        "Prompts chosen to provoke say nothing of how often users meet a behaviour, but which model does worse on them is "
        "a hint beside the forecast. The forecast complements such evaluations and does not replace them."
    )
    st.dataframe(
        challenge_rows(forecast, challenge).select(
            pl.col("name").alias("behaviour"),
            "forecast",
            pl.col("challenge").alias("challenge set suggests"),
            pl.col("counts").alias("old → new"),
        ),
        hide_index=True,
        height="content",
        alt="The direction that the challenge set suggests, beside each forecast.",
    )


def offer_files(rows: pl.DataFrame, saved: SavedForecast) -> None:
    """Offer the chart as SVG and PNG."""
    seen = rows.filter(pl.col("ratio").is_not_null())
    if seen.is_empty():
        return
    name = f"shifts-{saved.forecast_id[:8]}"
    with st.container(horizontal=True):
        for kind, mime, draw in (("svg", "image/svg+xml", as_svg), ("png", "image/png", as_png)):
            st.download_button(
                f"Chart as {kind.upper()}",
                partial(_drawn, draw, seen, saved.forecast.material_ratio),
                f"{name}.{kind}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"shifts_{kind}",
            )


def _drawn(draw: Callable[[Any], str | bytes], rows: pl.DataFrame, material_ratio: float) -> str | bytes:
    return draw(charts.shift_chart(rows, material_ratio=material_ratio, ink=DARK_INK))
