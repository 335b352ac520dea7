"""Runs: start a replay, watch it, see what it cost and what failed."""

import streamlit as st

from deploysim import ui

with st.expander("Start a replay", icon=":material/play_circle:", expanded=not ui.has_runs(), key="runs_start"):
    ui.replay_form()
st.subheader("Runs")
ui.live_runs()
