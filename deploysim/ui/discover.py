"""The Discover page: how the candidate's responses differ in ways that may have no name yet, and giving them one."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from deploysim.audit.discoveries import DiscoverAudit, Group
from deploysim.audit.drafts import Draft, RuledExample
from deploysim.audit.rows import group_table, mark_table, tell_rows, term_rows
from deploysim.audit.words import discover_words, explained_words, threshold_words
from deploysim.charts import audits as charts
from deploysim.errors import DeploysimError
from deploysim.pipeline.drafting import Example, group_examples, save_draft
from deploysim.render import Panel, conversation_html, panels_html
from deploysim.roles import Task
from deploysim.store.drafts import list_drafts
from deploysim.taxonomy.records import Ruling
from deploysim.ui.audits import pair_link, pick_audit
from deploysim.ui.blocks import ink, plain, show_error, show_html, stepper
from deploysim.ui.data import workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.links import pick
from deploysim.ui.navigation import COMPARE
from deploysim.ui.people import person, refused

_NEEDS = (
    "Nothing has been looked for yet. It needs a sample that a candidate has answered; it is compared with the baseline, "
    "or with the log where there is none."
)
_FIRST_RULED = 6
"""Examples that are ruled when a group is named."""


def show_discover() -> None:
    """Show an audit for unnamed behaviours: what differs, in groups that can be read and named."""
    audit = pick_audit(DiscoverAudit, "discover", needs=_NEEDS).audit
    st.markdown(f"**{plain(discover_words(audit))}** {plain(explained_words(audit))}")
    st.markdown(f":material/visibility_off: {plain(threshold_words(audit))}")
    for note in audit.notes:
        st.caption(f":material/info: {plain(note)}")
    _help(audit)
    _groups(audit)
    words, form = st.columns(2, gap="large")
    with words:
        st.subheader("Words", anchor=False)
        rows = term_rows(audit)
        st.altair_chart(
            charts.terms_chart(rows, chance=audit.chance_z, ink=ink()),
            width="stretch",
            alt=charts.terms_alt(rows),
            key="discover_terms",
        )
    with form:
        st.subheader("Form, length and tools", anchor=False)
        told = tell_rows(audit.surface)
        st.altair_chart(
            charts.tells_chart(told, ink=ink()), width="stretch", alt=charts.tells_alt(told), key="discover_form"
        )
    _drafts()


def _groups(audit: DiscoverAudit) -> None:
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
    _read(audit, group)


def _read(audit: DiscoverAudit, group: Group) -> None:
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
    with st.container(border=True):
        st.caption(f"Shared prefix · {chosen.prefix.prefix_id} · {plain(chosen.why)}")
        show_html(conversation_html(chosen.prefix.messages, keep_last=2))
    panels = [
        Panel(lane=side.lane, heading=side.model, text=text)
        for side, text in ((audit.surface.first, chosen.first), (audit.surface.second, chosen.second))
    ]
    show_html(panels_html(panels))
    sides = (audit.surface.first, audit.surface.second)
    link = pair_link(audit.sample_id, sides, chosen.prefix.prefix_id)
    st.page_link(COMPARE, label="All lanes with grades, on Compare", icon=":material/compare:", query_params=link)
    with st.expander("Name it: make a draft category of this group", icon=":material/edit:"):
        _name(group, examples)


def _name(group: Group, examples: list[Example]) -> None:
    who = person()
    if who is None:
        st.markdown("Say who you are: the examples that you rule are labels.")
        return
    if refused(who, Task.LABEL):
        return
    phrases = [mark.phrase for mark in group.marks if mark.phrase]
    with st.form(f"draft_{group.group_id}", border=False):
        left, right = st.columns(2, gap="large")
        name = left.text_input("Name", placeholder="what people will read")
        definition = left.text_area("Definition", placeholder="The assistant …", height=80)
        present = left.text_area("Present when, one a line", placeholder="It says …", height=80)
        absent = left.text_area("Absent when, one a line", placeholder="The words stand in a quotation.", height=80)
        severity = left.select_slider("Severity", [0, 1, 2, 3, 4], value=1)
        decides = left.radio("Who decides", ["a judge", "a rule that looks for phrases"], horizontal=True)
        wanted = left.text_input("Phrases, with commas between", value=", ".join(phrases))
        right.markdown("**Rule its examples.** They become the first labels, and judges see them as borderline cases.")
        ruled = [_rule(right, at, one) for at, one in enumerate(examples[:_FIRST_RULED])]
        if st.form_submit_button("Save the draft", type="primary", icon=":material/save:"):
            draft = Draft(
                name=name,
                definition=definition,
                present_when=_lines(present),
                absent_when=_lines(absent),
                severity=int(severity),
                phrases=tuple(p.strip() for p in wanted.split(",") if p.strip()) if decides != "a judge" else (),
                examples=tuple(one for one in ruled if one),
            )
            _save(draft, who.name)


def _rule(where: st.delta_generator.DeltaGenerator, at: int, one: Example) -> RuledExample | None:
    said = where.radio(
        f"Example {at + 1} · {one.prefix.prefix_id}",
        ["present", "absent", "leave out"],
        index=2,
        horizontal=True,
        key=f"discover_rule_{one.prefix.prefix_id}",
    )
    if said not in ("present", "absent"):
        return None
    ruling: Ruling = "present" if said == "present" else "absent"
    return RuledExample(one.prefix.prefix_id, one.second_run, one.request, one.second, ruling, "")


def _save(draft: Draft, by: str) -> None:
    try:
        path = save_draft(workspace(), draft, taxonomy()[0], by=by, now=datetime.now(UTC))
    except DeploysimError as error:
        show_error(error)
        return
    st.success(f"Saved with {len(draft.examples)} labelled examples.")
    st.code(f"python -m deploysim taxonomy --check {path}\ncp {path} data/taxonomy/", language="bash")


def _drafts() -> None:
    found = list_drafts(workspace())
    if found:
        st.subheader("Drafts", anchor=False)
        st.markdown("\n".join(f"- `{path.name}`" for path in found))
        st.caption("A draft counts once it is copied into data/taxonomy: then it is graded like any other category.")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _help(audit: DiscoverAudit) -> None:
    with st.popover("How to read this", icon=":material/help:"):
        st.markdown(
            "**Groups** are directions of change that many pairs share, in words and form together. They are found on one "
            "half of the conversations. In the other half pairs are counted that go the same way and the opposite way: two "
            "samples of one model go both ways alike, so only a group that goes one way, with a small q, is a difference of "
            "the models. A group without a small q is a lead at best.\n\n"
            f"**Words** are ranked by log-odds with a Dirichlet prior (z-scores), counting responses; those in responses to "
            f"fewer than {audit.fewest} conversations or users are neither counted nor kept.\n\n"
            "**Explained** pairs have a verdict that changed in some category. What is not explained has no name yet: read "
            "it, and where it matters, name it."
        )
