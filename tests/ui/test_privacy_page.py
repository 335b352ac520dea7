"""The Privacy page through its widgets: reading, marking, undoing, releasing, erasing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import Compared, open_page, text_of

from deploysim.pipeline.trail import trail
from deploysim.store.conversations import conversation_index
from deploysim.store.spot_checks import spot_checks
from deploysim.store.tombstones import tombstones
from deploysim.store.workspace import Workspace
from deploysim.ui import PRIVACY, RUNS
from deploysim.ui.people import NAME
from deploysim.ui.spot_check import MARKS, TEXT


@pytest.fixture
def here(compared: Compared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The app serves a copy of a workspace that has everything."""
    workspace = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, workspace.root)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(workspace.root))
    return workspace


def opened() -> AppTest:
    """Open the page as Ana."""
    app = open_page(PRIVACY)
    return app.text_input(key=NAME).set_value("Ana").run()


def press(app: AppTest, key: str) -> AppTest:
    """Press one of the page's keys."""
    return app.button(key=f"privacy_{key}").click().run()


def select(app: AppTest, start: int, end: int) -> None:
    """Select characters of the message on screen, as the browser reports it."""
    conversation, message = app.session_state["privacy_place"]
    app.session_state[TEXT] = {"selection": {"item": f"{conversation}:{message}", "start": start, "end": end}}


def test_reading_begins_with_a_name(here: Workspace) -> None:
    """Two readers can be told apart, so nothing is shown to nobody."""
    app = open_page(PRIVACY)
    assert "Write your name to begin" in text_of(app)
    assert "Clean" not in [button.label for button in app.button]

    app = opened()
    assert not app.exception
    assert "Clean" in [button.label for button in app.button]


def test_clean_saves_and_goes_on(here: Workspace) -> None:
    """One key a message; the bound follows."""
    app = opened()
    first = app.session_state["privacy_place"]
    press(app, "1")

    assert [("Ana", *first, "clean")] == [(c.reader, *c.place, c.verdict) for c in spot_checks(here)]
    assert app.session_state["privacy_place"] != first
    assert "1 message read, 0 leaks: at most 95.0% of messages leak" in text_of(app)


def test_a_leak_needs_selected_words(here: Workspace) -> None:
    """Without them the page says how to select, and saves nothing."""
    app = press(opened(), "2")

    assert "Select the words that leak first" in text_of(app)
    assert app.session_state[MARKS] == []


def test_a_leak_withholds_the_conversation_until_it_is_released(here: Workspace) -> None:
    """Selected, marked, saved: gone from the index; released: back again."""
    app = opened()
    conversation = app.session_state["privacy_place"][0]
    app.selectbox(key="privacy_type").select("AGE")
    select(app, 2, 6)
    press(app, "2")
    press(app, "Enter")

    assert "withheld from now on" in text_of(app)
    (check,) = spot_checks(here)
    assert [(m.kind, m.start, m.end, m.entity) for m in check.marks] == [("leak", 2, 6, "AGE")]
    assert conversation not in conversation_index(here)["conversation_id"]

    app = open_page(PRIVACY, view="Withheld")
    assert "Ana marked AGE" in text_of(app)
    assert "Write your name to release or erase" in text_of(app)
    app.text_input(key=NAME).set_value("Pia").run()
    next(b for b in app.button if b.label.startswith("No leak after all")).click().run()
    assert "Nothing is withheld" in text_of(app)
    assert conversation in conversation_index(here)["conversation_id"]
    assert trail(here).select("by", "what").row(0) == ("Pia", "released")


def test_undo_takes_back_marks_first_and_then_the_last_message(here: Workspace) -> None:
    """Each press is one step; a verdict taken back shows its message again."""
    app = opened()
    assert "nothing of yours to undo" in text_of(press(app, "z"))
    first = app.session_state["privacy_place"]
    press(app, "1")
    select(app, 0, 4)
    press(app, "2")
    assert len(app.session_state[MARKS]) == 1

    press(app, "z")
    assert app.session_state[MARKS] == []
    press(app, "z")
    assert app.session_state["privacy_place"] == first
    assert spot_checks(here) == []


def test_erasing_from_the_page(here: Workspace) -> None:
    """After a confirmation the conversation is gone from the workspace, and the found leak still counts."""
    app = opened()
    conversation = app.session_state["privacy_place"][0]
    select(app, 0, 4)
    press(app, "2")
    press(app, "Enter")

    app = open_page(PRIVACY, view="Withheld")
    app.text_input(key=NAME).set_value("Pia").run()
    next(b for b in app.button if b.label.startswith("Erase the conversation")).click().run()
    next(b for b in app.button if b.label == "Erase for good").click().run()
    assert conversation in {one for stone in tombstones(here) for one in stone.conversations}
    assert "1 leak" in text_of(open_page(PRIVACY))
    assert "Nothing is withheld" in text_of(open_page(PRIVACY, view="Withheld"))
    assert "nothing of yours to undo" in text_of(press(opened(), "z"))


def test_what_was_replaced_is_one_tab_away(here: Workspace) -> None:
    """Counts by type and the text in place."""
    app = open_page(PRIVACY, view="What was replaced")

    assert "replaced in 40 conversations" in text_of(app)
    assert not app.exception


def test_runs_ask_for_a_reason_above_the_limit(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit set, a sample that was not read enough may go to another machine only for a reason."""
    monkeypatch.setenv("DEPLOYSIM_LEAK_LIMIT", "0.01")
    app = open_page(RUNS)
    assert not app.warning

    app.radio(key="runs_where").set_value("Endpoint").run()
    assert "may not go to another machine yet" in app.warning[0].value
    assert app.text_input(key="runs_override").value == ""


def test_no_reason_is_asked_where_the_model_is_on_this_machine(
    here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is where the named model is asked, which its profile may say, and not what the environment names."""
    models = tmp_path / "models.yaml"
    models.write_text("mine:\n  base_url: http://127.0.0.1:9/v1\n")
    monkeypatch.setenv("DEPLOYSIM_MODELS", str(models))
    monkeypatch.setenv("DEPLOYSIM_LEAK_LIMIT", "0.01")
    app = open_page(RUNS)
    app.radio(key="runs_where").set_value("Endpoint").run()
    assert app.warning

    app.text_input(key="runs_model").set_value("mine").run()
    assert not app.warning
    assert any("127.0.0.1:9" in said.value for said in app.text)
