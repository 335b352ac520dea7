"""Conversations: what was imported, what was left out, which prefixes were drawn."""

import streamlit as st

from deploysim import render, ui
from deploysim.store.conversations import ConversationFilter, get_conversation

PAGE_SIZE = 50

if not ui.imports() and not ui.samples():
    st.markdown("No conversations here yet. Import a log: chats of any usual format, or any flat table.")
    st.page_link(ui.IMPORT, label="Import a log", icon=":material/arrow_forward:")
    st.code(
        "python -m deploysim import conversations.jsonl\n"
        "python -m deploysim import answers.parquet --map user=prompt,assistant=response,id=prompt_id",
        language="bash",
    )
    ui.load_form()
    st.stop()

listed, imported, sampled = st.tabs(
    ["Conversations", "Imports", "Samples"], key="data", bind="query-params", on_change="rerun"
)

if listed.open:
    with listed:
        counts = ui.models_and_languages()
        with st.container(horizontal=True):
            models = st.multiselect(
                "Model", counts["model"].drop_nulls().unique().sort().to_list(), key="models", bind="query-params"
            )
            languages = st.multiselect(
                "Language",
                counts["language"].drop_nulls().unique().sort().to_list(),
                key="languages",
                bind="query-params",
            )
            words = st.text_input("Words in any message", key="conversations_words", placeholder="any")
        wanted = ConversationFilter(models=tuple(models), languages=tuple(languages), text=words or "")
        first = ui.conversations(wanted, offset=0, limit=PAGE_SIZE)
        total = first.total
        if total == 0 and not ui.imports():
            st.markdown("Nothing was imported here; the samples came as files. Compare shows their conversations.")
            st.stop()
        if total == 0:
            st.markdown("No conversation passes these filters. Remove one to see more.")
            st.stop()
        st.caption(ui.counted(total, "conversation"))
        pages = -(-total // PAGE_SIZE)
        page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
        rows = ui.conversations(wanted, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE).rows
        picked = ui.conversation_table(rows)
        chosen = picked or st.query_params.get("conversation") or rows["conversation_id"][0]
        ui.put_in_link("conversation", chosen)
        conversation = get_conversation(ui.workspace(), chosen)
        st.subheader("Conversation")
        st.caption(ui.about_conversation(conversation))
        ui.show_html(render.conversation_html(conversation.messages, conversation.spans))

if imported.open:
    with imported:
        for record in ui.imports():
            ui.show_import(record)
        if not ui.imports():
            st.markdown("Nothing was imported into this workspace; its samples came as files.")

if sampled.open:
    with sampled:
        for about in ui.samples():
            ui.show_sample(about)
        draw, load = st.columns(2, gap="large")
        with draw:
            ui.draw_form()
        with load:
            ui.load_form()
