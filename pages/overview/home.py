"""Overview: what is in this workspace and what is the next step."""

import streamlit as st

from deploysim import ui
from deploysim.pipeline.overview import overview

state = overview(ui.workspace())
st.markdown(f"**{state.headline}**")
if state.next_step:
    st.page_link(ui.STEP_PAGES[state.next_step], label=state.next_label, icon=":material/arrow_forward:")
if state.next_command:
    st.code(state.next_command, language="bash")

st.subheader("The way from conversations to a forecast")
for step in state.steps:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/{'check_circle' if step.done else 'radio_button_unchecked'}:", width=30)
        st.page_link(ui.STEP_PAGES[step.name], label=step.name, width=150)
        st.markdown(step.says)

with st.popover("How it works", icon=":material/help:"):
    st.markdown(
        "Recent conversations of the model in production are scrubbed of personal data and cut just before an "
        "assistant response. The same model answers each prefix again (**baseline** lane), and so does the new one "
        "(**candidate** lane). All lanes are graded by the same frozen graders. What differs between baseline and "
        "candidate moves the **recorded** rate, and that is the forecast."
    )
