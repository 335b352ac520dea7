"""Runs on a page: the form that starts one, live progress, and what became of it."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from deploysim.config import read_settings
from deploysim.pipeline.jobs import Job, list_jobs, start_job
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.model_choice import OPENAI
from deploysim.pipeline.privacy_gate import above_limit
from deploysim.pipeline.spot_checking import facts
from deploysim.store.runs import (
    ENDED,
    RunProgress,
    RunRecord,
    failures_by_reason,
    list_runs,
    read_progress,
    request_stop,
    responses,
    run_state,
)
from deploysim.ui.blocks import plain
from deploysim.ui.data import pick_sample, workspace
from deploysim.ui.navigation import COMPARE, PRIVACY, SHIFTS
from deploysim.wording import counted

FORECASTING = "grade and forecast"
ICONS = {
    "running": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "stopped": ":material/pause_circle:",
    "interrupted": ":material/warning:",
    "failed": ":material/error:",
}


def replay_form() -> None:
    """Offer to start a replay in a process of its own."""
    about = pick_sample()
    settings = read_settings()
    embedded = "Embedded local model"
    where = st.radio(
        "Model",
        [embedded, "Endpoint"],
        captions=["real, small, needs no key", settings.base_url or "OpenAI, or OPENAI_BASE_URL in .env"],
        horizontal=True,
        key="runs_where",
    )
    reason = _privacy_reason(about.sample_id, None if where == embedded else settings.base_url or OPENAI)
    with st.form("replay", border=False):
        left, right = st.columns([2, 3], gap="large")
        lane = left.radio("Lane", ["baseline", "candidate"], captions=["the old model again", "the new model"])
        name = left.text_input("Name", placeholder="what people call this configuration")
        named = "local" if where == embedded else left.text_input("Model at the endpoint", value=settings.model or "")
        prompt = right.text_area("System prompt", placeholder="empty: the conversations' own", height=120)
        columns = right.columns(3)
        given = {
            "--name": name,
            "--system-prompt": prompt,
            "--override-privacy": reason,
            "--temperature": columns[0].number_input("Temperature", 0.0, 2.0, None, 0.1, placeholder="default"),
            "--max-tokens": columns[1].number_input("Most tokens", 1, None, 100),
            "--in-flight": columns[2].number_input("At a time", 1, 512, 8),
        }
        if st.form_submit_button("Start", type="primary", icon=":material/play_arrow:"):
            options = [part for key, value in given.items() if value not in (None, "") for part in (key, str(value))]
            _start(
                f"replay, {lane}", ["replay", "--sample", about.sample_id, "--lane", lane, "--model", named, *options]
            )


def _privacy_reason(sample_id: str, base_url: str | None) -> str:
    """Where the spot-check does not allow a sample to leave this machine, say so and ask for a reason."""
    limit = read_settings().leak_limit
    if limit is None or not above_limit(workspace(), sample_id, base_url, limit=limit):
        return ""
    st.warning(
        f"This sample may not go to another machine yet. {facts(workspace(), sample_id=sample_id).headline()} "
        f"The team's limit is {limit:.1%}.",
        icon=":material/shield_person:",
    )
    st.page_link(PRIVACY, label="Read more messages on the Privacy page", icon=":material/arrow_forward:")
    return st.text_input("Or send it anyway, for this reason, which is recorded", key="runs_override").strip()


def has_runs() -> bool:
    """Say whether the workspace has any run."""
    return bool(list_runs(workspace()))


def _forecast_button(runs: list[RunRecord]) -> None:
    """Offer to grade and forecast the newest candidate that is done or was stopped."""
    candidates = [r for r in runs if r.lane == "candidate" and r.status in ENDED]
    if candidates:
        newest = candidates[0]
        st.button(
            "Grade and forecast",
            icon=":material/trending_up:",
            help=f"Grades every lane and forecasts {newest.name}, the newest candidate.",
            on_click=_start,
            args=(FORECASTING, ["forecast", "--candidate", newest.run_id]),
        )


def offer_grading(lanes: Lanes) -> None:
    """Say that the graders in force have not graded these runs, and offer to let them."""
    with st.container(border=True):
        st.markdown(
            "These responses have not been graded by the graders that are in force now, so there are no outcomes to "
            "filter by. A changed grader is a new grader: its grades are never mixed with older ones."
        )
        arguments = ["grade", "--candidate", str(lanes.candidate), "--baseline", lanes.baseline or "-"]
        st.button("Grade now", icon=":material/grading:", type="primary", on_click=_start, args=("grade", arguments))


@st.fragment(run_every=2.0)
def live_runs() -> None:
    """Show all jobs and runs, refreshed every two seconds while the page is open."""
    for job in list_jobs(workspace(), last=3, commands=("replay", "grade", "forecast")):
        _show_job(job)
    runs = list_runs(workspace())
    _forecast_button(runs)
    if not runs:
        st.markdown("No model has answered a sample yet. Start with the lane baseline, then the candidate.")
    for run in runs:
        _show_run(run)


def _start(title: str, arguments: list[str]) -> None:
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


def _show_run(run: RunRecord) -> None:
    progress = read_progress(workspace(), run.run_id)
    state = run_state(run, progress)
    started = run.created_at[:16].replace("T", " ")
    title = f"{run.lane} · {plain(run.name)} · {counted(run.prefixes, 'prefix', 'prefixes')} · {started} · {state}"
    with st.expander(title, icon=ICONS[state], expanded=state != "done"):
        if state == "running" and progress:
            _show_progress(run, progress)
        elif state in ("stopped", "interrupted", "failed"):
            _show_unfinished(run, state)
        _show_outcome(run, state)
        st.caption(f"Run {run.run_id} on sample {run.sample_id} · {plain(run.settings_line)} · seed {run.seed}")
        if run.settings.get("system_prompt"):
            st.text(f"System prompt: {run.settings['system_prompt']}")
        for note in run.notes:
            st.caption(plain(note))


def _show_progress(run: RunRecord, progress: RunProgress) -> None:
    left = f", about {progress.seconds_left:,.0f} s left" if progress.seconds_left is not None else ""
    rate = f", {progress.per_second:.1f} a second" if progress.per_second else ""
    st.progress(progress.done / max(1, progress.total), f"{progress.done:,} of {progress.total:,}{rate}{left}")
    st.button(
        "Stop", key=f"stop_{run.run_id}", icon=":material/pause:", on_click=request_stop, args=(workspace(), run.run_id)
    )


def _show_unfinished(run: RunRecord, state: str) -> None:
    words = {
        "stopped": "Stopped when asked to. What was answered is kept and can be graded.",
        "interrupted": "Its process has gone silent. What was answered is kept.",
        "failed": "It could not go on. What was answered is kept.",
    }
    st.markdown(words[state] + " The same command goes on from here:")
    if run.error:
        st.text(run.error)
    st.code("python -m deploysim " + shlex.join(resume_arguments(run)), language="bash", wrap_lines=True)
    st.button(
        "Resume",
        key=f"resume_{run.run_id}",
        icon=":material/play_arrow:",
        on_click=_start,
        args=(f"resume, {run.lane}", resume_arguments(run)),
    )


def resume_arguments(run: RunRecord) -> list[str]:
    """Return the arguments of the command that started a run."""
    settings = run.settings
    given = {
        "--sample": run.sample_id,
        "--lane": run.lane,
        "--model": run.model,
        "--name": run.name,
        "--base-url": settings.get("base_url"),
        "--system-prompt": settings.get("system_prompt"),
        "--temperature": settings.get("temperature"),
        "--top-p": settings.get("top_p"),
        "--max-tokens": settings.get("max_tokens"),
        "--in-flight": settings.get("in_flight"),
        "--seed": run.seed,
        **settings.get("rollouts", {}),
    }
    return ["replay", *(part for key, value in given.items() if value is not None for part in (key, str(value)))]


def _show_outcome(run: RunRecord, state: str) -> None:
    if state == "running":
        return
    frame = responses(workspace(), run.run_id)
    failed = failures_by_reason(frame)
    tokens = {name: int(frame[name].sum() or 0) for name in ("prompt_tokens", "completion_tokens")}
    slow = frame["latency_s"].drop_nulls()
    latency = (
        f"; half within {_seconds(slow.median())}, 95 % within {_seconds(slow.quantile(0.95))}" if slow.len() else ""
    )
    st.markdown(
        f"{frame.height - sum(failed.values()):,} of {run.prefixes:,} answered, {sum(failed.values()):,} failed; "
        f"{tokens['prompt_tokens']:,} tokens read, {tokens['completion_tokens']:,} written{latency}."
    )
    if failed:
        rows = pl.DataFrame({"reason": list(failed), "prefixes": list(failed.values())})
        st.dataframe(rows, hide_index=True, width=480, alt="Failed prefixes by reason")
    if run.lane == "candidate" and frame.height:
        st.page_link(
            COMPARE,
            label="Read the responses",
            icon=":material/compare:",
            query_params={"sample": run.sample_id, "candidate": run.run_id},
        )


def _seconds(value: object) -> str:
    return f"{value:.1f} s" if isinstance(value, float) else "n/a"
