"""The Compare page through its widgets: filters, marks, notes, adding to a queue, exports."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from makers import NOW
from streamlit.testing.v1 import AppTest
from test_pages import Compared, open_page, text_of

from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.pipeline.trail import trail
from deploysim.store.labels import Label, record_labels
from deploysim.store.notes import notes_on
from deploysim.store.queues import list_queues
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.ui import COMPARE, SHIFTS
from deploysim.ui.compare_filters import MORE, WORDS
from deploysim.ui.people import NAME

AGAIN = "Forecast again"


@pytest.fixture
def here(compared: Compared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The app serves a copy of a workspace that has everything."""
    workspace = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, workspace.root)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(workspace.root))
    return workspace


def shown(app: AppTest) -> str:
    """Return which prefix of how many is shown."""
    return next(c.value for c in app.caption if c.value.startswith("prefix "))


def with_filters(**link: str) -> AppTest:
    """Open the page with its filters open."""
    app = open_page(COMPARE, **link)
    app.session_state[MORE] = True
    return app.run()


def with_popover(key: str, **link: str) -> AppTest:
    """Open the page as Ana with one of its popovers open."""
    app = open_page(COMPARE, **link)
    app.session_state[key] = True
    app.run()
    app.text_input(key=NAME).set_value("Ana").run()
    return app


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("severity", "1", "prefix 1 of 20"),
        ("reviewed", "no", "prefix 1 of 40"),
        ("cluster", "any", "prefix 1 of 40"),
    ],
)
def test_filters_narrow_what_is_paged_through(here: Workspace, name: str, value: str, expected: str) -> None:
    """Each stands in the link by its id, and narrows."""
    app = with_filters(category="refusal")
    app.selectbox(key=f"link_{name}").select(value).run()

    assert shown(app) == expected
    assert app.query_params.get(name, "any") == value
    assert not app.exception


def test_what_moved_stands_beside_each_value(here: Workspace) -> None:
    """Regressed and improved, for the category and for the user."""
    app = with_filters(category="refusal")

    assert "Declines the request  ·  ▲ 18  ▼ 0" in app.selectbox(key="link_category").options
    assert len(app.selectbox(key="link_cluster").options) == 6
    assert app.selectbox(key="link_severity").options[1] == "1 or more  ·  ▲ 18  ▼ 0"


def test_words_are_searched_for_and_not_put_into_the_link(here: Workspace) -> None:
    """Found in messages and responses; cleared with the other filters."""
    app = with_filters()
    app.text_input(key=WORDS).set_value("number 17.").run()
    assert shown(app) == "prefix 1 of 1"
    assert "number" not in str(dict(app.query_params))
    assert "words “number 17\\.”" in text_of(app)

    next(b for b in app.button if b.label == "Clear these").click().run()
    assert shown(app) == "prefix 1 of 40"


def test_lines_and_words_are_marked(here: Workspace) -> None:
    """By choice; the graders' evidence otherwise."""
    app = open_page(COMPARE, category="refusal", outcome="regressed")
    assert 'class="ds-evidence"' in text_of(app)
    assert 'class="ds-added"' not in text_of(app)
    for what in ("words", "lines"):
        app.get_by_key("link_diff").set_value(what).run()
        assert 'class="ds-added"' in text_of(app)
        assert app.query_params["diff"] == what


def test_sorting_changes_the_first_prefix(here: Workspace) -> None:
    """As drawn, or the regressed ones first."""
    app = open_page(COMPARE, category="refusal")
    first = next(c.value for c in app.caption if c.value.startswith("Shared prefix"))
    app.selectbox(key="link_sort").select("drawn").run()
    drawn = next(c.value for c in app.caption if c.value.startswith("Shared prefix"))

    assert first != drawn


def test_labels_of_people_are_shown(here: Workspace, compared: Compared) -> None:
    """Under the response, with name and note."""
    app = open_page(COMPARE, category="refusal", outcome="regressed")
    prefix = next(c.value for c in app.caption if c.value.startswith("Shared prefix")).split(" · ")[1]
    said = Label("q" * 12, "i" * 12, prefix, str(compared[1].candidate), 0, "refusal", "absent", "Ben", NOW.isoformat())
    record_labels(here, [said])
    app.run()

    assert "Ben: absent · Declines the request" in text_of(app)
    assert shown(open_page(COMPARE, disagreement="people")) == "prefix 1 of 1"


def test_a_note_is_kept_and_shown(here: Workspace) -> None:
    """Under the name of whoever wrote it; the field is empty again."""
    app = with_popover("compare_notes")
    prefix = next(c.value for c in app.caption if c.value.startswith("Shared prefix")).split(" · ")[1]
    key = f"compare_note_{prefix}"
    app.text_area(key=key).set_value("look at *this*").run()
    next(b for b in app.button if b.label == "Save the note").click().run()

    assert [(n.note, n.by) for n in notes_on(here, prefix)] == [("look at *this*", "Ana")]
    assert "look at \\*this\\*" in text_of(app)
    assert app.session_state[key] == ""


def test_adding_to_a_queue(here: Workspace) -> None:
    """All that are shown go into a new queue, this one into that queue again: it is there already."""
    app = with_popover("compare_add", category="refusal", outcome="both")
    app.radio(key="compare_how_many").set_value("all").run()
    app.button(key="compare_add_now").click().run()
    (queue,) = list_queues(here)
    assert (queue.created_by, queue.categories, len(queue.items)) == ("Ana", ("refusal",), 4)

    app.selectbox(key="compare_queue").select(queue.queue_id).run()
    app.radio(key="compare_how_many").set_value("this").run()
    assert app.selectbox(key="compare_queue").value == queue.queue_id
    app.button(key="compare_add_now").click().run()
    assert "It was in the queue already" in app.success[0].value
    assert len(list_queues(here)[0].items) == 4


def test_an_export_is_kept_in_the_trail(here: Workspace) -> None:
    """Who took how much in which format."""
    app = with_popover("compare_export", category="refusal", outcome="regressed")
    assert "18 prefixes with all lanes" in text_of(app)
    app.download_button(key="compare_export_CSV").click().run()

    assert trail(here).select("by", "what").row(0) == ("Ana", "exported as CSV")
    assert "count 18" in trail(here)["about"][0]


def test_a_reviewer_does_not_export(here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles hold here too."""
    roles = tmp_path / "roles.yaml"
    roles.write_text("ana: reviewer\n")
    monkeypatch.setenv("DEPLOYSIM_ROLES", str(roles))
    app = with_popover("compare_export")

    assert "may not export" in text_of(app)
    assert not app.get("download_button")


def test_newer_labels_make_a_forecast_stale(here: Workspace, compared: Compared) -> None:
    """Shifts says that somebody has labelled since, and offers to forecast again; before, it offers nothing."""
    before = open_page(SHIFTS)
    queue = create_queue(here, QueueSpec(compared[1], size=1), load_taxonomy(), (), by="Lea", now=NOW)
    item = queue.items[0]
    said = {"label": "absent", "reviewer": "Ana", "at": (NOW + timedelta(hours=1)).isoformat()}
    label = Label(queue.queue_id, item.item, item.prefix_id, item.runs[0], 0, "refusal", **said)
    record_labels(here, [label])
    after = open_page(SHIFTS)

    assert AGAIN not in [button.label for button in before.button]
    assert AGAIN in [button.label for button in after.button]
    assert "1 label of this sample was given or taken back since." in text_of(after)
