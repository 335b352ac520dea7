"""Shifts: which behaviours move with the new model, by how much, how sure."""

import streamlit as st

from deploysim import ui
from deploysim.forecast.words import leads_sentence, sentence
from deploysim.tables import shift_rows
from deploysim.ui import shifts

with st.container(horizontal=True, vertical_alignment="bottom"):
    saved = ui.pick_forecast()
    other = shifts.pick_other(saved)
forecast = saved.forecast
rows = shift_rows(forecast)
seen = rows.filter(rows["ratio"].is_not_null())

st.subheader(sentence(forecast), anchor=False)
st.caption(ui.about_forecast(saved))
if leads := leads_sentence(forecast):
    st.caption(leads)
ui.tell_registered(saved)
ui.tell_erased(saved)
ui.tell_labels(saved)

if seen.height:
    picked = shifts.show_chart(shifts.pick_group(seen), forecast, other)
    if picked:
        ui.open_compare(saved.lanes(), picked)
with st.container(horizontal=True, vertical_alignment="center"):
    ui.forecast_help(forecast)
    ui.show_definitions(dict(rows.select("category", "name").iter_rows()), title="What behaviours mean", key="shifts")
    shifts.offer_files(rows, saved)
shifts.show_unseen(rows, forecast)

one, numbers, beside, floor, basis = st.tabs(
    ["One behaviour", "All numbers", "Beside another forecast", "Noise floor", "What it rests on"]
)
with one:
    shifts.show_category(saved, rows)
with numbers:
    ui.forecast_table(rows, saved.forecast_id)
with beside:
    shifts.show_beside(saved, other)
with floor:
    shifts.show_floor(rows)
with basis:
    ui.forecast_basis(forecast)
    ui.category_notes(forecast)
