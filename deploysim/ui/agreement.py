"""Agreement on a page: how far people agree with each other, and graders with people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import streamlit as st

from deploysim import charts
from deploysim.calibration_words import agreement_words
from deploysim.pipeline.agreement import (
    CategoryAgreement,
    by_category,
    by_pair,
    can_weigh,
    grader_matrix,
    people_matrix,
    summary,
    verdicts_for,
)
from deploysim.pipeline.truth import RESPONSE
from deploysim.stats.agreement import Agreement
from deploysim.store.labels import labels, labels_version
from deploysim.store.queues import Queue, list_queues
from deploysim.store.workspace import Workspace
from deploysim.ui.blocks import empty_state, ink
from deploysim.ui.data import version, workspace
from deploysim.ui.definitions import show_definitions, taxonomy
from deploysim.ui.links import pick
from deploysim.ui.navigation import QUEUE
from deploysim.wording import counted

ALL = "all"


def pick_labels() -> tuple[pl.DataFrame, list[Queue]]:
    """Let the reader pick a queue, and return its labels, or those of all queues."""
    queues = list_queues(workspace())
    found = _labels(str(workspace().root), labels_version(workspace()))
    if found.is_empty():
        empty_state(
            "Nothing has been labelled yet. Agreement is told from responses that two or more people have labelled, "
            "and a grader is measured against people.",
            command="python -m deploysim queue --rule audit --size 200 --per-item 2",
            page=QUEUE,
            label="Label a queue",
        )
    titles = {ALL: "all queues"} | {q.queue_id: f"{q.title} · {q.queue_id[:6]}" for q in queues}
    chosen = pick("Labels of", titles, key="labels_of", width=420)
    if chosen == ALL:
        return found, queues
    mine = found.filter(pl.col("queue") == chosen)
    # What was settled in another queue counts for the responses of this one.
    elsewhere = found.filter(pl.col("adjudicates"), pl.col("queue") != chosen).join(mine, on=RESPONSE, how="semi")
    return pl.concat([mine, elsewhere]), queues


@st.cache_resource(max_entries=2, show_spinner=False)
def _labels(root: str, changed: str) -> pl.DataFrame:
    return labels(Workspace(Path(root)))


@st.cache_resource(max_entries=4, show_spinner="Comparing with the graders …")
def _verdicts(root: str, changed: object, _found: pl.DataFrame, _queues: Sequence[Queue]) -> pl.DataFrame:
    return verdicts_for(Workspace(Path(root)), _found, _queues, taxonomy()[1])


@st.cache_data(max_entries=8, show_spinner="Estimating agreement …")
def _rows(changed: object, weigh: bool, _found: pl.DataFrame, _verdicts: pl.DataFrame) -> list[CategoryAgreement]:
    return by_category(_found, _verdicts, weigh=weigh)


def show_agreement(found: pl.DataFrame, queues: Sequence[Queue]) -> pl.DataFrame:
    """Show agreement per category, and return what the graders say of the labelled responses."""
    here = workspace()
    graded = version(*[here.grades / grader.fingerprint for grader in taxonomy()[1]])
    changed = (labels_version(here), graded, tuple(sorted(found["queue"].unique())))
    verdicts = _verdicts(str(here.root), changed, found, queues)
    _headline(found)
    weigh = can_weigh(found) and st.toggle(
        "Weigh to all responses",
        key="agreement_weigh",
        persist_state="session",
        help="Each response counts by the inverse of the probability with which its queue drew it.",
    )
    rows = _rows(changed, weigh, found, verdicts)
    names = {c.id: c.name for c in taxonomy()[0].categories}
    points = _points(rows, names)
    if points.height:
        st.altair_chart(
            charts.agreement_chart(points, ink=ink()),
            width="stretch",
            alt=charts.agreement_alt(points),
            key="agreement",
        )
    _table(rows, names)
    with st.container(horizontal=True, gap="small"):
        _help(weigh)
        show_definitions([row.category for row in rows], title="What behaviours mean", key="agreement")
    return verdicts


def _headline(found: pl.DataFrame) -> None:
    told = summary(found)
    open_ones = counted(told.open, "disagreement is", "disagreements are") if told.open else "No disagreement is"
    settled = f", {told.settled:,} settled" if told.settled else ""
    st.markdown(
        f"**{counted(told.labels, 'label')} by {counted(len(told.people), 'person', 'people')} on "
        f"{counted(told.responses, 'response')}.** {open_ones} open{settled}."
    )


def _points(rows: Sequence[CategoryAgreement], names: dict[str, str]) -> pl.DataFrame:
    points = [
        (names.get(row.category, row.category), who, found.value, found.interval.low, found.interval.high, found.items)
        for row in rows
        for who, found in (("people", row.people), ("grader and people", row.graders))
        if found.value is not None and found.interval is not None
    ]
    return pl.DataFrame(points, schema=["name", "who", "value", "low", "high", "n"], orient="row")


def _table(rows: Sequence[CategoryAgreement], names: dict[str, str]) -> None:
    st.dataframe(
        pl.DataFrame(
            [
                {
                    "category": names.get(row.category, row.category),
                    "labelled": row.responses,
                    "by two": row.twice,
                    "open": row.open,
                    "alpha, people": agreement_words(row.people),
                    "agree": _share(row.people),
                    "kappa, grader": agreement_words(row.graders),
                    "agree ": _share(row.graders),
                }
                for row in rows
            ]
        ),
        hide_index=True,
        height="content",
        column_config={
            "category": st.column_config.TextColumn(pinned=True),
            "labelled": st.column_config.NumberColumn(help="Responses that people labelled.", width=70),
            "by two": st.column_config.NumberColumn(help="Responses that two or more people labelled.", width=60),
            "open": st.column_config.NumberColumn(help="Disagreements that nobody has settled.", width=55),
            "alpha, people": st.column_config.TextColumn(help="Krippendorff's alpha of all who labelled."),
            "agree": st.column_config.TextColumn(help="How often two labels of one response say the same."),
            "agree ": st.column_config.TextColumn(help="How often the grader says what people say."),
            "kappa, grader": st.column_config.TextColumn(help="Cohen's kappa of the grader and the people."),
        },
        alt="Agreement of every category in numbers.",
    )


def _share(found: Agreement) -> str:
    return "" if found.observed is None else f"{found.observed:.0%} of {found.items:,}"


def _help(weigh: bool) -> None:
    drawn = "All responses that the queue was drawn from" if weigh else "The labelled responses as they are"
    with st.popover("How to read this", icon=":material/help:"):
        st.markdown(
            "**Alpha** (Krippendorff) and **kappa** (Cohen) are agreement beyond chance: 1 is perfect, 0 is what "
            "labelling by chance in the same proportions would give. From 0.8 labels are usually relied on, below "
            "0.67 they are not. In brackets stands the interval that holds the value with probability 95 %; responses "
            "of one conversation count as one cluster. Unsure and not comparable count as words of their own. Where "
            "everybody says the same word everywhere, neither is defined: n/a.\n\nA grader is measured against what "
            "people's labels come to: the last word of whoever settled a disagreement, else what all said, else "
            f"nothing. {drawn} are looked at."
        )


def show_matrices(found: pl.DataFrame, verdicts: pl.DataFrame) -> None:
    """Show people against people and graders against people, as counts."""
    pairs = by_pair(found)
    both = st.container(horizontal=True, gap="large")
    with both.container(width=470):
        st.subheader("People against people", anchor=False)
        if pairs:
            options = {
                f"{i}": f"{p.first} and {p.second} · kappa {agreement_words(p.kappa)}" for i, p in enumerate(pairs)
            }
            chosen = pairs[int(st.selectbox("Two people", list(options), format_func=lambda i: options[i], key="pair"))]
            _matrix(people_matrix(found, chosen.first, chosen.second), chosen.first, chosen.second)
        else:
            st.markdown("No response has been labelled by two people yet.")
    with both.container(width=470):
        st.subheader("Graders against people", anchor=False)
        names = {c.id: c.name for c in taxonomy()[0].categories}
        there = found["category"].unique(maintain_order=True).to_list()
        category = st.selectbox(
            "Category", [ALL, *there], format_func=lambda c: names.get(c, "all categories"), key="matrix_category"
        )
        part = found if category == ALL else found.filter(pl.col("category") == category)
        _matrix(grader_matrix(part, verdicts), "grader", "people")


def _matrix(rows: pl.DataFrame, first: str, second: str) -> None:
    st.dataframe(
        rows.rename({"": f"{first} ↓  {second} →"}),
        hide_index=True,
        height="content",
        alt=f"Responses by what {first} said, in rows, and by what {second} said, in columns.",
    )
