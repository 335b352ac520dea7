"""Trajectories: what agents did step by step beside what the log did, and who answered their tools."""

import streamlit as st

from deploysim import render, ui
from deploysim.store.sample_prefixes import get_prefix

with st.container(horizontal=True):
    about = ui.pick_sample()
    lanes = ui.pick_lanes(about.sample_id)
agents = ui.agents_of(lanes)
ui.show_totals(agents)
with st.expander("Behaviours of agents", icon=":material/rule:"):
    ui.show_agent_rates(lanes, about.unit)

chosen = ui.narrowed(agents)
if not chosen:
    st.markdown("No rollout is of this kind. Choose another above.")
    st.stop()
prefix = ui.stepper(chosen, key="trajectory", noun="rollout")
sampled = get_prefix(ui.workspace(), about.sample_id, prefix)
if sampled is None:
    st.markdown("The sample has no prefix of that id. Choose one with Previous and Next.")
    st.stop()
with st.container(border=True):
    st.caption(f"Shared prefix · {prefix}")
    ui.show_html(render.conversation_html(sampled.prefix.messages, sampled.spans, keep_last=1))
ui.show_trajectory(lanes, prefix)
