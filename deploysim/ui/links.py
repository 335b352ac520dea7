"""Choices that stand in the page's link by their id, so that any view can be sent to a colleague.

Streamlit's own binding writes the label of an option into the link, and labels hold counts, dates and model names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import streamlit as st


class WidgetLink(TypedDict):
    """Arguments that tie a widget to the link."""

    key: str
    on_change: Callable[..., None]
    args: tuple[str, str]


def linked(key: str, ids: Sequence[str]) -> WidgetLink:
    """Tie a widget to a parameter of the link: the link decides, then the last choice, then the first id."""
    widget = f"link_{key}"
    wanted = st.query_params.get(key) or st.session_state.get(f"last_{key}")
    shown = wanted if wanted in ids else ids[0]
    # Whoever came by a link and looks at another page comes back to the same view.
    st.session_state[widget] = st.session_state[f"last_{key}"] = shown
    return {"key": widget, "on_change": _choice_to_link, "args": (key, widget)}


def pick(label: str, options: Mapping[str, str], *, key: str, **widget: Any) -> str:
    """Let the reader pick one of several ids by its label; the id stands in the link."""
    ids = list(options)
    return str(st.selectbox(label, ids, format_func=lambda i: options[i], **linked(key, ids), **widget))


def put_in_link(key: str, value: str) -> None:
    """Put an id into the page's link."""
    st.query_params[key] = value
    st.session_state[f"last_{key}"] = value


def _choice_to_link(key: str, widget: str) -> None:
    value = st.session_state[widget]
    if value is not None:
        put_in_link(key, value)
