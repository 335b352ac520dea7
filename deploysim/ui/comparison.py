"""What Compare and Shifts share: picking runs and forecasts, cached comparisons, and a forecast's surroundings."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.forecast.records import Forecast
from deploysim.forecast.words import failures_sentence
from deploysim.looks import DIRECTIONS
from deploysim.pipeline.comparing import ANY, FAILED, Comparison, load_comparison
from deploysim.pipeline.forecasting import SavedForecast, all_forecasts, edited_forecasts
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.purging import erased_note
from deploysim.store.labels import labels
from deploysim.store.reviews import reviews_version
from deploysim.store.runs import ENDED, RunRecord, list_runs
from deploysim.store.workspace import Workspace
from deploysim.ui.blocks import empty_state, plain
from deploysim.ui.data import version, workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.links import pick
from deploysim.ui.navigation import COMPARE, RUNS
from deploysim.wording import counted

OUTCOME_LABELS = {
    ANY: "all",
    "regressed": "▲ regressed",
    "improved": "▼ improved",
    "both": "both",
    "neither": "neither",
    "unclear": "unclear",
    FAILED: "failed",
}
NO_BASELINE = "none"
NOISE_HELP = (
    "The noise floor: how often two answers of the old model to the same prefix are flagged differently, with its "
    "interval. A candidate of which no more pairs differ need not differ at all. It needs a baseline run with repeats."
)


def pick_lanes(sample_id: str) -> Lanes:
    """Let the reader pick a candidate and a baseline of a sample; both stand in the link."""
    runs = sorted(list_runs(workspace(), sample_id=sample_id), key=lambda run: run.status not in ENDED)
    candidates = {r.run_id: r for r in runs if r.lane == "candidate"}
    baselines = {r.run_id: r for r in runs if r.lane == "baseline"}
    if not candidates:
        empty_state(
            "No candidate has answered this sample yet, so there is nothing to compare.",
            command=f"python -m deploysim replay --sample {sample_id} --lane candidate --model NAME",
            page=RUNS,
            label="Start a replay on the Runs page",
        )
    candidate = pick("Candidate", {i: _run_label(r) for i, r in candidates.items()}, key="candidate")
    labels = {i: _run_label(r) for i, r in baselines.items()} | {NO_BASELINE: "none: compare with the log"}
    baseline = pick("Baseline", labels, key="baseline")
    return Lanes(sample_id, candidate, baseline if baseline in baselines else None)


def _run_label(run: RunRecord) -> str:
    return f"{run.name} · {run.run_id[:6]} · {run.created_at[:16].replace('T', ' ')}"


@st.cache_resource(max_entries=4, show_spinner="Joining the lanes …")
def _comparison(root: str, lanes: Lanes, version: object) -> Comparison:
    return load_comparison(Workspace(Path(root)), lanes, taxonomy()[1])


@st.cache_resource(max_entries=4, show_spinner=False)
def _with_people(root: str, lanes: Lanes, graded: object, said: object) -> Comparison:
    return _comparison(root, lanes, graded).with_people(labels(Workspace(Path(root))))


def comparison(lanes: Lanes) -> Comparison:
    """Return what became of every pair of responses, with what people said of them so far."""
    here = workspace()
    folders = [here.runs / run for run in lanes.runs().values()]
    graded = version(*folders, *[here.grades / grader.fingerprint for grader in taxonomy()[1]])
    return _with_people(str(here.root), lanes, graded, reviews_version(here))


@st.cache_data(max_entries=4, show_spinner=False)
def _forecasts(root: str, version: object) -> list[SavedForecast]:
    return all_forecasts(Workspace(Path(root)))


def pick_forecast() -> SavedForecast:
    """Let the reader pick a forecast; it stands in the link."""
    here = workspace()
    found = {saved.forecast_id: saved for saved in _forecasts(str(here.root), version(here.forecasts))}
    for forecast_id in edited_forecasts(here):
        st.warning(
            f"The file of forecast {forecast_id[:12]} was changed after it was made, so it is not shown. "
            "Restore it from a copy, or make the forecast again.",
            icon=":material/warning:",
        )
    if not found:
        empty_state(
            "No forecast has been made yet. It needs a sample that a candidate has answered.",
            command="python -m deploysim forecast",
            page=RUNS,
            label="See the runs",
        )
    return found[pick("Forecast", {i: _forecast_label(saved) for i, saved in found.items()}, key="forecast")]


def other_forecasts(saved: SavedForecast) -> dict[str, SavedForecast]:
    """Return all other forecasts by their id, those of the same sample first."""
    here = workspace()
    found = [one for one in _forecasts(str(here.root), version(here.forecasts)) if one.forecast_id != saved.forecast_id]
    same = sorted(found, key=lambda one: one.forecast.sample_id != saved.forecast.sample_id)
    return {one.forecast_id: one for one in same}


def _forecast_label(saved: SavedForecast) -> str:
    forecast = saved.forecast
    models = " → ".join(lane.model for lane in forecast.lanes[-2:])
    return f"{models} · {forecast.created_at[:16].replace('T', ' ')} · {saved.forecast_id[:8]}"


def about_forecast(saved: SavedForecast) -> str:
    """Return what a forecast is about, in one line."""
    forecast = saved.forecast
    correction = "fidelity corrected" if forecast.fidelity_corrected else "fidelity uncorrected: no baseline lane"
    parts = [
        " → ".join(plain(lane.model) for lane in forecast.lanes[-2:]),
        counted(forecast.prefixes, "prefix", "prefixes"),
        counted(forecast.conversations, "conversation"),
        f"rates per 100,000 {forecast.unit}s",
        correction,
        f"forecast {saved.forecast_id[:8]}",
    ]
    return " · ".join(parts)


def tell_erased(saved: SavedForecast) -> None:
    """Say so where conversations that a forecast rests on were erased after it was made."""
    note = erased_note(workspace(), saved.forecast.sample_id, since=saved.forecast.created_at)
    if note:
        st.info(f"{note} Its numbers stay as they were made.", icon=":material/person_remove:")


def open_compare(lanes: Lanes, category: str, outcome: str = "regressed") -> None:
    """Go to the conversations behind a mark."""
    st.switch_page(COMPARE, query_params=compare_link(lanes, category, outcome))


def compare_link(lanes: Lanes, category: str, outcome: str) -> dict[str, str]:
    """Return the link parameters of a comparison."""
    return {
        "sample": lanes.sample_id,
        "candidate": lanes.candidate or "",
        "baseline": lanes.baseline or NO_BASELINE,
        "category": category,
        "outcome": outcome,
    }


def forecast_help(forecast: Forecast) -> None:
    """Explain how to read the chart."""
    certain, level, ratio = forecast.certainty_required, forecast.level, forecast.material_ratio
    marks = ", ".join(f"{look.symbol} {direction}" for direction, look in DIRECTIONS.items())
    with st.popover("How to read it", icon=":material/help:"):
        st.markdown(
            "Each mark is the forecast rate divided by the rate in the log, on a log axis; the line through it holds "
            f"the true ratio with probability {level:.0%}. The shaded band is a change of less than {ratio:g}x. A "
            f"direction is called when its probability reaches {certain:.0%} and enough pairs differ; *materially* "
            f"means by more than {ratio:g}x; *a lead* is a call that the paired test, allowing for the number of "
            f"categories, does not confirm. Marks: {marks}. Click a mark to read the conversations behind it."
        )


def forecast_basis(forecast: Forecast) -> None:
    """Show what a forecast rests on and what it assumes."""
    for lane in forecast.lanes:
        st.markdown(f"**{lane.lane}** · {plain(lane.model)} · {lane.responses:,} responses · {plain(lane.settings)}")
        if lane.failed:
            st.markdown(f":material/error: {failures_sentence(lane)}")
    st.caption(f"Sample {forecast.sample_id}, {plain(forecast.window)}.")
    st.markdown("**What it assumes**\n" + "\n".join(f"- {plain(note)}" for note in forecast.notes))


COMPARABLE = "candidate on comparable ones only"
COMPARABLE_HELP = (
    "Per 100,000, without rollouts that left the simulated world, met a limit, or stopped to ask before they had done what "
    "the log did; in the other columns what they did until then counts."
)


def forecast_table(rows: pl.DataFrame, forecast_id: str) -> None:
    """Show the numbers, with everything that a statistician asks for, and offer them as a file."""
    shown = rows.select(
        pl.format("{} {}", "symbol", "name").alias("category"),
        pl.col("call"),
        pl.col("rates").alias("before → forecast per 100k"),
        pl.col("change").alias("ratio (interval)"),
        pl.col("n").alias("complete pairs"),
        "pairs",
        pl.col("undetermined").alias("failed or unsure"),
        pl.col("bounds").alias("candidate if all absent to all present"),
        *([pl.col("comparable").alias(COMPARABLE)] if (rows["comparable"] != "").any() else []),
        pl.col("fidelity_gap").alias("baseline ÷ recorded"),
        (pl.col("changed") * 100).alias("pairs that differ, %"),
        pl.col("noise_floor").alias("two baseline answers differ"),
        pl.col("probability_up").alias("P(up)"),
        "p_value",
        "q_value",
        pl.col("n_needed").alias("prefixes needed"),
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        shown,
        hide_index=True,
        height="content",
        column_config={
            "category": st.column_config.TextColumn(pinned=True, width=270),
            "baseline ÷ recorded": number(format="%.2f"),
            "P(up)": number(format="%.2f"),
            "pairs that differ, %": number(format="%.1f", help="Pairs that regressed or improved."),
            "two baseline answers differ": st.column_config.TextColumn(help=NOISE_HELP),
            COMPARABLE: st.column_config.TextColumn(help=COMPARABLE_HELP),
            "p_value": number("p", format="%.3f"),
            "q_value": number("q", format="%.3f"),
        },
        alt="The forecast of every category in numbers.",
    )
    st.download_button(
        "Download as CSV", rows.write_csv(), f"forecast-{forecast_id[:8]}.csv", "text/csv", icon=":material/download:"
    )


def category_notes(forecast: Forecast) -> None:
    """Show the assumptions and limits of each category."""
    with st.expander("Assumptions and limits, by category"):
        for row in forecast.categories:
            if row.notes:
                st.markdown(f"**{row.name}.** {' '.join(row.notes)}")
