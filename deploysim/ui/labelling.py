"""Labelling on a page: what the board sent is kept, and the next items go out to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from deploysim.errors import BusyError, InputError
from deploysim.pipeline.blind import BlindItem, blind_items
from deploysim.pipeline.reviewing import Progress, save, take_next, undo_last
from deploysim.store.labels import Label
from deploysim.store.queues import Queue, QueueItem
from deploysim.store.reviews import reviews_version
from deploysim.store.samples import sample_path
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Category
from deploysim.ui.board import UNDO, BoardView, decision_of, sent, show_board
from deploysim.ui.data import workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.navigation import AGREEMENT
from deploysim.ui.people import Person
from deploysim.wording import counted

BOARD, RESTORED = "queue_board", "queue_restored"
"""Keys of the session: the board, and what was taken back last, which the board fills in again."""
LOOK_AHEAD = 4
"""Items that the browser holds: the one on the screen and those after it."""
MOST_KEPT = 500
"""Items of a queue that are kept in memory."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of what the board sent."""

    kept: tuple[str, ...]
    """Ids of what need not be sent again."""
    says: str = ""
    """What the reviewer should know."""
    retry: bool = False


@st.fragment
def label_queue(queue: Queue, who: Person) -> None:
    """Take in what the board sent and give it the next items."""
    here = workspace()
    board = sent(BOARD, queue=queue.queue_id, reviewer=who.name)
    taken = _take_in(here, queue, who.name, board.entries)
    found, given = take_next(here, queue, who.name, now=datetime.now(UTC), count=LOOK_AHEAD)
    shown = _blind(here, queue, given)
    state = found.progress(who.name)
    view = BoardView(
        queue=queue.queue_id,
        reviewer=who.name,
        mode=queue.mode,
        categories=_categories(queue),
        items=shown,
        held=board.holds,
        progress=_progress(queue, state),
        others=_others(state, who.name),
        kept=taken.kept,
        restored=_restored(shown),
        instructions=queue.instructions,
        says=taken.says,
        retry=taken.retry,
        waiting=_waiting(state),
        ask_again=state.complete < state.items,
    )
    show_board(view, key=BOARD)
    if state.complete == state.items:
        st.page_link(
            AGREEMENT,
            label="See how far people and graders agree",
            icon=":material/arrow_forward:",
            query_params={"labels_of": queue.queue_id},
        )


def _take_in(here: Workspace, queue: Queue, reviewer: str, entries: Sequence[Mapping[str, Any]]) -> Taken:
    """Keep what was sent, in the order in which it was done."""
    kept: list[str] = []
    says = ""
    for entry in entries:
        try:
            _keep(here, queue, reviewer, entry)
        except BusyError:
            return Taken(tuple(kept), "The workspace is busy just now: it is saved in a moment.", retry=True)
        except InputError as error:
            # It is let go of, or nothing that comes after it could be kept either.
            says = str(error)
        kept.append(str(entry.get("id")))
    return Taken(tuple(kept), says)


def _keep(here: Workspace, queue: Queue, reviewer: str, entry: Mapping[str, Any]) -> None:
    now = datetime.now(UTC)
    if entry.get("kind") != UNDO:
        save(here, queue, [decision_of(entry)], reviewer=reviewer, now=now)
    elif taken_back := undo_last(here, queue, reviewer=reviewer, decision=str(entry.get("id")), now=now):
        st.session_state[RESTORED] = taken_back


def _restored(shown: Sequence[BlindItem]) -> Sequence[Label]:
    """Return what was taken back, as long as its item is the one to be shown."""
    labels: list[Label] = st.session_state.get(RESTORED) or []
    return labels if labels and shown and shown[0].item == labels[0].item else ()


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept_items(root: Path, queue_id: str, changed: object) -> dict[str, BlindItem]:
    """Return the place where a queue's items are kept in memory, until something that they show changes."""
    return {}


def _blind(here: Workspace, queue: Queue, given: Sequence[QueueItem]) -> list[BlindItem]:
    """Return the items to show, several fetched at a time: opening a sample costs more than reading from it."""
    sample = sample_path(here, queue.sample_id)
    said = reviews_version(here) if queue.mode == "adjudication" else ()
    kept = _kept_items(here.root, queue.queue_id, (sample.stat().st_mtime_ns, said))
    if any(item.item not in kept for item in given[:LOOK_AHEAD]):
        if len(kept) > MOST_KEPT:
            kept.clear()
        kept |= blind_items(here, queue, [item for item in given if item.item not in kept])
    return [kept[item.item] for item in given if item.item in kept][:LOOK_AHEAD]


def _categories(queue: Queue) -> list[Category]:
    asked = {one for item in queue.items for one in queue.asked(item)} | set(queue.categories)
    return [category for category in taxonomy()[0].categories if category.id in asked]


def _progress(queue: Queue, state: Progress) -> str:
    each = f" · {counted(queue.per_item, 'reviewer')} each" if queue.per_item > 1 else ""
    return f"{state.complete:,} of {state.items:,} done{each}"


def _others(state: Progress, reviewer: str) -> str:
    rest = [f"{name} {count:,}" for name, count in state.by_reviewer.items() if name != reviewer]
    return " · ".join([f"you {state.mine:,}", *rest])


def _waiting(state: Progress) -> str:
    if state.items == 0:
        return "This queue has no item that can be shown."
    if state.complete >= state.items:
        return "Everything in this queue has been labelled. Thank you."
    return (
        "Nothing is left for you just now: the last items are with others, or are assigned to them. What they leave "
        "open comes here."
    )
