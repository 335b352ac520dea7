"""One run on a page: live while it is at work, and what became of it afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from deploysim import render
from deploysim.config import read_settings
from deploysim.pipeline.batching import batch_state
from deploysim.pipeline.model_choice import usual_endpoint
from deploysim.pipeline.run_arguments import resume_arguments
from deploysim.pipeline.run_facts import Fact, ended_facts, live_facts
from deploysim.pipeline.spending import run_spending
from deploysim.store.outcomes import CUT, failures
from deploysim.store.responses import RunSums, outcome_counts, run_sums
from deploysim.store.run_progress import RunProgress, request_stop, stop_requested
from deploysim.store.runs import ENDED, RunRecord, run_folder
from deploysim.store.workspace import Workspace
from deploysim.ui.blocks import plain, show_html
from deploysim.ui.data import version, workspace
from deploysim.ui.interim import offer_look
from deploysim.ui.navigation import COMPARE
from deploysim.ui.run_failures import show_failures
from deploysim.ui.run_form import queue_run
from deploysim.ui.run_settings import show_settings
from deploysim.wording import counted

ICONS = {
    "running": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "stopped": ":material/pause_circle:",
    "interrupted": ":material/warning:",
    "failed": ":material/error:",
}
WHAT_HAPPENED = {
    "stopped": "Stopped before everything was answered. Its complete blocks can be graded; the rest is kept.",
    "interrupted": "Its process ended without a word, killed or with the machine. What was answered is kept.",
    "failed": "It could not go on. What was answered is kept.",
}


def show_working(run: RunRecord, progress: RunProgress | None) -> None:
    """Show a run that is at work: how far, how fast, how well, until when."""
    with st.container(border=True):
        st.markdown(
            f"**{run.lane} · {plain(run.name)}** · {counted(run.prefixes, 'prefix', 'prefixes')} · {_times(run)}"
        )
        if progress is None:
            st.progress(0.0, "Starting")
        else:
            share = progress.done / progress.total if progress.total else 1.0
            st.progress(min(1.0, share), f"{progress.done:,} of {progress.total:,} responses · {share:.0%}")
            if progress.answered_now or progress.failed or run.settings.get("batch"):
                _facts(live_facts(run, progress, spending=run_spending(workspace(), run), now=datetime.now(UTC)))
            else:
                st.caption("Its model is starting, or has not answered yet.")
        _batches(run)
        _stop(run)
        offer_look(run)


def _batches(run: RunRecord) -> None:
    state = batch_state(workspace(), run.run_id)
    for words in (state.words(), *state.remarks):
        if words:
            st.markdown(f":material/stacks: {plain(words)}.")


def _stop(run: RunRecord) -> None:
    if stop_requested(workspace(), run.run_id):
        st.caption(
            ":material/hourglass_top: Stopping: what is in flight comes to its end, so that what counts stays unbiased."
        )
        return
    if not run.settings.get("batch"):
        _stop_button(run, "Stop", "What is in flight comes to its end; resuming goes on from there.")
        return
    with st.container(horizontal=True):
        _stop_button(
            run, "Stop and leave its batches", "The provider goes on with them; resuming collects the results."
        )
        _stop_button(
            run,
            "Stop and cancel its batches",
            "What the provider has answered by then is collected and paid; the rest is not sent again until resumed.",
            cancel_batches=True,
        )


def _stop_button(run: RunRecord, label: str, says: str, *, cancel_batches: bool = False) -> None:
    st.button(
        label,
        key=f"stop_{run.run_id}_{cancel_batches}",
        icon=":material/cancel:" if cancel_batches else ":material/pause:",
        help=says,
        on_click=request_stop,
        args=(workspace(), run.run_id),
        kwargs={"cancel_batches": cancel_batches},
    )


def show_ended(run: RunRecord, state: str, progress: RunProgress | None, runs: Sequence[RunRecord]) -> None:
    """Show a run that is not at work in one line, with the rest of it one click away."""
    label = (
        f"{run.lane} · {plain(run.name)} · {_in_short(run, state, progress)} · {run.created_at[:16].replace('T', ' ')}"
    )
    unfinished = state != "done"
    box = st.expander(label, icon=ICONS[state], expanded=unfinished, key=f"run_{run.run_id}_{state}", on_change="rerun")
    if not box.open:
        return
    with box:
        if unfinished:
            _unfinished(run, state)
            offer_look(run)
        outcomes, sums = _results(run, progress)
        if outcomes:
            _outcome(run, outcomes, sums, runs)
        _batches(run)
        for note in run.notes:
            st.caption(plain(note))
        st.caption(f"Run {run.run_id} on sample {run.sample_id} · {plain(run.settings_line)} · seed {run.seed}")
        settings = st.expander("Settings, and how they differ", key=f"settings_{run.run_id}", on_change="rerun")
        if settings.open:
            with settings:
                show_settings(run, runs)


def _in_short(run: RunRecord, state: str, progress: RunProgress | None) -> str:
    # Imported runs and those of earlier versions have no counts in their record.
    outcomes = (run.outcomes or outcome_counts(workspace(), run.run_id)) if run.status in ENDED else {}
    wanted = run.prefixes * run.repeats
    if outcomes:
        failed = sum(failures(outcomes).values())
        bad = f", {failed:,} failed" if failed else ""
        return f"{state}, {sum(outcomes.values()) - failed:,} of {wanted:,} answered{bad}"
    done = f", {progress.done:,} of {progress.total:,}" if progress else f", {counted(wanted, 'response')}"
    return f"{state}{done}"


def _unfinished(run: RunRecord, state: str) -> None:
    st.markdown(WHAT_HAPPENED[state])
    if run.error:
        st.text(run.error)
    arguments = resume_arguments(run, default_url=usual_endpoint(read_settings(), run.settings.get("profile", "")))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Resume",
            key=f"resume_{run.run_id}",
            icon=":material/play_arrow:",
            type="primary",
            help="Goes on where it was, before what waits in the queue.",
            on_click=queue_run,
            args=(f"resume · {run.lane} · {run.name}", arguments),
            kwargs={"first": True},
        )
        if batch_state(workspace(), run.run_id).open:
            st.button(
                "Cancel its batches",
                key=f"cancel_{run.run_id}",
                icon=":material/cancel:",
                help="What the provider has answered by then is collected and paid.",
                on_click=queue_run,
                args=(f"cancel batches · {run.name}", [*arguments, "--cancel-batches"]),
                kwargs={"first": True},
            )
        with st.popover("From a shell", icon=":material/terminal:"):
            st.code("python -m deploysim " + shlex.join(arguments), language="bash", wrap_lines=True)


@st.cache_data(max_entries=64, show_spinner=False)
def _sealed(root: str, run_id: str, version: object) -> tuple[dict[str, int], RunSums]:
    here = Workspace(Path(root))
    return outcome_counts(here, run_id), run_sums(here, run_id)


def _results(run: RunRecord, progress: RunProgress | None) -> tuple[dict[str, int], RunSums | None]:
    """Return what a run came to; of one that is not sealed, what its process last said, which needs no reading."""
    if run.status in ENDED:
        here = workspace()
        return _sealed(str(here.root), run.run_id, version(run_folder(here, run.run_id)))
    if progress is None:
        return {}, None
    answered = progress.done - progress.failed - progress.cut
    outcomes = {"answered": answered, CUT: progress.cut, **progress.failed_by_kind}
    sums = RunSums(progress.done, progress.prompt_tokens, progress.completion_tokens, progress.latencies)
    return {kind: count for kind, count in outcomes.items() if count}, sums


def _outcome(run: RunRecord, outcomes: dict[str, int], sums: RunSums | None, runs: Sequence[RunRecord]) -> None:
    failed = sum(failures(outcomes).values())
    st.markdown(
        f"{sum(outcomes.values()) - failed:,} of {run.prefixes * run.repeats:,} answered, {failed:,} failed"
        f"{'' if run.repeats == 1 else f', {run.repeats} responses to each prefix'}."
    )
    if sums:
        _facts(ended_facts(run, sums, spending=run_spending(workspace(), run)))
    candidate, baseline = _pair(run, runs)
    show_failures(run, outcomes, candidate=candidate, baseline=baseline)
    if run.lane == "candidate" and run.status in ENDED:
        link = {"sample": run.sample_id, "candidate": run.run_id}
        st.page_link(COMPARE, label="Read the responses", icon=":material/compare:", query_params=link)


def _pair(run: RunRecord, runs: Sequence[RunRecord]) -> tuple[str | None, str | None]:
    """Return the candidate and the baseline that the Compare page shows this run in."""
    newest = {
        other.lane: other.run_id
        for other in reversed(runs)
        if other.sample_id == run.sample_id and other.status in ENDED
    }
    newest[run.lane] = run.run_id
    return newest.get("candidate"), newest.get("baseline")


def _facts(facts: Sequence[Fact]) -> None:
    show_html(render.facts_html(astuple(fact) for fact in facts))


def _times(run: RunRecord) -> str:
    return f"since {run.created_at[:16].replace('T', ' ')} UTC"
