"""Every page, from the app's entry, in each state and through its widgets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from deploysim.pipeline.lanes import Lanes
from deploysim.store.samples import load_sample, sample_path
from deploysim.store.workspace import Workspace
from deploysim.ui import (
    AGREEMENT,
    AWARENESS,
    COMPARE,
    CONVERSATIONS,
    DISCOVER,
    FIDELITY,
    HOME,
    IMPORT,
    PEOPLE,
    PLAN,
    PRIVACY,
    QUEUE,
    RUNS,
    SCORECARDS,
    SHIFTS,
)

APP = Path(__file__).resolve().parents[2] / "app.py"
PAGES = [
    HOME,
    IMPORT,
    CONVERSATIONS,
    PRIVACY,
    RUNS,
    QUEUE,
    COMPARE,
    AGREEMENT,
    PEOPLE,
    SHIFTS,
    PLAN,
    SCORECARDS,
    AWARENESS,
    FIDELITY,
    DISCOVER,
]
Compared = tuple[Workspace, Lanes]


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Cached frames of one test's workspace must not reach the next."""
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def full(compared: Compared, monkeypatch: pytest.MonkeyPatch) -> Compared:
    """The app serves a workspace that has everything."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(compared[0].root))
    return compared


def open_page(page: str, **link: str) -> AppTest:
    """Open a page of the app, with parameters in its link."""
    app = AppTest.from_file(str(APP), default_timeout=180).run()
    app.switch_page(page)
    for key, value in link.items():
        app.query_params[key] = value
    return app.run()


def text_of(app: AppTest) -> str:
    """Return everything that a page says in words."""
    parts = [*app.markdown, *app.caption, *app.subheader, *app.text, *app.error, *app.get("html")]
    return "\n".join(str(getattr(p, "value", None) or getattr(getattr(p, "proto", None), "body", "")) for p in parts)


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_an_empty_workspace_say_what_to_do(page: str) -> None:
    """No exception, a title, and a next step."""
    app = open_page(page)

    assert not app.exception
    assert len(app.title) == 1
    assert app.markdown or app.code


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_a_full_workspace_open(full: Compared, page: str) -> None:
    """No exception and no error on any page."""
    app = open_page(page)

    assert not app.exception
    assert not app.error


def test_the_overview_counts_what_is_there(full: Compared) -> None:
    """Forty conversations, two runs, one forecast."""
    said = text_of(open_page(HOME))

    assert "40 conversations from 1 import" in said
    assert "2 finished runs." in said
    assert "1 forecast made." in said


def test_searching_conversations_narrows_the_list(full: Compared) -> None:
    """Words typed in keep the conversations that hold them."""
    app = open_page(CONVERSATIONS)
    assert "40 conversations" in [c.value for c in app.caption]

    app.text_input(key="conversations_words").set_value("number 17.").run()
    assert "1 conversation" in [c.value for c in app.caption]

    app.text_input(key="conversations_words").set_value("<nothing>").run()
    assert "No conversation passes these filters" in text_of(app)


def test_drawing_a_sample_from_the_page(full: Compared, tmp_path: Path) -> None:
    """The form draws what it says, or explains why it cannot."""
    app = open_page(CONVERSATIONS, data="Samples")
    app.number_input[0].set_value(5)
    app.number_input[2].set_value(1)
    app.form_submit_button[0].click().run()

    assert "No prefix is left to draw." in text_of(app)
    assert not app.exception


def test_a_drawn_sample_is_there_at_once(full: Compared, tmp_path: Path, monkeypatch) -> None:
    """Five prefixes are drawn, and the page lists the new sample with how it was drawn."""
    copy = tmp_path / "drawing"
    shutil.copytree(full[0].root, copy)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(copy))

    app = open_page(CONVERSATIONS, data="Samples")
    app.number_input[0].set_value(5)
    app.form_submit_button[0].click().run()
    assert len(list((copy / "samples").glob("*.duckdb"))) == 2
    assert any("5 prefixes per turn" in expander.label for expander in app.expander)
    assert "35 eligible turns not drawn" in text_of(app)


def test_comparing_filters_by_category_and_outcome(full: Compared) -> None:
    """Choosing a category and an outcome changes what is paged through."""
    app = open_page(COMPARE)
    assert any("prefix 1 of 40" in c.value for c in app.caption)

    app.selectbox(key="link_category").select("refusal").run()
    app.get_by_key("link_outcome").set_value("regressed").run()
    assert any("prefix 1 of 18" in c.value for c in app.caption)
    assert "Declines the request" in text_of(app)

    app.button(key="prefix_arrow_forward").click().run()
    assert any("prefix 2 of 18" in c.value for c in app.caption)

    app.get_by_key("link_outcome").set_value("improved").run()
    assert "No prefix passes these filters" in text_of(app)


def test_a_link_opens_the_same_view(full: Compared) -> None:
    """Category, outcome and prefix come from the link."""
    app = open_page(COMPARE, category="refusal", outcome="both")

    assert any("prefix 1 of 2" in c.value for c in app.caption)
    assert app.selectbox(key="link_category").value == "refusal"


def test_a_link_to_something_unknown_still_opens(full: Compared) -> None:
    """A stale or forged link falls back to the first choice."""
    app = open_page(COMPARE, category="nonsense", outcome="x", prefix="../../etc", sample="0" * 12)

    assert not app.exception
    assert any("prefix 1 of 40" in c.value for c in app.caption)


def test_changed_words_are_marked_on_request(full: Compared) -> None:
    """The toggle marks words; an equal pair is said to be equal."""
    app = open_page(COMPARE, category="refusal", outcome="regressed")
    app.get_by_key("link_diff").set_value("words").run()
    assert 'class="ds-added"' in text_of(app)

    app = open_page(COMPARE, category="refusal", outcome="neither")
    assert "Nothing changed" in text_of(app)


def test_shifts_says_the_result_first(full: Compared) -> None:
    """One sentence, then a chart with words for those who do not see it."""
    app = open_page(SHIFTS)

    assert app.subheader[0].value.startswith("1 behaviour likely worse")
    assert "40 prefixes" in app.caption[1].value
    assert not app.exception


def test_an_edited_forecast_is_named_and_not_shown(full: Compared, tmp_path: Path, monkeypatch) -> None:
    """The page says which file was changed and what to do."""
    copy = tmp_path / "edited"
    shutil.copytree(full[0].root, copy)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(copy))
    (path,) = (copy / "forecasts").glob("*.json")
    path.write_text(path.read_text() + " ")

    app = open_page(SHIFTS)
    assert not app.exception
    assert "was changed after it was made" in app.warning[0].value


def test_ungraded_runs_say_so_and_offer_to_grade(full: Compared, tmp_path: Path, monkeypatch) -> None:
    """Grades of other graders do not count; the page says what to do."""
    copy = tmp_path / "ungraded"
    shutil.copytree(full[0].root, copy)
    shutil.rmtree(copy / "grades")
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(copy))

    app = open_page(COMPARE)
    assert "have not been graded" in text_of(app)
    assert "Grade now" in [button.label for button in app.button]


def test_runs_show_what_became_of_each(full: Compared) -> None:
    """Both imported runs are there with their numbers."""
    labels = [expander.label for expander in open_page(RUNS).expander]

    assert sum("done, 40 of 40 answered" in label for label in labels) == 2


def test_a_workspace_with_only_a_loaded_sample_works(compared: Compared, tmp_path: Path, monkeypatch) -> None:
    """A colleague's sample file is enough to look at it; pages say what is not here."""
    colleague = Workspace(tmp_path / "colleague")
    load_sample(colleague, sample_path(compared[0], compared[1].sample_id))
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(colleague.root))

    assert "the samples came as files" in text_of(open_page(CONVERSATIONS))
    for page in PAGES:
        assert not open_page(page).exception


def test_a_sample_file_can_be_loaded_into_an_empty_workspace(compared: Compared) -> None:
    """Upload it, and it is there; anything else is refused in words."""
    content = sample_path(compared[0], compared[1].sample_id).read_bytes()
    app = open_page(CONVERSATIONS)

    app.file_uploader(key="sample_upload").upload("sample.duckdb", b"not a database").run()
    assert "cannot be opened as a DuckDB database" in text_of(app)

    app = open_page(CONVERSATIONS)
    app.file_uploader(key="sample_upload").upload("sample.duckdb", content).run()
    assert not app.exception
    assert "40 prefixes" in app.success[0].value
