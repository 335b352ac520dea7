"""Plan: how many conversations a question needs, before anything is replayed."""

import streamlit as st

from deploysim import ui
from deploysim.charts.power import power_alt, power_chart
from deploysim.pipeline.planning import make_plan, power_curves
from deploysim.ui.planning import DRAWN

topics = ui.pick_topics()
sentence = st.container()
ask, price = ui.ask_for_plan()
plan = make_plan(topics, ask, price)
sentence.subheader(plan.sentence(), anchor=False)

names = [row.name for row in plan.rows if row.per_100k]
drawn = st.multiselect("Drawn", names, names[:DRAWN], key="plan_drawn") if len(names) > DRAWN else names
curves = power_curves([topic for topic in topics if topic.name in drawn], ask)
if curves.height:
    st.altair_chart(
        power_chart(curves, power=ask.power, size=ask.size, ink=ui.ink()),
        width="stretch",
        alt=power_alt(curves, power=ask.power),
    )
    st.caption(
        f"Each line: the chance that a change of {ask.ratio:g}x is called with a certainty of {ask.certainty:.0%}. Dashed: "
        f"the {ask.power:.0%} asked for. Upright: a sample of {ask.size:,}."
    )
ui.plan_table(plan)
with st.popover("What this assumes", icon=":material/help:"):
    st.markdown(
        "Old and new model answer the same prefixes, and the paired test of the answers that differ decides. How much two "
        "answers to one prefix differ, how prefixes cluster in users and conversations and what share has a clear outcome "
        "come from the newest forecast; without one, half of what the old model shows is taken to be gone in the new one "
        "by chance alone, and prefixes stand alone. A grader's false alarms dilute a change. The Runs page and "
        "`forecast --interim` say when a run's question is answered, so that it can be stopped; `sample --risk` draws "
        "where a rare behaviour is likely."
    )
