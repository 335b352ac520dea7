"""Compare: old and new response to the same prefix, side by side."""

import streamlit as st

from deploysim import render, ui
from deploysim.pipeline.compared_item import load_item

with st.container(horizontal=True):
    about = ui.pick_sample()
    lanes = ui.pick_lanes(about.sample_id)
taxonomy, graders = ui.taxonomy()
comparison = ui.comparison(lanes)
if not comparison.graded():
    ui.offer_grading(lanes)

behaviours = st.container()
chosen = ui.choose_prefixes(comparison, lanes, taxonomy)
with behaviours:
    ui.about_behaviours(chosen.filters.category)
if not chosen.ids:
    st.markdown("No prefix passes these filters. Choose another outcome or category, or clear the other filters.")
    st.stop()
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    with st.container(width="content"):
        prefix = ui.stepper(chosen.ids, key="prefix", noun="prefix")
    ui.compare_tools(lanes, comparison, chosen, prefix)

item = load_item(ui.workspace(), lanes, prefix, taxonomy=taxonomy, graders=graders)
if item is None:
    st.markdown("The sample has no prefix of that id. Choose one with Previous and Next.")
    st.stop()

with st.container(border=True):
    st.caption(f"Shared prefix · {prefix}")
    ui.show_html(render.conversation_html(item.sampled.prefix.messages, item.sampled.spans, keep_last=3))
ui.show_notes(prefix)

diff = item.diff(by_line=chosen.diff == "lines") if chosen.diff != "none" else None
if item.unchanged():
    st.markdown(f"**Nothing changed:** the candidate gave the very text of the {lanes.compared_with} lane.")
elif diff:
    coarse = " Long stretches are marked whole." if diff.coarse else ""
    st.caption(f"Marked: struck out in {lanes.compared_with}, underlined in candidate.{coarse}")
ui.show_html(render.panels_html(item.panels(diff)))
if item.sampled.prefix.followed_by:
    st.caption("All steps of the agents; above stands the last response of each.")
    ui.show_trajectory(lanes, prefix)
