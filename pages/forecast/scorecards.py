"""Scorecards: how earlier forecasts did once the model was released."""

import streamlit as st

from deploysim import ui
from deploysim.forecast.score_words import headline
from deploysim.pipeline.forecasting import all_forecasts

ui.tell_broken()
saved = ui.pick_scorecard()

st.subheader(f"{headline(saved.scorecard)}.", anchor=False)
st.caption(ui.about_scorecard(saved.scorecard))
ui.show_scorecard(saved)
forecasts = all_forecasts(ui.workspace())
ui.show_track_record(forecasts[0] if forecasts else None)
