"""The queue of runs on a page."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from deploysim.pipeline.jobs import Job
from deploysim.pipeline.run_queue import QueueState, enqueue, start_worker
from deploysim.store.run_queue import QueueEntry, dismiss_entry, take_entry
from deploysim.ui.blocks import plain
from deploysim.ui.data import workspace
from deploysim.wording import counted


def show_queue(state: QueueState) -> None:
    """Show what waits, what is about to begin and what did not work; each can be taken out."""
    for entry, job in state.broken:
        _show_broken(entry, job)
    for entry in state.starting:
        st.caption(f":material/progress_activity: {plain(entry.title)} is starting")
    if not state.waiting:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f":material/format_list_numbered: **{counted(len(state.waiting), 'run')} in the queue**, one after another"
        )
        if state.stands_still:
            _offer_to_go_on()
        for place, entry in enumerate(state.waiting, 1):
            _show_waiting(place, entry)


def _offer_to_go_on() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            "Nobody works on it: the process that did was ended, or the machine was started again.", width="stretch"
        )
        st.button("Go on", key="queue_go_on", icon=":material/play_arrow:", type="primary", on_click=_go_on)


def _go_on() -> None:
    start_worker(workspace(), now=datetime.now(UTC))


def _show_waiting(place: int, entry: QueueEntry) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        added = entry.added_at[11:16]
        st.markdown(f"{place}. {plain(entry.title)} · added {added} UTC", width="stretch")
        st.button(
            "Remove",
            key=f"queue_remove_{entry.entry_id}",
            icon=":material/close:",
            type="tertiary",
            on_click=_remove,
            args=(entry,),
        )


def _remove(entry: QueueEntry) -> None:
    if not take_entry(workspace(), entry.entry_id, "removed"):
        st.toast("It has begun meanwhile: stop it below.")


def _show_broken(entry: QueueEntry, job: Job) -> None:
    with st.container(border=True):
        st.markdown(f":material/error: **{plain(entry.title)}**, started {job.started_at[11:16]} UTC, did not work.")
        st.text(
            job.output.strip() or "Its process ended without a word: it was killed, or the machine ran out of memory."
        )
        with st.container(horizontal=True):
            st.button(
                "Try again",
                key=f"queue_again_{entry.entry_id}",
                icon=":material/replay:",
                on_click=_again,
                args=(entry,),
            )
            st.button(
                "Dismiss",
                key=f"queue_dismiss_{entry.entry_id}",
                type="tertiary",
                on_click=dismiss_entry,
                args=(workspace(), entry.entry_id),
            )


def _again(entry: QueueEntry) -> None:
    dismiss_entry(workspace(), entry.entry_id)
    enqueue(workspace(), entry.title, entry.arguments, now=datetime.now(UTC))
