"""The planner's sliders, rates and table."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.chat.profiles import load_profiles
from deploysim.errors import InputError
from deploysim.pipeline.planning import (
    Ask,
    Plan,
    Price,
    Topic,
    affordable_size,
    given_topic,
    known_topics,
    price_per_prefix,
    with_given,
    with_precision,
)
from deploysim.store.workspace import Workspace
from deploysim.ui.data import version, workspace
from deploysim.ui.definitions import taxonomy

SIZES = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000]
TYPED = "1000, 100, 10"
DRAWN = 6
"""Lines of the chart to begin with; more of them are hard to tell apart."""


@st.cache_data(max_entries=4, show_spinner="Looking for rates")
def _topics(root: str, version: object) -> tuple[Topic, ...]:
    return known_topics(Workspace(Path(root)), taxonomy()[1])


def pick_topics() -> tuple[Topic, ...]:
    """Return what is planned for: the workspace's categories, or rates that the reader types in."""
    here = workspace()
    known = _topics(str(here.root), version(here.forecasts, here.samples, here.grades, here.reviews))
    rated = [topic for topic in known if topic.question]
    if known and not rated:
        st.markdown("The log shows none of the graded behaviours, so no rate is known. Type in some that you expect.")
    if not known:
        st.markdown(
            "Nothing is graded here yet, so no rate is known. Type in some that you expect, or the ones of a log."
        )
    with st.popover("Rates", icon=":material/edit:"):
        st.markdown(
            "Rates per 100,000, separated by commas; a name may stand before each, as in `refusal=120`. They stand beside "
            "the rates of the workspace, or replace one of the same id."
        )
        typed = st.text_input("Rates per 100,000", value="" if rated else TYPED, key="plan_rates")
        precision = st.slider(
            "Of what the grader flags, how much holds",
            min_value=0.2,
            max_value=1.0,
            value=1.0,
            step=0.05,
            format="percent",
            key="plan_precision",
            help="False alarms stay when the behaviour changes, so they hide the change. Used where labels do not tell.",
        )
    return with_precision(with_given(known, _typed(typed)), precision)


def ask_for_plan() -> tuple[Ask, Price | None]:
    """Return what the sliders ask for, and what a prefix costs where that is known."""
    ratio, power, certainty, size = st.columns(4, gap="large", vertical_alignment="bottom")
    with ratio:
        wanted = st.slider("Change to find", 1.1, 5.0, 1.5, 0.1, format="%.1fx", key="plan_ratio")
    with power:
        chance = st.slider("How likely it is found", 0.5, 0.99, 0.8, 0.01, format="percent", key="plan_power")
    with certainty:
        sure = st.slider("Certainty of a call", 0.8, 0.99, 0.9, 0.01, format="percent", key="plan_certainty")
    with size:
        prefixes = st.select_slider("Sample", SIZES, 5_000, format_func=lambda n: f"{n:,}", key="plan_size")
    price = _pick_price()
    if price:
        budget = st.number_input(
            f"Budget in {price.currency}, empty for the sample above",
            min_value=0.0,
            value=None,
            key="plan_budget",
            width=320,
        )
        if budget:
            prefixes = max(1, affordable_size(price, budget))
    return Ask(wanted, chance, sure, prefixes), price


def plan_table(plan: Plan) -> None:
    """Show what every category takes, and offer it as a file."""
    ask, number = plan.ask, st.column_config.NumberColumn
    rows = pl.DataFrame(
        [
            (r.name, r.per_100k, r.needed, r.smallest_ratio, r.power, r.cost, r.why(), r.perfect_grader, r.basis)
            for r in plan.rows
            if r.per_100k
        ],
        schema={
            "behaviour": pl.String,
            "per 100k": pl.Float64,
            "prefixes needed": pl.Int64,
            "smallest change found": pl.Float64,
            "power": pl.Float64,
            "cost": pl.Float64,
            "what makes it dear": pl.String,
            "perfect grader": pl.Int64,
            "rests on": pl.String,
        },
        orient="row",
    ).with_columns(pl.col("per 100k").round_sig_figs(2))
    says_nothing = [] if plan.price else ["cost"]
    if (rows["perfect grader"] == rows["prefixes needed"]).all():
        says_nothing.append("perfect grader")
    shown = rows.drop(says_nothing)
    st.dataframe(
        shown,
        hide_index=True,
        height="content",
        column_config={
            "behaviour": st.column_config.TextColumn(pinned=True, width=225),
            "per 100k": number(format="localized", help="Recorded or given rate. Empty where it is not known."),
            "prefixes needed": number(
                f"prefixes for {ask.ratio:g}x",
                format="localized",
                help=f"For {ask.power:.0%} power at a certainty of {ask.certainty:.0%}.",
            ),
            "what makes it dear": st.column_config.TextColumn(
                help="Prefixes that the rate alone would take, and what multiplies them: grader error as people's labels "
                "show it, clusters of conversations and users, how much two answers to one prefix differ, outcomes that "
                "are not clear. A common behaviour may take more prefixes than a rare one where its grader errs more."
            ),
            "perfect grader": number(format="localized", help="Prefixes needed if the grader never erred."),
            "smallest change found": number(f"smallest change at {ask.size:,}", format="%.2fx"),
            "power": number(f"power at {ask.size:,}", format="percent"),
            "cost": number(f"cost in {plan.price.currency}" if plan.price else "cost", format="%.2f"),
        },
        alt="What every behaviour's question takes, in numbers.",
    )
    st.caption(
        "What makes it dear: the prefixes that its rate alone would take, times what else counts, such as a grader whose "
        "false alarms hide the change."
    )
    unknown = [row.name for row in plan.rows if row.per_100k is None]
    if unknown:
        st.caption(
            f"The log never shows {', '.join(unknown)}, so their rates are not known. Type in what you expect under Rates."
        )
    st.download_button("Download as CSV", rows.write_csv(), "plan.csv", "text/csv", icon=":material/download:")


def _typed(text: str) -> dict[str, float]:
    """Read rates as typed; what cannot be read is said and left out."""
    rates: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.rpartition("=")
        try:
            topic = given_topic(name.strip() or f"{float(value):g} per 100,000", float(value))
        except (ValueError, InputError):
            st.warning(f"“{part}” is not a rate per 100,000, such as 120 or refusal=120.", icon=":material/edit_off:")
            continue
        rates[topic.category] = float(value)
    return rates


def _pick_price() -> Price | None:
    priced = {name: profile for name, profile in load_profiles().items() if profile.price}
    if not priced:
        return None
    chosen = st.selectbox("Price of", ["", *priced], format_func=lambda n: n or "no model", key="plan_model", width=320)
    return price_per_prefix(workspace(), priced[chosen]) if chosen else None
