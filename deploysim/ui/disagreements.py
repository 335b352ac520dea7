"""The responses on which people, or people and graders, disagree: to read, and to settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from deploysim.errors import InputError
from deploysim.pipeline.agreement import disagreements
from deploysim.pipeline.blind import blind_items
from deploysim.pipeline.settling import settling_queue
from deploysim.pipeline.truth import SETTLED
from deploysim.render import Badge, Panel, conversation_html, panels_html
from deploysim.roles import Task
from deploysim.store.queues import Queue, queue_item
from deploysim.ui.blocks import plain, show_error, show_html, stepper
from deploysim.ui.data import workspace
from deploysim.ui.definitions import show_definition, taxonomy
from deploysim.ui.links import linked, put_in_link
from deploysim.ui.navigation import QUEUE
from deploysim.ui.people import person, refused

PEOPLE, GRADER = "people", "grader"
SAYS = "agreement_says"


def show_disagreements(found: pl.DataFrame, verdicts: pl.DataFrame, queues: Sequence[Queue]) -> None:
    """Show the responses that people, or people and the grader, disagree on, and offer to settle them."""
    st.subheader("Disagreements", anchor=False)
    what = st.segmented_control(
        "Between",
        [PEOPLE, GRADER],
        format_func=lambda w: "people" if w == PEOPLE else "the grader and people",
        required=True,
        **linked("between", [PEOPLE, GRADER]),
    )
    rows = disagreements(found, verdicts, with_graders=what == GRADER)
    if rows.is_empty():
        st.markdown("None: everything that was labelled so far agrees.")
        return
    keys = [f"{r['prefix_id']}|{r['run']}|{r['category']}" for r in rows.iter_rows(named=True)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = stepper(keys, key="disagreement_at", noun="disagreement")
        unsettled = rows.filter(pl.col("how") != SETTLED)
        _offer_settling(unsettled)
        row = rows.row(keys.index(chosen), named=True)
        show_definition(taxonomy()[0].category(row["category"]))
    _settled_message()
    _show_one(row, found, queues)


def _offer_settling(rows: pl.DataFrame) -> None:
    with st.popover(f"Settle {len(rows):,} …", icon=":material/gavel:", disabled=rows.is_empty(), key="settle"):
        who = person()
        if who is None:
            st.caption("Write your name first: it stands on the queue.")
        elif not refused(who, Task.ADJUDICATE):
            st.markdown(
                "Makes a queue in which each is looked at once more, with what was said before but no names. What is "
                "said there decides."
            )
            st.button("Make the queue", type="primary", on_click=_settle, args=(rows, who.name))


def _settle(rows: pl.DataFrame, by: str) -> None:
    try:
        queue = settling_queue(workspace(), rows, taxonomy()[0], by=by, now=datetime.now(UTC))
    except InputError as error:
        st.session_state[SAYS] = error
    else:
        st.session_state[SAYS] = queue.queue_id
        put_in_link("queue", queue.queue_id)


def _settled_message() -> None:
    says = st.session_state.pop(SAYS, None)
    if isinstance(says, InputError):
        show_error(says)
    elif says:
        st.success("The queue is made.", icon=":material/check_circle:")
        st.page_link(QUEUE, label="Settle them", icon=":material/arrow_forward:", query_params={"queue": says})


def _show_one(row: dict[str, object], found: pl.DataFrame, queues: Sequence[Queue]) -> None:
    queue = next((q for q in queues if q.queue_id == row["queue"]), None)
    item = queue_item(str(row["prefix_id"]), [str(row["run"])], seed=0, repeat=row["repeat"])
    shown = blind_items(workspace(), queue, [item]).get(item.item) if queue else None
    names = {c.id: c.name for c in taxonomy()[0].categories}
    verdict = row["verdict"] or "not graded"
    came_to = f"{row['how']}: {row['truth']}" if row["truth"] else "open"
    st.markdown(
        f"**{plain(names.get(str(row['category']), str(row['category'])))}** · people: {plain(str(row['said']))} · "
        f"grader: {verdict} · {came_to}"
    )
    if shown is None:
        st.markdown("The response is not here any more.")
        return
    with st.container(border=True):
        show_html(conversation_html(shown.messages, keep_last=2))
    *steps, last = shown.responses[0]
    if steps:
        st.caption("Steps of the agent")
        show_html(conversation_html(steps))
    panel = Panel(str(row["lane"] or ""), "", last.content, tool_calls=last.tool_calls)
    show_html(panels_html([_with_labels(panel, found, row)]))


def _with_labels(panel: Panel, found: pl.DataFrame, row: dict[str, object]) -> Panel:
    """Return a response with what each person said of it beneath."""
    said = found.filter(*[pl.col(name) == row[name] for name in ("prefix_id", "run", "repeat", "category")])
    badges = tuple(
        Badge(
            "", f"{one['reviewer']}{', settling' if one['adjudicates'] else ''}: {one['label']}", "people", one["note"]
        )
        for one in said.iter_rows(named=True)
    )
    return Panel(panel.lane, panel.heading, panel.text, panel.marks, panel.tool_calls, badges)
