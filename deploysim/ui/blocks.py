"""Small things that every page shows the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from deploysim.config import ROOT
from deploysim.errors import DeploysimError
from deploysim.ui.links import put_in_link

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def plain(text: str) -> str:
    """Return text from a log as Markdown that shows just that text: no links, images, colours or formulas."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def load_style() -> None:
    """Load the looks of our own blocks."""
    st.html(ROOT / "deploysim" / "style.css")


def ink() -> str:
    """Return the colour of words in the reader's theme, for charts."""
    return "#E4E8EE" if st.context.theme.type == "dark" else "#1E2530"


def show_html(html: str) -> None:
    """Show HTML that `deploysim.render` made, the only kind there is."""
    st.html(html)


def show_error(error: DeploysimError) -> None:
    """Show what happened, what was expected and what to do next, as text."""
    with st.container(border=True):
        st.error("This did not work.", icon=":material/error:")
        st.text(str(error))


def empty_state(says: str, *, command: str = "", page: str = "", label: str = "") -> None:
    """Say what a page needs and what gives it, and end the page here."""
    st.markdown(says)
    if command:
        st.code(command, language="bash")
    if page:
        st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def reasons(counts: Mapping[str, int]) -> str:
    """Return counts by reason as one sentence part."""
    return "; ".join(f"{n:,} {reason}" for reason, n in sorted(counts.items(), key=lambda item: -item[1]))


def stepper(ids: Sequence[str], *, key: str, noun: str) -> str:
    """Let the reader page through ids, by button or by `k` and `j`; the current one stands in the link.

    The ends are disabled, not wrapped. An id that is not in the list gives the first one.
    """
    here = st.query_params.get(key)
    position = ids.index(here) if here in ids else 0
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step_button("Previous", "k", "arrow_back", ids, position - 1, key)
        _step_button("Next", "j", "arrow_forward", ids, position + 1, key)
        st.caption(f"{noun} {position + 1:,} of {len(ids):,}")
    return ids[position]


def _step_button(label: str, shortcut: str, icon: str, ids: Sequence[str], to: int, key: str) -> None:
    exists = 0 <= to < len(ids)
    st.button(
        label,
        key=f"{key}_{icon}",
        shortcut=shortcut,
        icon=f":material/{icon}:",
        disabled=not exists,
        on_click=put_in_link,
        args=(key, ids[to] if exists else ""),
    )
