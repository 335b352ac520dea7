"""The runs of a workspace: those at work, those that wait, and what became of the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from deploysim.config import read_settings
from deploysim.pipeline.baseline_offer import WHY, advice_after
from deploysim.pipeline.jobs import Job, list_jobs, start_job
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.run_queue import QueueState, queue_state
from deploysim.store.run_progress import RunProgress, read_progress, run_state
from deploysim.store.runs import ENDED, RunRecord, list_runs
from deploysim.ui.blocks import plain
from deploysim.ui.data import workspace
from deploysim.ui.navigation import SHIFTS
from deploysim.ui.run_cards import show_ended, show_working
from deploysim.ui.run_queue import show_queue
from deploysim.wording import counted

FORECASTING = "grade and forecast"
LIVE_S, IDLE_S = 2.0, 10.0
"""How often the page looks: while something is at work, and otherwise, as runs may be started from a shell too."""
SHOWN = 12
"""Runs that are shown before the reader asks for all."""


def has_runs() -> bool:
    """Say whether the workspace has any run."""
    return bool(list_runs(workspace()))


def live_runs() -> None:
    """Show the queue and all runs, refreshed while the page is open."""
    busy = _is_busy(*_look())
    st.fragment(_show, run_every=LIVE_S if busy else IDLE_S)(busy)


Seen = list[tuple[RunRecord, RunProgress | None, str]]


def _look() -> tuple[QueueState, Seen]:
    here = workspace()
    queue = queue_state(here)
    return queue, [
        (run, progress := read_progress(here, run.run_id), _state(run, progress, queue)) for run in list_runs(here)
    ]


def _state(run: RunRecord, progress: RunProgress | None, queue: QueueState) -> str:
    """Return a run's state; a process that is known to be at work counts, however long it has been silent."""
    known = run_state(run, progress)
    return "running" if known == "interrupted" and run.run_id in queue.alive else known


def _is_busy(queue: QueueState, seen: Seen) -> bool:
    waits = bool(queue.waiting) and not queue.stands_still
    grading = any(not job.finished for job in _other_jobs())
    return waits or grading or bool(queue.starting) or any(state == "running" for *_, state in seen)


def _show(was_busy: bool) -> None:
    queue, seen = _look()
    if _is_busy(queue, seen) != was_busy:
        # The pace of this fragment depends on it.
        st.rerun()
    show_queue(queue)
    for job in _other_jobs():
        _show_job(job)
    runs = [run for run, *_ in seen]
    _after(runs)
    if not runs:
        st.markdown("No model has answered a sample yet. Start with the lane baseline, then the candidate.")
    working = [(run, progress) for run, progress, state in seen if state == "running"]
    for run, progress in working:
        show_working(run, progress)
    rest = [one for one in seen if one[2] != "running"]
    everything = len(rest) <= SHOWN or st.toggle(f"Show all {counted(len(rest), 'run')}", key="runs_all")
    for run, progress, state in rest if everything else rest[:SHOWN]:
        show_ended(run, state, progress, runs)


def _other_jobs() -> list[Job]:
    return list_jobs(workspace(), last=2, commands=("grade", "forecast"))


def _after(runs: Sequence[RunRecord]) -> None:
    """Offer what comes after a candidate: its baseline, where it has none, and the forecast."""
    candidates = [run for run in runs if run.lane == "candidate" and run.status in ENDED]
    if not candidates:
        return
    newest = candidates[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Grade and forecast",
            icon=":material/trending_up:",
            help=f"Grades every lane and forecasts {newest.name}, the newest candidate.",
            on_click=start_other,
            args=(FORECASTING, ["forecast", "--candidate", newest.run_id]),
        )
        if advice_after(workspace(), newest, read_settings()):
            with st.popover("This candidate has no baseline", icon=":material/help:"):
                st.markdown(WHY)
                st.caption("Choose the lane baseline above, with the model that answered in the log.")


def offer_grading(lanes: Lanes) -> None:
    """Say that the graders in force have not graded these runs, and offer to let them."""
    with st.container(border=True):
        st.markdown(
            "These responses have not been graded by the graders that are in force now, so there are no outcomes to "
            "filter by. A changed grader is a new grader: its grades are never mixed with older ones."
        )
        arguments = ["grade", "--candidate", str(lanes.candidate), "--baseline", lanes.baseline or "-"]
        st.button(
            "Grade now", icon=":material/grading:", type="primary", on_click=start_other, args=("grade", arguments)
        )


def start_other(title: str, arguments: list[str]) -> None:
    """Start a command other than a replay, which needs no turn."""
    start_job(workspace(), title, arguments, now=datetime.now(UTC))
    st.toast("Started in a process of its own: it goes on when this page is closed.")


def _show_job(job: Job) -> None:
    if not job.finished:
        st.caption(f":material/progress_activity: {plain(job.title)}, started {job.started_at[11:16]} UTC, is at work")
    elif job.exit_code == 0 and job.title == FORECASTING:
        st.page_link(SHIFTS, label="The forecast is made: read it", icon=":material/trending_up:")
    elif job.exit_code:
        st.error(f"{job.title}, started {job.started_at[11:16]} UTC, did not work.", icon=":material/error:")
        st.text(job.output)
