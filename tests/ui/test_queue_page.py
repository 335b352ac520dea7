"""The Queue page through its widgets: drawing a queue, what the board sends, who may do what."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from makers import NOW
from streamlit.testing.v1 import AppTest
from test_pages import Compared, open_page, text_of

from deploysim.grade.grader import graders_of
from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.store.labels import labels
from deploysim.store.queues import Queue, list_queues
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.ui import QUEUE
from deploysim.ui.labelling import BOARD
from deploysim.ui.people import NAME

TAXONOMY = load_taxonomy()


@pytest.fixture
def here(compared: Compared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The app serves a copy of a workspace that has everything but queues."""
    workspace = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, workspace.root)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(workspace.root))
    return workspace


@pytest.fixture
def queue(here: Workspace, compared: Compared) -> Queue:
    """A queue of six responses."""
    spec = QueueSpec(compared[1], categories=("refusal",), size=6, instructions="Read to the end.")
    return create_queue(here, spec, TAXONOMY, graders_of(TAXONOMY), by="Lea", now=NOW)


def opened(name: str = "Ana") -> AppTest:
    """Open the page as somebody."""
    app = open_page(QUEUE)
    return app.text_input(key=NAME).set_value(name).run()


def board(app: AppTest) -> dict[str, Any]:
    """Return what the board was given."""
    (element,) = app.get("bidi_component")
    found: dict[str, Any] = json.loads(
        element.proto.mixed.json if element.proto.WhichOneof("data") == "mixed" else element.proto.json
    )
    return found


def send(app: AppTest, queue: Queue, *entries: dict[str, Any], reviewer: str = "Ana") -> AppTest:
    """Let the board send what was done, as the browser does."""
    app.session_state[BOARD] = {
        "outbox": {"queue": queue.queue_id, "reviewer": reviewer, "entries": list(entries), "holds": [], "time": 1}
    }
    return app.run()


def decision(item: str, word: str, key: str) -> dict[str, Any]:
    """Return one saved item."""
    return {
        "id": key,
        "kind": "save",
        "item": item,
        "labels": {"refusal": word},
        "severities": {},
        "note": "",
        "seconds": 1.5,
    }


def test_without_a_queue_the_page_says_how_to_make_one(here: Workspace) -> None:
    """A link and a command."""
    app = open_page(QUEUE)

    assert "There is no queue yet" in text_of(app)
    assert "python -m deploysim queue" in app.code[0].value
    assert not app.exception


def test_drawing_a_queue_from_the_page(here: Workspace) -> None:
    """The form draws what it says, under the name of whoever drew it."""
    app = open_page(QUEUE, view="New queue")
    assert "Write your name first" in text_of(app)
    app.text_input(key=NAME).set_value("Lea").run()
    app.radio(key="queue_rule").set_value("audit")
    app.multiselect(key="queue_categories").set_value(["refusal"])
    app.number_input(key="queue_size").set_value(8)
    app.number_input(key="queue_per_item").set_value(2)
    app.text_input(key="queue_reviewers").set_value("Ana, Ben")
    app.text_area(key="queue_instructions").set_value("Be kind.")
    app.form_submit_button[0].click().run()

    (made,) = list_queues(here)
    assert "8 items drawn" in app.success[0].value
    assert (made.rule, made.categories, made.per_item, made.reviewers) == ("audit", ("refusal",), 2, ("Ana", "Ben"))
    assert (made.created_by, made.instructions, len(made.items)) == ("Lea", "Be kind.", 8)


def test_a_new_queue_says_what_its_categories_mean(here: Workspace) -> None:
    """Chosen ones are spelled out, with what counts and what does not; before that, each can be looked up."""
    chosen = [TAXONOMY.category(name) for name in ("refusal", "unfilled_placeholder")]
    app = open_page(QUEUE, view="New queue")
    app.text_input(key=NAME).set_value("Lea").run()
    before = [expander.label for expander in app.expander]
    app.multiselect(key="queue_categories").set_value([category.id for category in chosen]).run()

    assert before == []
    assert [expander.label for expander in app.expander] == [category.name for category in chosen]
    for shown, category in zip(app.expander, chosen, strict=True):
        said = [element.value for element in shown.markdown]
        assert said[0] == category.definition
        assert said[1] == "**Counts**\n" + "\n".join(f"- {line}" for line in category.present_when)
        assert said[2] == "**Does not count**\n" + "\n".join(f"- {line}" for line in category.absent_when)


def test_a_queue_that_cannot_be_drawn_is_explained(here: Workspace) -> None:
    """More reviewers an item than are named."""
    app = open_page(QUEUE, view="New queue")
    app.text_input(key=NAME).set_value("Lea").run()
    app.number_input(key="queue_per_item").set_value(3)
    app.text_input(key="queue_reviewers").set_value("Ana")
    app.form_submit_button[0].click().run()

    assert "1 reviewers are named" in text_of(app)
    assert list_queues(here) == []


def test_the_board_gets_the_next_items_and_what_they_are_asked(queue: Queue) -> None:
    """The items in their order, the definition, the instructions; what was sent is kept and acknowledged."""
    app = opened()
    given = board(app)
    assert [item["item"] for item in given["items"]] == [item.item for item in queue.items[:4]]
    assert given["categories"]["refusal"]["present"] == list(TAXONOMY.category("refusal").present_when)
    assert (given["instructions"], given["progress"], given["kept"]) == ("Read to the end.", "0 of 6 done", [])

    first, second = queue.items[0].item, queue.items[1].item
    given = board(send(app, queue, decision(first, "absent", "a"), decision(second, "present", "b")))
    assert given["kept"] == ["a", "b"]
    assert given["progress"] == "2 of 6 done"
    assert [item["item"] for item in given["items"]] == [item.item for item in queue.items[2:6]]


def test_a_queue_that_is_done_leads_on_to_agreement(queue: Queue) -> None:
    """About its own labels, and not before the last item has been labelled."""
    app = opened()
    before = app.get("page_link")
    for number, item in enumerate(queue.items):
        app = send(app, queue, decision(item.item, "absent", str(number)))
    (link,) = app.get("page_link")

    assert before == []
    assert "agree" in link.proto.label
    assert queue.queue_id in link.proto.query_string


def test_what_the_board_sends_is_on_the_disk_once(queue: Queue, here: Workspace) -> None:
    """However often the page runs; an undo gives the item back, filled in."""
    first = queue.items[0].item
    app = send(opened(), queue, decision(first, "present", "a"))
    app.run()
    assert labels(here).select("item", "label", "reviewer", "seconds").rows() == [(first, "present", "Ana", 1.5)]

    given = board(send(app, queue, {"id": "z", "kind": "undo"}))
    assert labels(here).is_empty()
    assert given["items"][0]["item"] == first
    assert given["restored"] == {"item": first, "labels": {"refusal": "present"}, "severities": {}, "note": ""}


def test_what_cannot_be_kept_is_said_and_let_go_of(queue: Queue, here: Workspace) -> None:
    """A word that the queue does not ask for does not stop what comes after it."""
    first, second = queue.items[0].item, queue.items[1].item
    given = board(send(opened(), queue, decision(first, "maybe", "a"), decision(second, "absent", "b")))

    assert given["kept"] == ["a", "b"]
    assert "says nothing that counts about refusal" in given["says"]
    assert labels(here)["item"].to_list() == [second]


def test_what_was_sent_as_somebody_else_is_not_taken(queue: Queue, here: Workspace) -> None:
    """After a change of name, what the other left in the page is not kept under the new one."""
    app = send(opened("Ben"), queue, decision(queue.items[0].item, "absent", "a"), reviewer="Ana")

    assert labels(here).is_empty()
    assert board(app)["kept"] == []


def test_roles_decide_who_labels_and_who_draws(queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reviewer labels and does not draw; a stranger does neither."""
    roles = tmp_path / "roles.yaml"
    roles.write_text("Ana: reviewer\nLea: lead\n")
    monkeypatch.setenv("DEPLOYSIM_ROLES", str(roles))

    assert opened("Ana").get("bidi_component")
    app = open_page(QUEUE, view="New queue")
    assert "is a reviewer in this workspace and may not make queues" in text_of(
        app.text_input(key=NAME).set_value("Ana").run()
    )
    app = opened("Someone")
    assert "has no role in this workspace" in text_of(app)
    assert not app.get("bidi_component")


def test_all_queues_are_listed_with_how_they_were_drawn(queue: Queue) -> None:
    """Title, progress, strata."""
    app = open_page(QUEUE, view="All queues")

    assert app.dataframe[0].value["done"].to_list() == ["0 of 6"]
    assert app.dataframe[1].value["part"].to_list() == ["baseline", "candidate"]
    assert "made by Lea" in text_of(app)
