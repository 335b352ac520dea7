"""Queue: label responses blind, by keyboard."""

import streamlit as st

from deploysim import ui
from deploysim.roles import Task

label, every, new = st.tabs(
    [ui.LABEL_TAB, ui.ALL_QUEUES_TAB, ui.NEW_QUEUE_TAB], on_change="rerun", key="view", bind="query-params"
)

if label.open:
    with label:
        left, right = st.columns([5, 2], gap="large", vertical_alignment="bottom")
        with left:
            queue = ui.pick_queue()
        who = ui.person(right) if queue else None
        if queue and who is None:
            st.markdown("Write your name to begin. It stands on what you label, and is shown to nobody who labels.")
        elif queue and who and not ui.refused(who, Task.LABEL):
            ui.label_queue(queue, who)

if every.open:
    with every:
        ui.show_queues()

if new.open:
    with new:
        ui.queue_form(ui.person())
