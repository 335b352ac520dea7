"""A run's settings on a page, beside those of another run."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from deploysim.pipeline.run_settings import Setting, settings_of
from deploysim.store.runs import RunRecord
from deploysim.wording import counted

ALONE = "none"


def show_settings(run: RunRecord, runs: Sequence[RunRecord]) -> None:
    """Show a run's settings, and how they differ from those of a run that the reader picks."""
    others = {other.run_id: other for other in runs if other.run_id != run.run_id}
    chosen = st.selectbox(
        "Differences from",
        [ALONE, *others],
        format_func=lambda i: _label(others[i]) if i in others else "no other run",
        key=f"settings_of_{run.run_id}",
        width=420,
    )
    other = others.get(chosen)
    rows = settings_of(run, other)
    if other is None:
        _table(rows)
        return
    differing = [row for row in rows if row.differs]
    if differing:
        _table(differing)
    else:
        st.markdown("The two runs have the same settings.")
    with st.expander(f"{counted(len(rows) - len(differing), 'setting')} are the same"):
        _table([row for row in rows if not row.differs], both=False)


def _label(run: RunRecord) -> str:
    return f"{run.lane} · {run.name} · {run.created_at[:16].replace('T', ' ')} · {run.run_id[:6]}"


def _table(rows: Sequence[Setting], *, both: bool = True) -> None:
    columns = {"setting": [row.name for row in rows], "this run": [row.value for row in rows]}
    if both and any(row.other is not None for row in rows):
        columns["the other"] = [row.other or "" for row in rows]
    st.dataframe(pl.DataFrame(columns), hide_index=True, height="content", alt="Settings of the run.")
