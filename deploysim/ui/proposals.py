"""What an auditor proposes: a model's opinion on pairs that it read, with the words that it rests on, to be read and named."""

from __future__ import annotations

import streamlit as st

from deploysim.audit.discoveries import DiscoverAudit, Proposal, Which
from deploysim.audit.rows import proposal_table
from deploysim.audit.words import evidence_words, opinion_words
from deploysim.pipeline.drafting import proposal_examples
from deploysim.render import Mark
from deploysim.ui.blocks import plain
from deploysim.ui.data import workspace
from deploysim.ui.examples import show_example
from deploysim.ui.links import pick
from deploysim.ui.naming import name_it
from deploysim.ui.people import Person


def show_proposals(audit: DiscoverAudit, who: Person | None) -> None:
    """Show what a model proposes, labelled as its opinion; nothing where no model was asked."""
    if audit.auditor is None:
        return
    st.subheader("What a model proposes", anchor=False)
    st.markdown(f":material/smart_toy: {plain(opinion_words(audit.auditor))}")
    proposals = {one.proposal_id: one for one in audit.auditor.proposals}
    if not proposals:
        return
    st.dataframe(
        proposal_table(audit),
        hide_index=True,
        height="content",
        column_config={"definition": st.column_config.TextColumn(width="medium")},
        alt="Categories that a model proposes, with its definition and how many pairs it quotes from each side.",
    )
    chosen = proposals[pick("Read a proposal", {i: one.name for i, one in proposals.items()}, key="proposal")]
    st.text(chosen.definition)
    st.caption(f"Opinion of {plain(audit.auditor.judge)} · {plain(evidence_words(chosen, audit))}")
    _read(audit, chosen, who)


def _read(audit: DiscoverAudit, proposal: Proposal, who: Person | None) -> None:
    examples = proposal_examples(workspace(), audit, proposal)
    if not examples:
        st.markdown("Its examples are withheld or were erased.")
        return
    by_id = {one.prefix.prefix_id: one for one in examples}
    labels = {i: f"{i} · {one.why}" for i, one in by_id.items()}
    chosen = by_id[pick("Read a pair that it quotes", labels, key="quoted")]
    show_example(
        audit,
        chosen,
        link="This pair with grades, on Compare",
        marks=lambda side: _marks(proposal, chosen.prefix.prefix_id, side),
    )
    with st.expander("Name it: make a draft category of this proposal", icon=":material/edit:"):
        name_it(
            proposal.proposal_id,
            examples,
            who,
            side=proposal.side,
            name=proposal.name,
            definition=proposal.definition,
        )


def _marks(proposal: Proposal, prefix_id: str, side: Which) -> tuple[Mark, ...]:
    quoted = [one for one in proposal.evidence if (one.prefix_id, one.side) == (prefix_id, side)]
    return tuple(Mark(start, end, "evidence") for one in quoted for start, end in one.spans)
