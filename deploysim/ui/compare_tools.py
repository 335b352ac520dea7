"""What can be done with what Compare shows: notes, adding to a queue, exports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from deploysim.pipeline.comparing import ANY, Comparison
from deploysim.pipeline.exporting import FORMATS, selection
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.queueing import QueueSpec, hand_picked_queue, pick_for_queue
from deploysim.pipeline.trail import record_action
from deploysim.roles import Task
from deploysim.store.notes import Note, add_note, notes_on
from deploysim.store.queues import Queue, list_queues
from deploysim.ui.blocks import plain
from deploysim.ui.compare_filters import Chosen
from deploysim.ui.data import workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.navigation import QUEUE
from deploysim.ui.people import Person, person, refused
from deploysim.wording import counted

NOTE, TO_QUEUE, HOW_MANY, SAYS = "compare_note", "compare_queue", "compare_how_many", "compare_says"
NEW = "a new queue"
MOST_PICKED = 500
"""Prefixes that are added to a queue at a time: more would be a draw, which is made by a rule."""


def tools(lanes: Lanes, comparison: Comparison, chosen: Chosen, prefix_id: str) -> None:
    """Offer notes, adding to a queue and exports, each behind its button."""
    notes = notes_on(workspace(), prefix_id)
    label = f"Notes · {len(notes)}" if notes else "Note"
    popovers = (
        (st.popover(label, icon=":material/sticky_note_2:", key="compare_notes", on_change="rerun"), _notes),
        (st.popover("Add to queue", icon=":material/playlist_add:", key="compare_add", on_change="rerun"), _add),
        (st.popover("Export", icon=":material/download:", key="compare_export", on_change="rerun"), _export),
    )
    opened = next((pair for pair in popovers if pair[0].open), None)
    if opened is None:
        return
    with opened[0]:
        who = person()
        if who is None:
            st.caption("Write your name first: it stands on what you do.")
        else:
            opened[1](who, lanes, comparison, chosen, prefix_id)


def show_notes(prefix_id: str) -> None:
    """Show what people remarked on a prefix."""
    for note in notes_on(workspace(), prefix_id):
        st.caption(f":material/sticky_note_2: {plain(note.by)}, {note.at[:10]}: {plain(note.note)}")


def _notes(who: Person, lanes: Lanes, comparison: Comparison, chosen: Chosen, prefix_id: str) -> None:
    if refused(who, Task.LABEL):
        return
    key = f"{NOTE}_{prefix_id}"
    st.text_area("Note on this prefix", key=key, persist_state="session", max_chars=2_000)
    st.button("Save the note", type="primary", on_click=_save_note, args=(who.name, prefix_id, key))


def _save_note(by: str, prefix_id: str, key: str) -> None:
    text = str(st.session_state.get(key) or "").strip()
    if text:
        add_note(workspace(), Note(prefix_id, text, by, datetime.now(UTC).isoformat()))
        st.session_state[key] = ""


def _add(who: Person, lanes: Lanes, comparison: Comparison, chosen: Chosen, prefix_id: str) -> None:
    if refused(who, Task.MAKE_QUEUES):
        return
    fitting = [q for q in list_queues(workspace()) if q.sample_id == lanes.sample_id and q.mode != "adjudication"]
    queues = {queue.queue_id: queue for queue in fitting}
    to = st.selectbox(
        "Queue",
        [NEW, *queues],
        format_func=lambda key: f"{queues[key].title} · {key[:6]}" if key in queues else NEW,
        key=TO_QUEUE,
        persist_state="page",
    )
    many = chosen.ids[:MOST_PICKED]
    what = st.radio(
        "What",
        ["this", "all"],
        format_func=lambda w: "this prefix" if w == "this" else f"the {counted(len(many), 'prefix', 'prefixes')} shown",
        key=HOW_MANY,
        persist_state="page",
    )
    st.caption("Its responses are labelled blind like any other. Picked ones carry no weight in estimates.")
    picked = [prefix_id] if what == "this" else list(many)
    st.button(
        "Add",
        type="primary",
        key="compare_add_now",
        on_click=_pick,
        args=(who.name, lanes, chosen, queues.get(to), picked),
    )
    if SAYS in st.session_state:
        says, queue_id = st.session_state.pop(SAYS)
        st.success(says, icon=":material/check_circle:")
        st.page_link(QUEUE, label="Open the queue", icon=":material/arrow_forward:", query_params={"queue": queue_id})


def _pick(by: str, lanes: Lanes, chosen: Chosen, queue: Queue | None, picked: Sequence[str]) -> None:
    now = datetime.now(UTC)
    if queue is None:
        wanted = () if chosen.filters.category == ANY else (chosen.filters.category,)
        spec = QueueSpec(lanes, categories=wanted)
        made = hand_picked_queue(workspace(), spec, taxonomy()[0], by=by, now=now, prefix_ids=picked)
        says, queue_id = f"New queue with {counted(len(picked), 'prefix', 'prefixes')}.", made.queue_id
    else:
        added = pick_for_queue(workspace(), queue, picked, by=by, now=now)
        says, queue_id = f"{counted(added, 'item')} added." if added else "It was in the queue already.", queue.queue_id
    st.session_state[SAYS] = (says, queue_id)


def _export(who: Person, lanes: Lanes, comparison: Comparison, chosen: Chosen, prefix_id: str) -> None:
    if refused(who, Task.EXPORT):
        return
    st.markdown(f"{counted(len(chosen.ids), 'prefix', 'prefixes')} with all lanes, verdicts and labels.")
    for name, format in FORMATS.items():
        st.download_button(
            name,
            data=lambda write=format.write: write(selection(workspace(), lanes, comparison, chosen.ids)),  # type: ignore[misc]
            file_name=f"compare-{lanes.sample_id[:6]}.{format.suffix}",
            mime=format.mime,
            key=f"compare_export_{name}",
            icon=":material/download:",
            on_click=_record_export,
            args=(who.name, name, lanes, len(chosen.ids)),
        )
    st.caption(
        "Kept in the trail under your name. In CSV, cells that a spreadsheet would run begin with an apostrophe."
    )


def _record_export(by: str, format: str, lanes: Lanes, count: int) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    record_action(workspace(), f"exported as {format}", by=by, at=at, sample=lanes.sample_id, count=count)
