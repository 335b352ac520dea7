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

ANSWERS = {"up": "▲ up", "down": "▼ down", "": "● not yet"}


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
    with st.container(border=True):
        st.markdown(f"**{plain(seen.sentence())}**")
        if seen.moving():
            _table(seen)
        for note in interim_notes(seen):
            st.caption(plain(note))


def _table(seen: Interim) -> None:
    rows, number = seen.moving(), st.column_config.NumberColumn
    st.dataframe(
        pl.DataFrame(
            {
                "behaviour": [row.name for row in rows],
                "answer": [ANSWERS[row.answered] for row in rows],
                "change per 100k": [change_words(row) for row in rows],
                "appears": [row.regressed for row in rows],
                "disappears": [row.improved for row in rows],
                "pairs": [row.pairs for row in rows],
            }
        ),
        hide_index=True,
        height="content",
        column_config={
            "behaviour": st.column_config.TextColumn(width=225, pinned=True),
            "answer": st.column_config.TextColumn(
                width=75, help="Up or down once the interval of the change leaves 0; then the run may be stopped."
            ),
            "change per 100k": st.column_config.TextColumn(
                width=145,
                help=f"{seen.level:.0%} interval of the candidate's rate less that of what it is compared with.",
            ),
            "appears": number(format="localized", help="Pairs in which only the candidate shows it."),
            "disappears": number(format="localized", help="Pairs in which the candidate no longer shows it."),
            "pairs": number(format="localized", help="Prefixes in complete blocks with a clear outcome on both sides."),
        },
        alt="What the complete blocks say of each behaviour in which some pair differs.",
    )
