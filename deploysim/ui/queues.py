"""Queues on a page: picking one, seeing how far each is, and making a new one."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from deploysim.errors import InputError
from deploysim.pipeline.choosing import RULES
from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.pipeline.reviewing import queue_standing
from deploysim.roles import Task
from deploysim.store.queues import Mode, Queue, list_queues
from deploysim.ui.blocks import plain, show_error
from deploysim.ui.comparison import pick_lanes
from deploysim.ui.data import pick_sample, workspace
from deploysim.ui.definitions import show_definitions, spell_out, taxonomy
from deploysim.ui.links import pick, put_in_link
from deploysim.ui.navigation import QUEUE
from deploysim.ui.people import Person, refused
from deploysim.wording import counted

LINK = "queue"
"""Parameter of the link that holds the id of the queue."""
LABEL, ALL, NEW = "Label", "All queues", "New queue"
"""Tabs of the page."""
MODES: dict[Mode, str] = {
    "single": "One response at a time",
    "pair": "Old against new, side by side",
    "adjudication": "Settling disagreements",
}


def pick_queue() -> Queue | None:
    """Let the reader pick a queue; it stands in the link. None where there is none yet."""
    found = {queue.queue_id: queue for queue in list_queues(workspace())}
    if not found:
        st.markdown(
            "There is no queue yet. A queue is a draw of responses to label: blind, by a rule, with the chance of each "
            "kept, so that what people say can be weighed."
        )
        st.page_link(QUEUE, label="Make a queue", icon=":material/add:", query_params={"view": NEW})
        st.code("python -m deploysim queue --rule audit --size 200", language="bash")
        return None
    labels = {key: f"{queue.title} · {len(queue.items):,} · {key[:6]}" for key, queue in found.items()}
    return found[pick("Queue", labels, key=LINK)]


def show_queues() -> None:
    """List all queues with what they were drawn from and how far they are."""
    queues = list_queues(workspace())
    if not queues:
        st.markdown("There is no queue yet.")
        return
    st.dataframe(
        pl.DataFrame([_row(queue) for queue in queues]),
        hide_index=True,
        height="content",
        alt="All queues: how far each is and how it was drawn.",
    )
    st.subheader("How they were drawn")
    for queue in queues:
        with st.expander(f"{plain(queue.title)} · {queue.queue_id[:6]}"):
            st.markdown(
                f"{MODES[queue.mode]}. {plain(RULES.get(queue.rule, queue.rule))}.  \nSeed {queue.seed}, made by "  # type: ignore[call-overload]
                f"{plain(queue.created_by)} on {queue.created_at[:10]}, sample {queue.sample_id}."
            )
            if queue.strata:
                st.dataframe(
                    pl.DataFrame([(s.name, s.size, s.drawn) for s in queue.strata], orient="row", schema=_STRATA),
                    hide_index=True,
                    height="content",
                    alt="The parts that the queue was drawn from.",
                )
            if queue.instructions:
                st.text(queue.instructions)


_STRATA = {"part": pl.String, "responses": pl.Int64, "drawn": pl.Int64}


def _row(queue: Queue) -> dict[str, object]:
    state = queue_standing(workspace(), queue).progress("")
    people = ", ".join(f"{name} {count:,}" for name, count in state.by_reviewer.items())
    return {
        "queue": queue.title,
        "id": queue.queue_id[:6],
        "done": f"{state.complete:,} of {state.items:,}",
        "reviewers each": queue.per_item,
        "labelled by": people or "nobody yet",
        "made by": queue.created_by,
        "on": queue.created_at[:10],
    }


def queue_form(who: Person | None) -> None:
    """Offer to draw a new queue."""
    if who is None:
        st.markdown("Write your name first: it stands on the queue.")
        return
    if refused(who, Task.MAKE_QUEUES):
        return
    with st.container(horizontal=True):
        about = pick_sample()
        lanes = pick_lanes(about.sample_id)
    # Outside the form: what the chosen ones mean is shown at once.
    categories = _pick_categories()
    with st.form("queue", border=False):
        rule = st.radio("Which responses", list(RULES), format_func=lambda r: RULES[r], key="queue_rule")
        drawn: list[Mode] = ["single", "pair"]
        mode = st.radio("How they are shown", drawn, format_func=lambda m: MODES[m], key="queue_mode")
        columns = st.columns(4)
        size = columns[0].number_input("Responses", 1, 100_000, 60, key="queue_size")
        per_item = columns[1].number_input("Reviewers each", 1, 20, 1, key="queue_per_item")
        seed = columns[2].number_input("Seed", 0, None, 0, key="queue_seed")
        reviewers = columns[3].text_input(
            "Assigned to", key="queue_reviewers", placeholder="whoever comes", help="Names, with commas between them."
        )
        title = st.text_input(
            "Title", key="queue_title", placeholder="made from the rule; reviewers see it, so name no model"
        )
        instructions = st.text_area(
            "Instructions", key="queue_instructions", placeholder="shown above every item", height=90
        )
        with_recorded = st.checkbox("Draw from the log's responses too", key="queue_recorded")
        if st.form_submit_button("Draw the queue", type="primary", icon=":material/add:"):
            spec = QueueSpec(
                lanes,
                rule=rule,
                mode=mode,
                categories=tuple(categories),
                size=int(size),
                seed=int(seed),
                per_item=int(per_item),
                reviewers=tuple(name.strip() for name in (reviewers or "").split(",") if name.strip()),
                instructions=instructions or "",
                title=title or "",
                with_recorded=with_recorded,
            )
            _draw(spec, who)


def _pick_categories() -> list[str]:
    """Let the reader choose what is asked, and show what counts as each and what does not."""
    names = {category.id: category.name for category in taxonomy()[0].categories}
    chosen = st.multiselect(
        "Categories", list(names), format_func=lambda c: names[c], key="queue_categories", placeholder="all"
    )
    if chosen:
        spell_out(chosen)
    else:
        show_definitions(names, title="What behaviours mean", key="queue_all")
    return chosen


def _draw(spec: QueueSpec, who: Person) -> None:
    found, graders = taxonomy()
    try:
        queue = create_queue(workspace(), spec, found, graders, by=who.name, now=datetime.now(UTC))
    except InputError as error:
        show_error(error)
        return
    put_in_link(LINK, queue.queue_id)
    st.success(f"{counted(len(queue.items), 'item')} drawn: {plain(queue.title)}.", icon=":material/check_circle:")
    st.page_link(QUEUE, label="Label it", icon=":material/arrow_forward:", query_params={LINK: queue.queue_id})
