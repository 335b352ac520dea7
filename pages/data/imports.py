"""Import: bring in a log, after seeing how it would be read."""

import streamlit as st

from deploysim import ui

if ui.live_imports():
    st.stop()

log = ui.choose_log()
if log is None:
    ui.earlier_imports()
    st.stop()

st.subheader(ui.plain(log.name))
log = ui.choose_table(log)
if log is None:
    st.markdown("The file is a database with several tables. Choose the one that holds the conversations.")
    st.stop()

seen = ui.look(log)
st.caption(ui.about_log(log, seen.columns))
log = ui.whole_batch(log, seen)
if not seen.detection:
    st.markdown("No known format was recognised. If it is a table, say below which column holds what.")
with st.container(horizontal=True, gap="large"):
    how, result = st.container(width=360), st.container(width="stretch")
with how:
    choices = ui.choose_options(log, seen)
    ui.import_button(log, choices)
with result:
    if choices.options is None:
        st.markdown(choices.missing)
    else:
        ui.show_dry_run(ui.dry_run(log, choices.options), scrubbed=choices.options.scrub)
