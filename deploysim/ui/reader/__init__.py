"""A text to read closely: stretches marked, words selected by mouse or by the arrow keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from deploysim.render import Mark, pieces

HTML = (
    '<div class="ds-reader" tabindex="0" role="region"></div>'
    '<div class="ds-reader-told" role="status" aria-live="polite"></div>'
)
HELP = "Arrow keys go from word to word, with Shift they select more."


@dataclass(frozen=True, slots=True)
class Selection:
    """Characters of a text that its reader has selected."""

    start: int
    end: int


@st.cache_resource(show_spinner=False)
def _mount() -> Any:
    script = Path(__file__).with_name("reader.js").read_text(encoding="utf-8")
    return st.components.v2.component("deploysim_reader", html=HTML, js=script, isolate_styles=False)


def show_reader(text: str, marks: Iterable[Mark], *, item: str, label: str, key: str) -> None:
    """Show a text, ready for the arrow keys.

    Args:
        text: What is read.
        marks: Stretches with a look of their own; their labels stand behind them and are no part of the text.
        item: Tells one text from the next; a new one takes the keyboard's focus and starts with nothing selected.
        label: What the text is, for those who do not see it.
        key: Under which `selection` finds what is selected.
    """
    data = {"pieces": [asdict(piece) for piece in pieces(text, marks)], "item": item, "label": f"{label}. {HELP}"}
    _mount()(key=key, data=data, on_selection_change=lambda: None)


def selection(key: str, *, item: str) -> Selection | None:
    """Return what is selected in a text, or None where nothing is, or where another text is shown by now."""
    state = st.session_state.get(key)
    found = state.get("selection") if isinstance(state, Mapping) else None
    if not found or found["item"] != item or found["start"] >= found["end"]:
        return None
    return Selection(int(found["start"]), int(found["end"]))
