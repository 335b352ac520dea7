"""What became stale since it was made, with the way to make it anew."""

from __future__ import annotations

import streamlit as st

from deploysim.pipeline.forecasting import SavedForecast
from deploysim.pipeline.truth import labels_note
from deploysim.ui.data import workspace
from deploysim.ui.runs import FORECASTING, start_other


def tell_labels(saved: SavedForecast) -> None:
    """Say so where people have labelled responses since a forecast was made, and offer to make it anew."""
    note = labels_note(workspace(), saved.forecast.sample_id, since=saved.forecast.created_at)
    if not note:
        return
    lanes = saved.lanes()
    arguments = ["forecast", "--candidate", str(lanes.candidate), "--baseline", lanes.baseline or "-"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f":material/history: {note} A new forecast takes them in; this one stays as it was made.", width="content"
        )
        st.button(
            "Forecast again",
            icon=":material/refresh:",
            key="shifts_again",
            help="Goes on when this page is closed; the Runs page shows how far it is.",
            on_click=start_other,
            args=(FORECASTING, arguments),
        )
