"""Is the question answered already? A look at a candidate that has not ended, on the Runs page."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from deploysim.errors import InputError
from deploysim.pipeline.interim import Interim, begun_lanes, change_words, interim_notes, look
from deploysim.store.runs import RunRecord
from deploysim.types import Lane
from deploysim.ui.blocks import plain, show_error
from deploysim.ui.data import workspace
from deploysim.ui.definitions import taxonomy


def offer_look(run: RunRecord) -> None:
    """Offer to compare what a candidate has answered so far, and show what was seen last."""
    if run.lane != Lane.CANDIDATE or run.block is None:
        return
    st.button(
        "Is it answered yet?",
        key=f"look_{run.run_id}",
        icon=":material/query_stats:",
        help="Compares the complete blocks with the baseline, or with the log where there is none. Look as often as you "
        "like: the intervals hold at all looks together.",
        on_click=_look,
        args=(run,),
    )
    seen = st.session_state.get(_place(run))
    if isinstance(seen, InputError):
        show_error(seen)
    elif seen is not None:
        _show(seen)


def _place(run: RunRecord) -> str:
    return f"interim_{run.run_id}"


def _look(run: RunRecord) -> None:
    lanes = replace(begun_lanes(workspace(), run.sample_id), candidate=run.run_id)
    try:
        st.session_state[_place(run)] = look(workspace(), lanes, taxonomy()[1])
    except InputError as error:
        st.session_state[_place(run)] = error


def _show(seen: Interim) -> None:
    st.markdown(plain(seen.sentence()))
    st.dataframe(
        pl.DataFrame(
            {
                "behaviour": [row.name for row in seen.rows],
                "answer": [row.answered or "not yet" for row in seen.rows],
                "change per 100k": [change_words(row) for row in seen.rows],
                "regressed": [row.regressed for row in seen.rows],
                "improved": [row.improved for row in seen.rows],
                "pairs": [row.pairs for row in seen.rows],
            }
        ),
        hide_index=True,
        height="content",
        alt="What the complete blocks say of each behaviour.",
    )
    for note in interim_notes(seen):
        st.caption(plain(note))
