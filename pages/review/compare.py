"""Compare: old and new response to the same prefix, side by side."""

import streamlit as st

from deploysim import render, ui
from deploysim.pipeline.comparing import ANY, load_item

with st.container(horizontal=True):
    about = ui.pick_sample()
    lanes = ui.pick_lanes(about.sample_id)
taxonomy, graders = ui.taxonomy()
comparison = ui.comparison(lanes)
if not comparison.graded():
    ui.offer_grading(lanes)

names = {ANY: "any behaviour"} | {c.id: c.name for c in taxonomy.categories}
with st.container(horizontal=True, vertical_alignment="bottom"):
    category = ui.pick("Category", names, key="category", width=250)
    counts = comparison.counts(category)
    outcome = st.segmented_control(
        "Outcome",
        list(ui.OUTCOME_LABELS),
        format_func=lambda o: f"{ui.OUTCOME_LABELS[o]} {counts[o]:,}",
        required=True,
        wrap=True,
        **ui.linked("outcome", list(ui.OUTCOME_LABELS)),
    )
if category != ANY:
    ui.show_definition(taxonomy.category(category))
ui.tell_left_out()

with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    paging = st.container(width="content")
    different = st.toggle("Different only", key="different", bind="query-params")
    diff = st.toggle("Mark changed words", key="diff", bind="query-params")
ids = comparison.matching(category, outcome or ANY, different=different)
if not ids:
    st.markdown("No prefix passes these filters. Choose another outcome or category.")
    st.stop()
with paging:
    chosen = ui.stepper(ids, key="prefix", noun="prefix")

item = load_item(ui.workspace(), lanes, chosen, taxonomy=taxonomy, graders=graders)
if item is None:
    st.markdown("The sample has no prefix of that id. Choose one with Previous and Next.")
    st.stop()

with st.container(border=True):
    st.caption(f"Shared prefix · {chosen}")
    ui.show_html(render.conversation_html(item.sampled.prefix.messages, item.sampled.spans, keep_last=3))

words = item.diff() if diff else None
if item.unchanged():
    st.markdown(f"**Nothing changed:** the candidate gave the very text of the {lanes.compared_with} lane.")
elif words and words.too_long:
    st.caption("These responses are too long to compare word by word.")
elif words:
    st.caption(f"Words marked: struck out in {lanes.compared_with}, underlined in candidate.")
ui.show_html(render.panels_html(item.panels(words)))
