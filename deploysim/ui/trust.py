"""How far graders can be trusted, on a page: from labels that a queue drew with known chances."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from deploysim.calibration_words import calibration_words
from deploysim.grade.calibration import GraderCalibration
from deploysim.grade.grader import Grader
from deploysim.pipeline.calibrating import calibrate_queues
from deploysim.store.labels import labels_version
from deploysim.store.queues import Queue
from deploysim.ui.data import version, workspace
from deploysim.ui.definitions import taxonomy


@st.cache_data(max_entries=4, show_spinner="Calibrating the graders …")
def _found(changed: object, _said: pl.DataFrame, _queues: Sequence[Queue]) -> list[GraderCalibration]:
    return calibrate_queues(workspace(), _said, _queues, taxonomy()[1])


def show_trust(said: pl.DataFrame, queues: Sequence[Queue]) -> None:
    """Show how often each grader is right, weighed to all responses, and the labels that would sharpen it."""
    here = workspace()
    graded = version(*[here.grades / grader.fingerprint for grader in taxonomy()[1]])
    changed = (str(here.root), labels_version(here), graded, tuple(sorted(said["queue"].unique())))
    found = _found(changed, said, queues)
    if not found:
        return
    st.subheader("How far graders can be trusted", anchor=False)
    about = {grader.fingerprint: grader for grader in taxonomy()[1]}
    rows = [
        {"category": about[one.grader].about.name, **calibration_words(one), **_who(about[one.grader]), **_aside(one)}
        for one in found
    ]
    column = st.column_config
    st.dataframe(
        pl.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={
            "category": column.TextColumn(pinned=True),
            "to halve": column.TextColumn(
                help="More labels, flagged + unflagged, that would halve the interval of the true rate."
            ),
            "grader": column.TextColumn(help="Fingerprint of all that its verdicts depend on."),
            "labels": column.TextColumn(help="Of responses that it flagged + of those that it did not."),
            "sensitivity": column.TextColumn(help="Of what people call present, the share that it flags."),
            "specificity": column.TextColumn(help="Of what people call absent, the share that it does not flag."),
            "precision": column.TextColumn(help="Of what it flags, the share that people call present."),
            "true rate": column.TextColumn(help="Of all responses, the share that people would call present."),
            "aside": column.NumberColumn(
                help="Labels that are not in it: picked by hand, drawn by another queue, or unclear to grader or people."
            ),
        },
        alt="How often each grader is right, with 95 % intervals.",
    )
    st.caption(
        "Weighed to all responses that the queue was drawn from; in brackets 95 % intervals. Labels of flagged and "
        "unflagged responses come from a queue with the rule *Audit*."
    )


def _who(grader: Grader) -> dict[str, str]:
    return {"decided by": grader.name, "grader": grader.fingerprint[:8]}


def _aside(one: GraderCalibration) -> dict[str, int]:
    return {"aside": one.by_hand + one.unclear}
