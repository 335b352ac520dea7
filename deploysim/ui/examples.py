"""A pair that shows something, as a reader of Discover meets it: the shared prefix and both responses side by side."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from deploysim.audit.discoveries import DiscoverAudit, Which
from deploysim.pipeline.drafting import Example
from deploysim.render import Mark, Panel, conversation_html, panels_html
from deploysim.ui.audits import pair_link
from deploysim.ui.blocks import plain, show_html
from deploysim.ui.navigation import COMPARE


def show_example(
    audit: DiscoverAudit,
    example: Example,
    *,
    why: str = "",
    link: str,
    marks: Callable[[Which], tuple[Mark, ...]] = lambda side: (),
) -> None:
    """Show a pair of an audit.

    Args:
        audit: Which sides it compares.
        example: The pair.
        why: Why it is shown, where that does not stand elsewhere.
        link: What leads to the pair on Compare.
        marks: What is marked in a side's response.
    """
    prefix = example.prefix
    with st.container(border=True):
        st.caption(f"Shared prefix · {prefix.prefix_id}" + (f" · {plain(why)}" if why else ""))
        show_html(conversation_html(prefix.messages, keep_last=2))
    first, second = sides = audit.surface.first, audit.surface.second
    panels = [
        Panel(first.lane, first.model, example.first, marks=marks("first")),
        Panel(second.lane, second.model, example.second, marks=marks("second")),
    ]
    show_html(panels_html(panels))
    params = pair_link(audit.sample_id, sides, prefix.prefix_id)
    st.page_link(COMPARE, label=link, icon=":material/compare:", query_params=params)
