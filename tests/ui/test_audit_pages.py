"""The pages of the section Audit, from the app's entry: empty, with audits, and through their widgets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from auditing import DEFINITION, NAME, sees
from judging import endpoint, judge
from makers import NOW
from test_pages import open_page, text_of

from deploysim.audit.discoveries import DiscoverAudit
from deploysim.grade.grader import graders_of
from deploysim.pipeline.asking_auditor import Auditor
from deploysim.pipeline.auditing_awareness import audit_awareness
from deploysim.pipeline.auditing_fidelity import audit_fidelity
from deploysim.pipeline.audits import audits_of
from deploysim.pipeline.discovering import audit_discover
from deploysim.pipeline.grading import JudgeUse
from deploysim.pipeline.lanes import Lanes
from deploysim.store.labels import labels
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.ui import AGREEMENT, AWARENESS, DISCOVER, FIDELITY

Audited = tuple[Workspace, Lanes]


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Cached frames of one test's workspace must not reach the next."""
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def with_audits(audited: Audited, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """One audit of each kind."""
    here = Workspace(tmp_path_factory.mktemp("audits") / "ws")
    shutil.copytree(audited[0].root, here.root)
    graders = graders_of(load_taxonomy())
    audit_fidelity(here, audited[1], seed=0, now=NOW, flips=19)
    audit_discover(here, audited[1], graders, seed=0, now=NOW)
    audit_awareness(here, audited[1], graders, seed=0, now=NOW)
    return here, audited[1]


@pytest.fixture
def served(with_audits: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The app serves a copy of a workspace with audits."""
    copy = tmp_path / "served"
    shutil.copytree(with_audits[0].root, copy)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(copy))
    return Workspace(copy)


@pytest.fixture
def proposed(audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The app serves a workspace in which a model was asked what it sees, behind real HTTP."""
    here = Workspace(tmp_path / "proposed")
    shutil.copytree(audited[0].root, here.root)
    with endpoint(sees("Certainly!")) as at:
        auditor = Auditor(judge(at), JudgeUse(), ())
        audit_discover(here, audited[1], graders_of(load_taxonomy()), seed=0, now=NOW, auditor=auditor)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(here.root))
    return here


@pytest.mark.parametrize(
    ("page", "command"), [(FIDELITY, "fidelity"), (AWARENESS, "awareness"), (DISCOVER, "discover")]
)
def test_a_page_without_an_audit_says_how_to_make_one(
    audited: Audited, monkeypatch: pytest.MonkeyPatch, page: str, command: str
) -> None:
    """The command, and a button that starts it on a sample."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(audited[0].root))
    app = open_page(page)

    assert app.code[0].value == f"python -m deploysim audit {command}"
    assert "Run it now" in [button.label for button in app.button]
    assert not app.exception


def test_fidelity_answers_first_and_says_what_gives_it_away(served: Workspace) -> None:
    """The answer per comparison, links to pairs, distributions; another comparison is one click away."""
    app = open_page(FIDELITY)
    said = text_of(app)

    assert not app.exception
    assert "they can be told apart" in said
    assert "Can replayed responses of the old model be told from the recorded ones?" in said
    assert "Distributions by lane" in said
    app.get_by_key("fidelity_told").set_value("recorded and candidate").run()
    assert not app.exception
    assert "old\\-model and candidate model" in text_of(app)


def test_an_edited_audit_is_not_shown(served: Workspace) -> None:
    """The page says so."""
    for path in served.audits.glob("*.json"):
        path.write_text(path.read_text() + " ")

    assert "were changed after they were made" in open_page(FIDELITY).warning[0].value


def test_awareness_labels_its_sensitivity_analysis(served: Workspace) -> None:
    """Measures per lane, what scrubbing gives away, and rates that are called what they are."""
    said = text_of(open_page(AWARENESS))

    assert "recorded 0 of 90, baseline 0 of 90, candidate 0 of 90" in said
    assert "Sensitivity analysis, no correction" in said
    assert "placeholders" in said


def test_a_group_is_read_named_and_becomes_a_draft(served: Workspace) -> None:
    """Read an example, rule two, save: a file that loads, two labels, and pages that show labels still open."""
    app = open_page(DISCOVER)
    assert not app.exception
    assert "may well not have occurred here at all" in text_of(app)
    assert any("example 1 of" in caption.value for caption in app.caption)

    _say_who(app)
    rules = [radio for radio in app.radio if radio.label.startswith("Example ")]
    rules[0].set_value("present")
    rules[1].set_value("absent")
    by_label = {one.label: one for one in [*app.text_input, *app.text_area]}
    by_label["Name"].set_value("Opens with certainly")
    by_label["Definition"].set_value("The assistant opens with “Certainly!”.")
    by_label["Present when, one a line"].set_value("It opens so.")
    by_label["Absent when, one a line"].set_value("It opens otherwise.")
    next(b for b in app.button if b.label == "Save the draft").click().run()

    assert not app.exception
    assert "Saved with 2 labelled examples." in app.success[0].value
    assert load_taxonomy(served.drafts / "opens_with_certainly.yaml").categories[0].name == "Opens with certainly"
    assert labels(served)["label"].to_list() == ["present", "absent"]
    assert not open_page(AGREEMENT).exception


def test_a_draft_without_a_definition_is_refused_in_words(served: Workspace) -> None:
    """The form says what is missing and keeps what was typed."""
    app = open_page(DISCOVER)
    _say_who(app)
    next(b for b in app.button if b.label == "Save the draft").click().run()

    assert "The draft is not complete." in text_of(app)
    assert not served.drafts.exists()


def test_what_a_model_proposes_is_labelled_read_and_named(proposed: Workspace) -> None:
    """As its opinion, with its name and what it read; its words are text, and its name for it becomes a draft's."""
    app = open_page(DISCOVER)
    said = text_of(app)
    assert not app.exception
    assert "A model's opinion, not a measurement" in said
    assert "judge\\-1 read 40 pairs without being told which response is whose" in said
    assert DEFINITION in [one.value for one in app.text]
    assert 'class="ds-evidence">Certainly!</' in said

    _say_who(app)
    proposal = audits_of(proposed, DiscoverAudit)[0].audit.auditor.proposals[0]
    mine = [radio for radio in app.radio if proposal.proposal_id in (radio.key or "")]
    assert len(mine) == 6
    mine[0].set_value("present")
    fields = [*app.text_input, *app.text_area]
    assert [one.value for one in fields if one.label == "Name"] == ["", NAME]
    for one in fields:
        if one.label.startswith(("Present when", "Absent when")):
            one.set_value("It does.")
    [b for b in app.button if b.label == "Save the draft"][-1].click().run()

    assert not app.exception
    assert "Saved with 1 labelled examples." in app.success[0].value
    (category,) = load_taxonomy(proposed.drafts / "opens_with_certainly.yaml").categories
    assert category.definition == DEFINITION
    assert category.examples[0].response.startswith("Certainly!")


def test_without_an_auditor_the_page_shows_no_opinion(served: Workspace) -> None:
    """It is off unless somebody asks for it."""
    assert "What a model proposes" not in [one.value for one in open_page(DISCOVER).subheader]


def _say_who(app) -> None:
    next(one for one in app.text_input if one.label == "Your name").set_value("ann").run()
