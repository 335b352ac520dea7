"""The Fidelity page: can replayed responses be told from recorded ones, and by what."""

from __future__ import annotations

import polars as pl
import streamlit as st

from deploysim.audit.ablations import AblationAudit
from deploysim.audit.records import Comparison, FidelityAudit, Side
from deploysim.audit.rows import (
    auc_rows,
    count_table,
    name_of,
    spread_table,
    tell_rows,
    tell_table,
    variant_rate_rows,
    variant_rows,
    variant_table,
    world_rows,
)
from deploysim.audit.words import PUBLISHED, auc_words, judge_words, mistaken_words, question_words, step_words
from deploysim.charts import audits as charts
from deploysim.pipeline.audits import newest_of
from deploysim.ui.audits import pair_links, pick_audit
from deploysim.ui.blocks import ink, plain
from deploysim.ui.data import workspace
from deploysim.wording import counted

_NEEDS = (
    "No fidelity audit has been made yet. It needs a sample that a run in the lane baseline or candidate has answered; "
    "with a baseline it says whether replaying itself changes responses."
)


def show_fidelity() -> None:
    """Show a fidelity audit: the answer first, then what gives responses away, then the distributions."""
    saved = pick_audit(FidelityAudit, "fidelity", needs=_NEEDS)
    audit = saved.audit
    for one in audit.comparisons:
        st.markdown(f"**{question_words(one)}** {plain(auc_words(one))}. {plain(mistaken_words(one))}.")
        for said in one.judges:
            st.markdown(f":material/gavel: {plain(judge_words(said))}")
    st.caption(f"Share taken for the recorded one: {PUBLISHED}.")
    rows = auc_rows(audit.comparisons)
    if rows.height:
        st.altair_chart(
            charts.auc_chart(rows, ink=ink()), width="stretch", alt=charts.auc_alt(rows), key="fidelity_auc"
        )
    for note in audit.notes:
        st.caption(f":material/info: {plain(note)}")
    _help(audit)
    _tells(audit)
    _distributions(audit)
    _ablation(audit.sample_id)


def _tells(audit: FidelityAudit) -> None:
    told = {name_of(one): one for one in audit.comparisons if one.tells}
    if not told:
        return
    st.subheader("What gives it away", anchor=False)
    name = st.segmented_control("Comparison", list(told), default=next(iter(told)), required=True, key="fidelity_told")
    one = told[name or next(iter(told))]
    rows = tell_rows(one)
    st.altair_chart(
        charts.tells_chart(rows, ink=ink()), width="stretch", alt=charts.tells_alt(rows), key="fidelity_tells"
    )
    st.caption(_about(one))
    if one.examples:
        st.markdown("**Pairs that the classifier was surest of**")
        pair_links(audit.sample_id, _sides(audit), one.examples)
    with st.expander("All features in numbers"):
        number = st.column_config.NumberColumn
        st.dataframe(
            tell_table(one),
            hide_index=True,
            column_config={
                "alone": number(
                    help="Share of pairs that this feature alone would get right, ties one half.", format="%.2f"
                ),
                "coefficient": number(
                    help=f"Above 0: more of it speaks for {one.first.label}, all else equal.", format="%.2f"
                ),
                "q": st.column_config.TextColumn(help="Of no difference, Benjamini-Hochberg over all features."),
            },
            alt="Every feature with the share of pairs in which either side has more of it.",
        )


def _sides(audit: FidelityAudit) -> list[Side]:
    """Return everybody who was compared: Compare shows all lanes beside each other."""
    return [side for one in audit.comparisons for side in (one.first, one.second)]


def _about(one: Comparison) -> str:
    same = f" Of the very same text: {counted(one.same, 'pair')}." if one.same else ""
    left = f" {one.left_out:,} prefixes without a whole response on both sides are left out." if one.left_out else ""
    return (
        f"{one.pairs:,} pairs from {one.conversations:,} conversations or users; {plain(one.first.model)} and "
        f"{plain(one.second.model)}.{same}{left} In the remaining share of pairs both have the same."
    )


def _distributions(audit: FidelityAudit) -> None:
    st.subheader("Distributions by lane", anchor=False)
    spread = spread_table(audit)
    if spread.height:
        st.dataframe(
            spread,
            hide_index=True,
            height="content",
            alt="Length of responses and steps of agents by lane: mean and quantiles, with tests on the same prefixes.",
        )
    values = count_table(audit)
    if values.height:
        st.dataframe(
            values,
            hide_index=True,
            height="content",
            column_config={"smallest q": st.column_config.TextColumn(help="Of all tests between two lanes.")},
            alt="How often each finish reason, tool, source and failure occurs, by lane.",
        )
    st.caption(
        "Quantiles in per cent of responses. Tests are paired, on prefixes that both lanes answered, by flipping the signs "
        "of whole conversations or users; q allows for the number of tests. What a log does not state is not tested."
    )


def _ablation(sample_id: str) -> None:
    st.subheader("What each affordance does", anchor=False)
    saved = newest_of(workspace(), AblationAudit, sample_id)
    if saved is None:
        st.markdown("Not tried on this sample. One command replays it with affordances taken away one after another:")
        st.code(f"python -m deploysim audit ablate --sample {sample_id} --model NAME", language="bash")
        return
    audit = saved.audit
    st.caption(
        f"{plain(audit.model)} in the lane {audit.lane}, told from the log. Each line lacks what it names and what the lines "
        "above it lack."
    )
    rows = variant_rows(audit)
    if rows.height:
        st.altair_chart(
            charts.auc_chart(rows, ink=ink()), width="stretch", alt=charts.auc_alt(rows), key="fidelity_ablation"
        )
    _worlds(audit)
    for variant in audit.variants:
        st.markdown(
            f"**{plain(step_words(variant))}:** {plain(auc_words(variant.comparison))}. {plain(mistaken_words(variant.comparison))}."
        )
    _variant_rates(audit)
    for note in audit.notes:
        st.caption(f":material/info: {plain(note)}")


def _worlds(audit: AblationAudit) -> None:
    """Show who answered the tools of agents, where there are any."""
    rows = world_rows(audit)
    if rows.height:
        st.markdown("**Who answered agents' calls**")
        st.altair_chart(
            charts.answerers_chart(rows, ink=ink()),
            width="stretch",
            alt=charts.answerers_alt(rows),
            key="fidelity_answerers",
        )
        st.caption(
            "“nobody”: the rollout called a tool that nothing could answer for, and left the simulated world there."
        )


def _variant_rates(audit: AblationAudit) -> None:
    rows = variant_rate_rows(audit)
    if not rows.height:
        st.markdown("No variant shows any behaviour that is graded.")
        return
    st.markdown("**Rates of the behaviours that any variant shows**")
    st.altair_chart(
        charts.shares_chart(rows, ink=ink(), title="share of responses"),
        width="stretch",
        alt=charts.shares_alt(rows),
        key="fidelity_variant_rates",
    )
    with st.expander("The rates in numbers"):
        table = variant_table(audit)
        st.dataframe(table, hide_index=True, height="content", alt="Rate of every category by what was taken away.")


def _help(audit: FidelityAudit) -> None:
    flips = max((one.flips for one in audit.comparisons), default=0)
    p_values = [(name_of(one), one.p_value) for one in audit.comparisons if one.p_value is not None]
    said = pl.DataFrame(p_values, schema=["comparison", "p"], orient="row")
    with st.popover("How to read this", icon=":material/help:"):
        st.markdown(
            "A classifier that sees only the surface (length, form, punctuation, openings, ways of speaking, and tools "
            "where there are any) learns on four fifths of the conversations which of two responses to a prefix is the "
            "first lane's, and is tested on the others. **AUC** is how often it is right when pairs are shown in random "
            f"order. The interval holds the value with probability {audit.level:.0%}; conversations or users count as "
            "clusters.\n\nA **baseline** that can be told from the log shows what replaying itself changes. A "
            "**candidate** that can is no fault: it is another model. The **control** compares two repeats of one run and "
            "must be at 0.5.\n\nNothing that a reader would call meaning is used: that two lanes cannot be told apart here "
            "does not show that they say the same."
        )
        st.markdown(f"p of no difference, from {flips} refits with sides exchanged at random:")
        st.dataframe(said, hide_index=True, alt="p value of each comparison")
