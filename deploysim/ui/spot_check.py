"""The spot-check of scrubbing on a page: one message after another, by keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from deploysim.config import read_settings
from deploysim.pipeline.spot_checking import (
    EXAMPLE_LIMIT,
    Facts,
    Place,
    Reading,
    facts,
    next_unread,
    queue,
    reading,
    valid_checks,
)
from deploysim.render import Mark, span_marks
from deploysim.roles import Task
from deploysim.scrub.policy import ENTITIES
from deploysim.store.spot_checks import MarkKind, SpotCheck, SpotMark, record_check, undo_check
from deploysim.store.tombstones import erased_keys
from deploysim.store.workspace import Workspace
from deploysim.ui.data import version, workspace
from deploysim.ui.people import person, refused
from deploysim.ui.reader import selection, show_reader

TYPE, TEXT = "privacy_type", "privacy_text"
MARKS, PLACE, SAYS = "privacy_marks", "privacy_place", "privacy_says"
"""Kept in the session: marks of the message on screen, the message, and what the last key came to."""
_LOOKS: dict[MarkKind, tuple[str, str]] = {"leak": ("leak", "leaks"), "over": ("over", "over-scrubbed")}


@st.cache_data(max_entries=4, show_spinner="Drawing messages to read …")
def _queue(root: Any, version: object) -> list[Place]:
    return queue(Workspace(root))


def order() -> list[Place]:
    """Return the order in which messages are read."""
    here = workspace()
    return _queue(here.root, version(here.conversations))


@st.fragment
def spot_check() -> None:
    """Show the next message to read and take the reader's verdict."""
    result, name = st.columns([5, 2], gap="large", vertical_alignment="bottom")
    with result:
        show_result(facts(workspace()))
    who = person(name)
    if who is None:
        st.markdown("Write your name to begin. It is kept with what you mark, and with nothing else.")
        return
    if refused(who, Task.SPOT_CHECK):
        return
    reader = who.name
    place = _place(reader)
    if place is None:
        st.markdown("**Everything in the queue has been read.** There is nothing more to do here.")
        return
    message = reading(workspace(), place)
    _buttons(message, reader)
    _message(message)


def show_result(found: Facts) -> None:
    """Show what reading so far says of how much may be left."""
    limit = read_settings().leak_limit
    aim = "the team's limit" if limit else "an example: no limit is set"
    says = [f"{found.still_needed(limit or EXAMPLE_LIMIT).removesuffix('.')} ({aim})."]
    if found.conversation_bound is not None and found.conversation_bound < 1:
        says.append(f"At most {found.conversation_bound:.0%} of conversations hold one.")
    st.markdown(f"**{found.headline()}**")
    st.caption(" ".join(says))


def _place(reader: str) -> Place | None:
    """Return the message on screen: it stays there until this reader has judged it."""
    checks = valid_checks(workspace())
    mine = {check.place for check in checks if check.reader == reader}
    shown = st.session_state.get(PLACE)
    if shown is None or shown in mine:
        shown = next_unread(order(), checks, reader)
        st.session_state[PLACE], st.session_state[MARKS] = shown, []
    return shown


def _item(message: Reading) -> str:
    return f"{message.conversation_id}:{message.index}"


def _message(message: Reading) -> None:
    st.caption(f"{message.role} · message {message.index + 1} of {message.of} · conversation {message.conversation_id}")
    pending: list[SpotMark] = st.session_state[MARKS]
    mine = [Mark(m.start, m.end, _LOOKS[m.kind][0], f"{_LOOKS[m.kind][1]}: {m.entity}") for m in pending]
    show_reader(
        message.text or "(empty)",
        [*span_marks(message.spans, message.index), *_hints(message), *mine],
        item=_item(message),
        label="Message to check",
        key=TEXT,
    )


def _hints(message: Reading) -> list[Mark]:
    """Return what a model's second opinion points at, where one was asked for."""
    place = (message.conversation_id, message.index)
    opinions = [check for check in valid_checks(workspace(), by_model=True) if check.place == place]
    return [Mark(m.start, m.end, "hint", f"{m.entity}? {check.reader}") for check in opinions for m in check.marks]


def _buttons(message: Reading, reader: str) -> None:
    pending: list[SpotMark] = st.session_state[MARKS]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _button("Clean", "1", _save, message, reader, disabled=bool(pending), primary=not pending)
        _button("Leak: the selected words", "2", _mark_leak, message)
        st.selectbox("Type of leak", ENTITIES, key=TYPE, width=190)
        _button("Over-scrubbed", "3", _mark_over, message, disabled=not message.spans)
        _button("Undo", "z", _undo, reader)
        _button("Save and next", "Enter", _save, message, reader, disabled=not pending, primary=bool(pending))
    says = st.session_state.pop(SAYS, "") or "Select words with the mouse, or with the arrow keys and Shift."
    st.caption(f":material/keyboard: {says}")


def _button(label: str, key: str, action: Any, *args: Any, disabled: bool = False, primary: bool = False) -> None:
    st.button(
        label,
        key=f"privacy_{key}",
        shortcut=key,
        on_click=action,
        args=args,
        disabled=disabled,
        type="primary" if primary else "secondary",
    )


def _save(message: Reading, reader: str) -> None:
    marks = tuple(st.session_state[MARKS])
    at = datetime.now(UTC).isoformat()
    check = SpotCheck(reader, message.conversation_id, message.index, at, message.import_id, marks)
    record_check(workspace(), check)
    if check.verdict == "leak":
        _say("The conversation is withheld from now on: lists, samples, pages and exports leave it out.")


def _mark_leak(message: Reading) -> None:
    chosen = selection(TEXT, item=_item(message))
    if chosen is None:
        _say("Select the words that leak first: with the mouse, or with the arrow keys and Shift. Then press 2.")
        return
    _add(SpotMark("leak", chosen.start, chosen.end, st.session_state[TYPE]))


def _mark_over(message: Reading) -> None:
    chosen = selection(TEXT, item=_item(message))
    touched = [s for s in message.spans if chosen and s.start < chosen.end and s.end > chosen.start]
    if not touched and len(message.spans) == 1:
        touched = list(message.spans)
    if not touched:
        _say("Select one of the replaced stretches first, by mouse or with the arrow keys. Then press 3.")
    for span in touched:
        _add(SpotMark("over", span.start, span.end, span.entity))


def _add(mark: SpotMark) -> None:
    if mark not in st.session_state[MARKS]:
        st.session_state[MARKS] = [*st.session_state[MARKS], mark]


def _undo(reader: str) -> None:
    """Take back the last mark of the message on screen, or else the last message that was judged."""
    if st.session_state[MARKS]:
        st.session_state[MARKS] = st.session_state[MARKS][:-1]
        return
    erased = erased_keys(workspace())
    mine = [c for c in valid_checks(workspace()) if c.reader == reader and c.conversation_id not in erased]
    if not mine:
        _say("There is nothing of yours to undo.")
        return
    undo_check(workspace(), mine[-1], now=datetime.now(UTC))
    st.session_state[PLACE], st.session_state[MARKS] = mine[-1].place, list(mine[-1].marks)
    _say("Your last verdict is taken back; judge the message again.")


def _say(text: str) -> None:
    st.session_state[SAYS] = text
