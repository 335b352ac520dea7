"""Shifts: which behaviours move with the new model, by how much, how sure."""

import streamlit as st

from deploysim import charts, ui
from deploysim.forecast.words import sentence
from deploysim.tables import shift_rows, unseen_sentence

saved = ui.pick_forecast()
forecast = saved.forecast
rows = shift_rows(forecast)
seen = rows.filter(rows["ratio"].is_not_null())

st.subheader(sentence(forecast), anchor=False)
st.caption(ui.about_forecast(saved))
ui.tell_registered(saved)
ui.tell_erased(saved)
ui.tell_labels(saved)

state = st.altair_chart(
    charts.shift_chart(seen, material_ratio=forecast.material_ratio, ink=ui.ink()),
    width="stretch",
    alt=charts.shift_alt(seen),
    on_select="rerun",
    selection_mode=charts.PICKED,
    key="shifts_chart",
)
st.caption(unseen_sentence(rows))
picked = [point["category"] for point in state["selection"].get(charts.PICKED, [])]
if picked:
    ui.open_compare(saved.lanes(), picked[0])
with st.container(horizontal=True, vertical_alignment="bottom"):
    names = dict(rows.select("category", "name").iter_rows())
    category = st.selectbox(
        "Examples of", list(names), format_func=lambda c: names[c], key="shifts_examples", width=280
    )
    for outcome in ("regressed", "improved"):
        st.page_link(
            ui.COMPARE,
            label=f"Read the {outcome} ones",
            icon=":material/arrow_forward:",
            query_params=ui.compare_link(saved.lanes(), category, outcome),
        )
    ui.show_definitions(names, title="What behaviours mean", key="shifts")

ui.forecast_help(forecast)
ui.forecast_table(rows, saved.forecast_id)
ui.category_notes(forecast)
