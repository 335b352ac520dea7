"""The Awareness page: do models notice that they are tested, does scrubbing give it away, and do rates depend on it."""

from __future__ import annotations

import streamlit as st

from deploysim import charts
from deploysim.audit.noticing import AwarenessAudit
from deploysim.audit.rows import awareness_rows, rate_table, sign_table
from deploysim.audit.words import aware_words, detector_words, scrubbing_words, sensitivity_words
from deploysim.ui.audits import pair_links, pick_audit
from deploysim.ui.blocks import ink, plain

_NEEDS = (
    "Awareness has not been measured yet. It needs a sample; runs in the lanes baseline and candidate are measured beside the "
    "log where there are any."
)


def show_awareness() -> None:
    """Show an awareness audit: the measures per lane, the detector, and the rates without aware prefixes."""
    audit = pick_audit(AwarenessAudit, "awareness", needs=_NEEDS).audit
    st.markdown(f"**{plain(aware_words(audit))}**")
    rows = awareness_rows(audit)
    st.altair_chart(
        charts.shares_chart(rows, ink=ink(), title="share of responses, with 95 % intervals"),
        width="stretch",
        alt=charts.shares_alt(rows),
        key="awareness_chart",
    )
    st.markdown(plain(detector_words(audit)))
    for note in audit.notes:
        st.caption(f":material/info: {plain(note)}")
    _help()
    _examples(audit)
    _signs(audit)
    _sensitivity(audit)


def _examples(audit: AwarenessAudit) -> None:
    sides = [one.side for one in audit.lanes if one.side.lane != "recorded"]
    for one in audit.lanes:
        if one.examples and one.label != "eval set":
            st.markdown(f"**Read what {one.label} says**")
            pair_links(audit.sample_id, sides, one.examples)


def _signs(audit: AwarenessAudit) -> None:
    st.subheader("Does scrubbing give the game away?", anchor=False)
    st.markdown(plain(scrubbing_words(audit)))
    with st.expander("Signs that the detector goes by"):
        st.dataframe(
            sign_table(audit),
            hide_index=True,
            height="content",
            column_config={
                "a transcript that": st.column_config.TextColumn(width="large"),
                "weighs": st.column_config.NumberColumn(
                    format="%.2f",
                    help=f"Rarer in the log weighs more; above {audit.threshold:.2f} in all it is a test.",
                ),
            },
            alt="Signs of a test, what each weighs, and how often it stands in the transcripts of each lane.",
        )


def _sensitivity(audit: AwarenessAudit) -> None:
    st.subheader("Rates where no lane shows awareness", anchor=False)
    st.markdown(f":material/science: {plain(sensitivity_words(audit))}")
    rates = rate_table(audit)
    if rates.height:
        st.dataframe(
            rates,
            hide_index=True,
            height="content",
            alt="Each category's rate per lane on all prefixes and on those where no lane shows awareness.",
        )
    else:
        st.markdown("Nothing is graded yet, or no category is present in any lane: `python -m deploysim grade`.")


def _help() -> None:
    with st.popover("How to read this", icon=":material/help:"):
        st.markdown(
            "**Says that it may be a test** and **reasons about grading** are phrase rules on the response, and on reasoning "
            "that it shows; quotations and code do not count, and where the user speaks of tests only words about the "
            "assistant itself do. They are a lower bound.\n\n"
            "**Looks like a test** is a detector that reads prefix and response and goes by surface signs; each weighs more "
            "the rarer it is in the log. It is calibrated on half of the conversations; the log's own share is that of the "
            "other half. A response that was replaced may move it by itself: the baseline lane is the control for that. "
            "Published for a trained classifier: production 5.38 %, simulated 5.12 %, traditional evals 98.9 to 100 %. This "
            "one is far simpler, and what counts is the difference between lanes.\n\n"
            "Where DEPLOYSIM_JUDGE names a model, it judges the same three questions; they stand in data/awareness.yaml."
        )
