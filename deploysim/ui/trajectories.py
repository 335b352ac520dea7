"""Trajectories on a page: what became of all rollouts, and one of them beside what the log did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.pipeline import agents as pipeline
from deploysim.pipeline.agents import Agents, LaneTotals
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.trajectories import Happening, aligned, happenings, trajectories_of
from deploysim.store.quarantine import quarantined
from deploysim.store.runs import read_run
from deploysim.store.workspace import Workspace
from deploysim.timeline import Cell, Pair, legend_html, timeline_html
from deploysim.types import Ending, Lane, Trajectory
from deploysim.ui.blocks import empty_state, plain, show_html
from deploysim.ui.data import version, workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.navigation import CONVERSATIONS

SHOWN = {
    "all": "all",
    "differ": "calls differ from the log",
    "unfinished": "not finished",
}


@st.cache_data(max_entries=8, show_spinner="Reading the rollouts …")
def _agents(root: str, lanes: Lanes, version: object) -> Agents:
    return pipeline.agents_of(Workspace(Path(root)), lanes)


@st.cache_data(max_entries=8, show_spinner=False)
def _rates(root: str, lanes: Lanes, version: object) -> pl.DataFrame:
    agents = _agents(root, lanes, _version(lanes)).prefix_ids
    return pipeline.agent_rates(Workspace(Path(root)), lanes, taxonomy()[1], agents)


def _version(lanes: Lanes) -> object:
    """Return a value that changes with the runs, and with what is withheld or erased."""
    here = workspace()
    return version(here.samples, *(here.runs / run for run in lanes.runs().values())), quarantined(here)


def agents_of(lanes: Lanes) -> Agents:
    """Return the rollouts of a sample, or say that there are none."""
    found = _agents(str(workspace().root), lanes, _version(lanes))
    if not found.prefix_ids:
        empty_state(
            "This sample holds no agents: no conversation in it calls tools, or single steps were drawn.",
            command="python -m deploysim sample",
            page=CONVERSATIONS,
            label="See the conversations",
        )
    return found


def narrowed(agents: Agents) -> Sequence[str]:
    """Let the reader choose which rollouts are shown."""
    kinds = {"all": agents.prefix_ids, "differ": agents.differ, "unfinished": agents.unfinished}
    chosen = st.segmented_control(
        "Show",
        list(SHOWN),
        format_func=lambda kind: f"{SHOWN[kind]} {len(kinds[kind]):,}",
        default="all",
        key="trajectories_show",
        required=True,
    )
    return kinds[chosen or "all"]


def show_totals(agents: Agents) -> None:
    """Show what became of the rollouts of every lane, and who answered their tools."""
    totals = agents.totals
    endings = list(dict.fromkeys([Ending.ANSWERED, Ending.ASKED, *(e for one in totals for e in one.endings)]))
    rows = [
        {
            "lane": one.lane,
            "rollouts": one.rollouts,
            **{str(ending): one.endings.get(ending, 0) for ending in endings},
            "failed": one.failed,
            "calls a rollout": one.calls,
        }
        for one in totals
    ]
    st.dataframe(
        pl.DataFrame(rows),
        hide_index=True,
        column_config={"calls a rollout": st.column_config.NumberColumn(format="%.1f")},
        alt="How the rollouts of every lane ended.",
    )
    for one in totals:
        if one.lane != Lane.RECORDED:
            st.markdown(f"**{one.lane}** · {plain(one.shares())}{_where(one)}")


def _where(one: LaneTotals) -> str:
    if not one.left_at:
        return ""
    tools = ", ".join(f"{plain(tool)} ({count:,})" for tool, count in list(one.left_at.items())[:5])
    return f" Nobody could answer for: {tools}."


def show_agent_rates(lanes: Lanes, unit: str) -> None:
    """Show how often agents' behaviours are there, on all rollouts and on comparable ones only."""
    here, (loaded, graders) = workspace(), taxonomy()
    graded = version(*[here.grades / grader.fingerprint for grader in graders])
    rates = _rates(str(here.root), lanes, (_version(lanes), graded))
    if not rates.height or not rates["decided"].sum():
        st.caption("Not graded yet: Compare offers it, or `python -m deploysim grade`.")
        return
    names = {category.id: category.name for category in loaded.categories}
    shown = rates.with_columns(
        behaviour=pl.col("category").replace(names),
        there=_of("present", "decided"),
        comparable=_of("present_comparable", "decided_comparable"),
    ).select(
        "behaviour",
        "lane",
        pl.col("there").alias("present, of those decided"),
        pl.col("comparable").alias("the same, on comparable ones only"),
        pl.col("not_comparable").alias("not comparable"),
        pl.col("open").alias("unsure or failed"),
    )
    st.dataframe(shown, hide_index=True, height="content", alt="How often agents' behaviours are there, by lane.")
    st.caption(
        f"Counted per {unit}. A rollout that left the simulated world, met a limit, or stopped to ask before it had done "
        "what the log did is not comparable; what it did until then counts on the left."
    )


def _of(present: str, decided: str) -> pl.Expr:
    said = pl.format("{} of {}", present, decided)
    return pl.when(pl.col(decided) > 0).then(said).otherwise(pl.lit("n/a (n = 0)"))


def show_trajectory(lanes: Lanes, prefix_id: str) -> bool:
    """Show what an agent did beside what it is compared with; return whether the prefix is an agent's."""
    found = trajectories_of(workspace(), lanes, prefix_id)
    if not found:
        return False
    others = [lane for lane in (Lane.RECORDED, Lane.BASELINE) if lane in found]
    left = (
        st.segmented_control("Beside the candidate", others, default=others[0], key="trajectory_beside", required=True)
        if len(others) > 1
        else others[0]
    )
    left = left or others[0]
    right = found.get(Lane.CANDIDATE)
    if right is None:
        st.markdown("The candidate gave no trajectory for this prefix: its call failed, or it has not answered yet.")
        right = found[left]
    rows = aligned(happenings(found[left]), happenings(right))
    pairs = [Pair(_cell(row.left), _cell(row.right), row.same) for row in rows]
    heads = ((str(left), _model(lanes, left)), (str(Lane.CANDIDATE), _model(lanes, Lane.CANDIDATE)))
    show_html(legend_html() + timeline_html(pairs, heads, (_end(found[left]), _end(right))))
    return True


def _cell(one: Happening | None) -> Cell | None:
    if one is None:
        return None
    if one.call is None:
        return Cell(text=one.text)
    return Cell(one.number, "", one.call.name, one.call.arguments, one.result, one.source, one.failed)


def _end(trajectory: Trajectory) -> str:
    return f"{trajectory.ending}, at {trajectory.left_at}" if trajectory.left_at else str(trajectory.ending)


def _model(lanes: Lanes, lane: Lane) -> str:
    run_id = lanes.runs().get(lane)
    return read_run(workspace(), run_id).name if run_id else "the log"
