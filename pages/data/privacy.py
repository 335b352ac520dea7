"""Privacy: is the scrubbing good enough to look at, what was replaced, what is withheld."""

import streamlit as st

from deploysim import charts, render, ui
from deploysim.store.conversations import conversations_with_entity, get_conversation, replaced_counts

PAGE_SIZE = 200

imports = ui.imports()
if not imports:
    ui.empty_state(
        "Nothing has been imported, so nothing has been scrubbed.",
        command="python -m deploysim import conversations.jsonl",
        page=ui.IMPORT,
        label="Import a log",
    )

checked, replaced, withheld = st.tabs(
    ["Spot-check", "What was replaced", "Withheld"], on_change="rerun", key="view", bind="query-params"
)

if checked.open:
    with checked:
        ui.spot_check()
        with st.expander("What reading found so far"):
            ui.show_findings()

if replaced.open:
    with replaced:
        ui.show_policies(imports)
        workspace = ui.workspace()
        counts = replaced_counts(workspace)
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

if withheld.open:
    with withheld:
        ui.show_withheld()
