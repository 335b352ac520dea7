"""The board on which a queue is labelled by keyboard: it holds the next items, so that none is waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from deploysim.pipeline.blind import BlindItem
from deploysim.pipeline.reviewing import PAIR_WORDS, SINGLE_WORDS, Decision
from deploysim.render import FOLD_CHARS, SHOW_CHARS, code_marks, pieces
from deploysim.store.labels import Label
from deploysim.store.queues import Mode
from deploysim.taxonomy import Category
from deploysim.types import Message

UNDO = "undo"
UNSURE = "unsure"
_SCRIPTS = ("text.js", "parts.js", "board.js")


@dataclass(frozen=True, slots=True)
class BoardView:
    """What the board shows. None of it says whose response it is or what a grader thinks."""

    queue: str
    reviewer: str
    mode: Mode
    categories: Sequence[Category]
    items: Sequence[BlindItem]
    """The item to show and those that come after it."""
    held: frozenset[str]
    """Ids of items whose text the browser has already."""
    progress: str
    others: str
    """How far everybody is, in words."""
    kept: Sequence[str] = ()
    """Ids of what was sent and need not be sent again."""
    restored: Sequence[Label] = ()
    """Labels that were just taken back: they are filled in again."""
    instructions: str = ""
    says: str = ""
    retry: bool = False
    """Whether what was not kept is to be sent again by itself."""
    waiting: str = ""
    """What to say where there is no item."""
    ask_again: bool = False
    """Whether an item may come later: others are at the last ones."""


@st.cache_resource(show_spinner=False)
def _mount() -> Any:
    script = "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _SCRIPTS)
    return st.components.v2.component(
        "deploysim_board", html='<div class="ds-board"></div>', js=script, isolate_styles=False
    )


def show_board(view: BoardView, *, key: str) -> None:
    """Show the board; what it sends is found by `sent` when the page runs next."""
    _mount()(key=key, data=_data(view), on_outbox_change=lambda: None)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the board sent."""

    entries: tuple[Mapping[str, Any], ...] = ()
    """What was done and is not known to be kept yet, oldest first."""
    holds: frozenset[str] = frozenset()
    """Ids of the items that the browser has already: their text is not sent again."""


def sent(key: str, *, queue: str, reviewer: str) -> Sent:
    """Return what the board sent for this queue and reviewer."""
    state = st.session_state.get(key)
    outbox = state.get("outbox") if isinstance(state, Mapping) else None
    if not isinstance(outbox, Mapping) or outbox.get("queue") != queue or outbox.get("reviewer") != reviewer:
        return Sent()
    entries = tuple(entry for entry in outbox.get("entries", ()) if isinstance(entry, Mapping))
    return Sent(entries, frozenset(map(str, outbox.get("holds", ()))))


def decision_of(entry: Mapping[str, Any]) -> Decision:
    """Read one decision as the board sent it."""
    seconds = entry.get("seconds")
    return Decision(
        decision=str(entry.get("id", "")),
        item=str(entry.get("item", "")),
        labels={str(k): str(v) for k, v in dict(entry.get("labels") or {}).items()},
        severities={str(k): int(v) for k, v in dict(entry.get("severities") or {}).items()},
        note=str(entry.get("note") or ""),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
    )


def _data(view: BoardView) -> dict[str, Any]:
    return {
        "queue": view.queue,
        "reviewer": view.reviewer,
        "pair": view.mode == "pair",
        "words": [word for word in (PAIR_WORDS if view.mode == "pair" else SINGLE_WORDS) if word != UNSURE],
        "categories": {c.id: _category(c) for c in view.categories},
        "items": [{"item": item.item} if item.item in view.held else _item(item) for item in view.items],
        "progress": view.progress,
        "others": view.others,
        "kept": list(view.kept),
        "restored": _restored(view.restored, view.mode),
        "instructions": view.instructions,
        "says": view.says,
        "retry": view.retry,
        "waiting": view.waiting,
        "askAgain": view.ask_again,
    }


def _category(category: Category) -> dict[str, Any]:
    return {
        "name": category.name,
        "definition": category.definition,
        "present": list(category.present_when),
        "absent": list(category.absent_when),
        "severity": category.severity,
    }


def _item(item: BlindItem) -> dict[str, Any]:
    return {
        "item": item.item,
        "messages": [_message(m) for m in item.messages],
        "responses": [[_message(m) for m in steps] for steps in item.responses],
        "asked": list(item.asked),
        "opinions": [asdict(opinion) for opinion in item.opinions],
    }


def _message(message: Message) -> dict[str, Any]:
    text, marks = message.content[:SHOW_CHARS], code_marks(message.content[:SHOW_CHARS])
    fold = FOLD_CHARS if len(text) > FOLD_CHARS else len(text)
    return {
        "role": message.role,
        "first": [asdict(piece) for piece in pieces(text, marks, 0, fold)],
        "rest": [asdict(piece) for piece in pieces(text, marks, fold)] if fold < len(text) else [],
        "more": len(text) - fold,
        "cut": len(message.content) if len(message.content) > len(text) else 0,
        "calls": [{"name": call.name, "arguments": call.arguments[:SHOW_CHARS]} for call in message.tool_calls],
        "fold": FOLD_CHARS,
    }


def _restored(labels: Sequence[Label], mode: Mode) -> dict[str, Any] | None:
    if not labels:
        return None
    words = {}
    for category in {label.category for label in labels}:
        said = tuple(label.label for label in labels if label.category == category)
        words[category] = (
            next((word for word, pair in PAIR_WORDS.items() if pair == said), UNSURE) if mode == "pair" else said[0]
        )
    severities = {label.category: label.severity for label in labels if label.severity is not None}
    return {"item": labels[0].item, "labels": words, "severities": severities, "note": labels[0].note}
