"""The Discover page: how the candidate's responses differ in ways that may have no name yet, and giving them one."""

from __future__ import annotations

import streamlit as st

from deploysim.audit.discoveries import DiscoverAudit, Group
from deploysim.audit.rows import group_table, mark_table, tell_rows, term_rows
from deploysim.audit.words import discover_words, explained_words, threshold_words
from deploysim.charts import audits as charts
from deploysim.pipeline.drafting import group_examples
from deploysim.store.drafts import list_drafts
from deploysim.ui.audits import pick_audit
from deploysim.ui.blocks import ink, plain, stepper
from deploysim.ui.data import workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.examples import show_example
from deploysim.ui.links import pick
from deploysim.ui.naming import name_it
from deploysim.ui.people import Person, person
from deploysim.ui.proposals import show_proposals

_NEEDS = (
    "Nothing has been looked for yet. It needs a sample that a candidate has answered; it is compared with the baseline, "
    "or with the log where there is none."
)


def show_discover() -> None:
    """Show an audit for unnamed behaviours: what differs, in groups that can be read and named."""
    audit = pick_audit(DiscoverAudit, "discover", needs=_NEEDS).audit
    st.markdown(f"**{plain(discover_words(audit))}** {plain(explained_words(audit))}")
    st.markdown(f":material/visibility_off: {plain(threshold_words(audit))}")
    for note in audit.notes:
        st.caption(f":material/info: {plain(note)}")
    _help(audit)
    who = person(st.columns(3)[0])
    _groups(audit, who)
    show_proposals(audit, who)
    # One below the other: beside each other they are too narrow to read on a small window.
    st.subheader("Words", anchor=False)
    rows = term_rows(audit)
    st.altair_chart(
        charts.terms_chart(rows, chance=audit.chance_z, ink=ink()),
        width="stretch",
        alt=charts.terms_alt(rows),
        key="discover_terms",
    )
    st.subheader("Form, length and tools", anchor=False)
    told = tell_rows(audit.surface)
    st.altair_chart(
        charts.tells_chart(told, ink=ink()), width="stretch", alt=charts.tells_alt(told), key="discover_form"
    )
    _drafts()


def _groups(audit: DiscoverAudit, who: Person | None) -> None:
    st.subheader("Groups of pairs that changed alike", anchor=False)
    if not audit.groups:
        st.markdown("No group of changes is large enough to be listed.")
        return
    names = {category.id: category.name for category in taxonomy()[0].categories}
    st.dataframe(
        group_table(audit, names),
        hide_index=True,
        height="content",
        column_config={
            "group": st.column_config.TextColumn(width=520),
            "q": st.column_config.TextColumn(help="Of as many pairs one way as the other."),
            "one way : the other": st.column_config.TextColumn(
                help="Pairs of the half of the conversations that had no part in finding the group."
            ),
        },
        alt="Groups of changed pairs with their size, how many held-out pairs go each way, and what categories explain.",
    )
    labels = {one.group_id: f"{one.title} ({one.pairs} pairs)" for one in audit.groups}
    group = {one.group_id: one for one in audit.groups}[pick("Read a group", labels, key="group")]
    _read(audit, group, who)


def _read(audit: DiscoverAudit, group: Group, who: Person | None) -> None:
    st.dataframe(
        mark_table(group),
        hide_index=True,
        height="content",
        column_config={"what the second side does": st.column_config.TextColumn(width="large")},
        alt="What sets the group's pairs apart, with the share of its pairs and of all others in which it is so.",
    )
    examples = group_examples(workspace(), audit, group)
    if not examples:
        st.markdown("Its examples are withheld or were erased.")
        return
    by_id = {one.prefix.prefix_id: one for one in examples}
    chosen = by_id[stepper(list(by_id), key="example", noun="example")]
    show_example(audit, chosen, why=chosen.why, link="All lanes with grades, on Compare")
    with st.expander("Name it: make a draft category of this group", icon=":material/edit:"):
        name_it(group.group_id, examples, who, phrases=[mark.phrase for mark in group.marks if mark.phrase])


def _drafts() -> None:
    found = list_drafts(workspace())
    if found:
        st.subheader("Drafts", anchor=False)
        st.markdown("\n".join(f"- `{path.name}`" for path in found))
        st.caption("A draft counts once it is copied into data/taxonomy: then it is graded like any other category.")


def _help(audit: DiscoverAudit) -> None:
    with st.popover("How to read this", icon=":material/help:"):
        st.markdown(
            "**Groups** are directions of change that many pairs share, in words and form together. They are found on one "
            "half of the conversations. In the other half pairs are counted that go the same way and the opposite way: two "
            "samples of one model go both ways alike, so only a group that goes one way, with a small q, is a difference of "
            "the models. A group without a small q is a lead at best.\n\n"
            f"**Words** are ranked by log-odds with a Dirichlet prior (z-scores), counting responses; those in responses to "
            f"fewer than {audit.fewest} conversations or users are neither counted nor kept.\n\n"
            "**What a model proposes** is there where an auditor was asked: `audit discover --auditor NAME`. It is shown some "
            "changed pairs in random order and names what it sees; what it cannot quote in two pairs is dropped. It read few "
            "pairs, may be wrong, and is no count of anything.\n\n"
            "**Explained** pairs have a verdict that changed in some category. What is not explained has no name yet: read "
            "it, and where it matters, name it."
        )
