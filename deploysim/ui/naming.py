"""Naming what pairs of responses share: the form that makes a draft category of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from deploysim.audit.discoveries import Which
from deploysim.audit.drafts import Draft, RuledExample
from deploysim.errors import DeploysimError
from deploysim.pipeline.drafting import Example, save_draft
from deploysim.roles import Task
from deploysim.taxonomy.records import Ruling
from deploysim.ui.blocks import show_error
from deploysim.ui.data import workspace
from deploysim.ui.definitions import taxonomy
from deploysim.ui.people import Person, refused

_FIRST_RULED = 6
"""Examples that are ruled when something is named."""


def name_it(
    key: str,
    examples: Sequence[Example],
    who: Person | None,
    *,
    side: Which = "second",
    name: str = "",
    definition: str = "",
    phrases: Sequence[str] = (),
) -> None:
    """Let the reader name what some pairs share, rule a few of them, and save it as a draft category.

    Args:
        key: Of the form: the id of the group or proposal.
        examples: Pairs that show it, most typical first.
        who: The reader; None where nobody has said who it is.
        side: Whose responses are ruled.
        name: What is proposed as its name.
        definition: And as its definition.
        phrases: What a rule could look for.
    """
    if who is None:
        st.markdown("Say who you are, above: the examples that you rule are labels.")
        return
    if refused(who, Task.LABEL):
        return
    with st.form(f"draft_{key}", border=False):
        left, right = st.columns(2, gap="large")
        called = left.text_input("Name", value=name, placeholder="what people will read")
        meant = left.text_area("Definition", value=definition, placeholder="The assistant …", height=80)
        present = left.text_area("Present when, one a line", placeholder="It says …", height=80)
        absent = left.text_area("Absent when, one a line", placeholder="The words stand in a quotation.", height=80)
        severity = left.select_slider("Severity", [0, 1, 2, 3, 4], value=1)
        decides = left.radio("Who decides", ["a judge", "a rule that looks for phrases"], horizontal=True)
        wanted = left.text_input("Phrases, with commas between", value=", ".join(phrases))
        right.markdown("**Rule its examples.** They become the first labels, and judges see them as borderline cases.")
        ruled = [_rule(right, key, at, one, side) for at, one in enumerate(examples[:_FIRST_RULED])]
        if st.form_submit_button("Save the draft", type="primary", icon=":material/save:"):
            draft = Draft(
                name=called,
                definition=meant,
                present_when=_lines(present),
                absent_when=_lines(absent),
                severity=int(severity),
                phrases=tuple(p.strip() for p in wanted.split(",") if p.strip()) if decides != "a judge" else (),
                examples=tuple(one for one in ruled if one),
            )
            _save(draft, who.name)


def _rule(
    where: st.delta_generator.DeltaGenerator, key: str, at: int, one: Example, side: Which
) -> RuledExample | None:
    said = where.radio(
        f"Example {at + 1} · {one.prefix.prefix_id}",
        ["present", "absent", "leave out"],
        index=2,
        horizontal=True,
        key=f"discover_rule_{key}_{one.prefix.prefix_id}",
    )
    if said not in ("present", "absent"):
        return None
    ruling: Ruling = "present" if said == "present" else "absent"
    return one.ruled(side, ruling)


def _save(draft: Draft, by: str) -> None:
    try:
        path = save_draft(workspace(), draft, taxonomy()[0], by=by, now=datetime.now(UTC))
    except DeploysimError as error:
        show_error(error)
        return
    st.success(f"Saved with {len(draft.examples)} labelled examples.")
    st.code(f"python -m deploysim taxonomy --check {path}\ncp {path} data/taxonomy/", language="bash")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
