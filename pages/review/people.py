"""People: who labels, who may do what, and who did what."""

import streamlit as st

from deploysim import ui

left, right = st.columns([5, 2], gap="large", vertical_alignment="bottom")
with left:
    st.subheader("Who labelled how much", anchor=False)
who = ui.person(right)
ui.show_work()

st.subheader("Who may do what", anchor=False)
ui.show_roles()
with st.expander("What each role may do"):
    ui.show_rights()

st.subheader("Who did what", anchor=False)
ui.show_trail(who)
