"""The team on a page: who labelled how much, who may do what, and who did what."""

from __future__ import annotations

import polars as pl
import streamlit as st

from deploysim.pipeline.reviewing import work_of
from deploysim.pipeline.trail import trail
from deploysim.roles import MAY, Role, Task
from deploysim.ui.blocks import plain
from deploysim.ui.data import workspace
from deploysim.ui.people import Person, roles, sign_in_is_set_up

PAGE = 200
"""Rows of the trail that are shown at a time."""


def show_work() -> None:
    """Show how much each person has labelled and how fast."""
    rows = work_of(workspace())
    if rows.is_empty():
        st.markdown("Nobody has labelled anything yet.")
        return
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={
            "share unsure": st.column_config.NumberColumn(format="percent"),
            "seconds an item": st.column_config.NumberColumn(format="%.1f", help="Median."),
        },
        alt="What each person has labelled.",
    )


def show_roles() -> None:
    """Show who may do what, and where that is said."""
    team = roles()
    how = "People sign in." if sign_in_is_set_up() else "There is no sign-in: people write their names."
    if team.everybody:
        st.markdown(
            f"{how} Everybody may do everything. To change that, name a file in `DEPLOYSIM_ROLES` with lines such as "
            "`ana@example.com: lead`. Sign-in is set up in `.streamlit/secrets.toml`."
        )
        return
    if not sign_in_is_set_up():
        st.caption("Without sign-in a role is a convention: anybody can write any name.")
    named = [(name, str(role)) for name, role in team.named.items()]
    named += [("everyone else", str(team.others or "nothing"))]
    st.dataframe(
        pl.DataFrame(named, schema=["person", "role"], orient="row"),
        hide_index=True,
        height="content",
        width=480,
        alt="The role of each person.",
    )


def show_rights() -> None:
    """Show what each role may do."""
    table = {"may": [str(task) for task in Task]}
    table |= {str(role): ["yes" if role in MAY[task] else "" for task in Task] for role in Role}
    st.dataframe(pl.DataFrame(table), hide_index=True, height="content", alt="What each role may do.")


def show_trail(who: Person | None) -> None:
    """Show who did what when, to those who may see it."""
    if who is None:
        st.markdown("Write your name to see who did what.")
        return
    if not who.may(Task.SEE_TRAIL):
        st.markdown(f"{plain(who.name)} may not {Task.SEE_TRAIL}. A lead may.")
        return
    rows = trail(workspace())
    people = sorted(rows["by"].unique())
    chosen = st.multiselect("By", people, key="trail_by", placeholder="everybody", width=420)
    shown = rows.filter(pl.col("by").is_in(chosen)) if chosen else rows
    page = 1
    if shown.height > PAGE:
        page = st.number_input("Page", 1, -(-shown.height // PAGE), key="trail_page", width=140)
    st.dataframe(
        shown.slice((page - 1) * PAGE, PAGE),
        hide_index=True,
        height="content" if shown.height <= 20 else 560,
        column_config={
            "at": st.column_config.TextColumn(width=150),
            "by": st.column_config.TextColumn(width=130),
            "what": st.column_config.TextColumn(width=110),
            "about": st.column_config.TextColumn(width=600),
        },
        alt="Who did what when, newest first.",
    )
    st.caption(f"{shown.height:,} entries. They are only ever added to.")
