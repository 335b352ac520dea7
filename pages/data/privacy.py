"""Privacy: which personal data was replaced, by type and in place."""

import streamlit as st

from deploysim import charts, render, ui
from deploysim.store.conversations import conversations_with_entity, get_conversation, replaced_counts

PAGE_SIZE = 200

workspace = ui.workspace()
counts = replaced_counts(workspace)
imports = ui.imports()
if not imports:
    ui.empty_state(
        "Nothing has been imported, so nothing has been scrubbed.",
        command="python -m deploysim import conversations.jsonl",
        page=ui.HOME,
        label="See the steps on the Overview page",
    )

total = int(counts["spans"].sum())
read = sum(record.conversations for record in imports)
st.markdown(
    f"**{ui.counted(total, 'stretch', 'stretches')} of personal data replaced in {ui.counted(read, 'conversation')}.** "
    "The originals are not kept anywhere, so this page can show what stands in their place, and cannot show "
    "before and after."
)
modes = sorted({record.scrubbing for record in imports})
left_out = sum(record.excluded.get("could not be scrubbed", 0) for record in imports)
st.caption(f"Scrubbing: {', '.join(modes)}. {ui.counted(left_out, 'conversation')} left out because scrubbing failed.")

left, right = st.columns([2, 5], gap="large")
with left:
    st.subheader("By type")
    if counts.height:
        st.altair_chart(
            charts.counts_chart(counts, label="entity", value="spans", ink=ui.ink()),
            width="stretch",
            alt=charts.counts_alt(counts, label="entity", value="spans"),
            key="privacy_counts",
        )
    else:
        st.markdown("No personal data was found in these conversations.")
with right:
    st.subheader("In place")
    entity = st.selectbox(
        "Show conversations with",
        ["any type", *counts["entity"].to_list()],
        key="entity",
        bind="query-params",
    )
    wanted = None if entity == "any type" else entity
    page = conversations_with_entity(workspace, wanted, offset=0, limit=PAGE_SIZE)
    if page.total == 0:
        st.markdown("No conversation holds a replaced stretch.")
    else:
        if page.total > PAGE_SIZE:
            st.caption(f"The first {PAGE_SIZE} of {page.total:,} conversations.")
        chosen = ui.stepper(page.rows["conversation_id"].to_list(), key="conversation", noun="conversation")
        conversation = get_conversation(workspace, chosen)
        ui.show_html(render.conversation_html(conversation.messages, conversation.spans))
