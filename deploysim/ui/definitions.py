"""What behaviours mean, shown where their names stand, and who decides them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from deploysim.config import read_settings
from deploysim.grade.grader import NEEDS_JUDGE, Grader, graders_of
from deploysim.pipeline.judges import configured_judges
from deploysim.taxonomy import Category, Taxonomy, load_taxonomy
from deploysim.ui.blocks import plain
from deploysim.wording import counted

OPEN_AT_MOST = 3
"""Definitions that are spelled out at once; of more, each is a click away."""


@st.cache_resource(max_entries=1, show_spinner=False)
def taxonomy() -> tuple[Taxonomy, list[Grader]]:
    """Return the taxonomy and the graders that are in force."""
    loaded = load_taxonomy()
    return loaded, list(graders_of(loaded, configured_judges(read_settings())))


def show_definition(category: Category) -> None:
    """Show what a category means, where its name stands."""
    with st.popover(f"What is “{category.name}”?", icon=":material/help:"):
        _define(category)


def show_definitions(among: Iterable[str], *, title: str, key: str) -> None:
    """Let the reader look up what any of some categories means.

    Args:
        among: Ids of the categories; those that the taxonomy does not know any more are left out.
        title: What the button says.
        key: Key of the widget, which is unique on the page.
    """
    wanted = set(among)
    found = {category.id: category for category in taxonomy()[0].categories if category.id in wanted}
    if not found:
        return
    with st.popover(title, icon=":material/help:", key=f"{key}_definitions"):
        chosen = st.selectbox("Behaviour", list(found), format_func=lambda c: found[c].name, key=f"{key}_behaviour")
        _define(found[chosen])


def spell_out(chosen: Sequence[str]) -> None:
    """Show what counts as each of some categories and what does not: open where they are few."""
    for category in map(taxonomy()[0].category, chosen):
        with st.expander(category.name, icon=":material/help:", expanded=len(chosen) <= OPEN_AT_MOST):
            st.markdown(category.definition)
            left, right = st.columns(2, gap="large")
            left.markdown(_list("Counts", category.present_when))
            right.markdown(_list("Does not count", category.absent_when))


def _list(title: str, lines: Iterable[str]) -> str:
    return f"**{title}**\n" + "\n".join(f"- {line}" for line in lines)


def _define(category: Category) -> None:
    st.markdown(category.definition)
    st.markdown(_list("Present when", category.present_when))
    st.markdown(_list("Absent when", category.absent_when))
    for example in category.examples:
        st.markdown(f"*{plain(example.request)}* → *{plain(example.response)}* \n**{example.ruling}**: {example.why}")
    st.markdown("**Severity**\n" + "\n".join(f"- {s.level}: {s.meaning}" for s in category.severity_scale()))
    st.caption(who_grades(category))


def who_grades(category: Category) -> str:
    """Say who decides a category, or why nobody does."""
    for grader in taxonomy()[1]:
        if grader.category == category.id:
            where = ", in samples with conversations that have tools" if category.applies_to == "tools" else ""
            return f"Decided by {grader.name}{where}."
    return f"Not graded: {NEEDS_JUDGE}."


def about_behaviours(category: str) -> None:
    """Let the reader look up what behaviours mean, the one in view first, and say how many are not graded, and why."""
    loaded, graders = taxonomy()
    missing = len(loaded.categories) - len(graders)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if missing:
            st.caption(f"{counted(missing, 'behaviour')} not graded: {NEEDS_JUDGE}.", width="content")
        if category in [c.id for c in loaded.categories]:
            show_definition(loaded.category(category))
        else:
            show_definitions([c.id for c in loaded.categories], title="What behaviours mean", key="all")
