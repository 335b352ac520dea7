"""The Import page: choosing a log, its dry run, and what became of an import."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import streamlit as st
from makers import NOW, write_log
from streamlit.testing.v1 import AppTest

from deploysim.pipeline import jobs
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.offering import offered_files
from deploysim.store.files import write_json
from deploysim.store.imports import import_records
from deploysim.store.samples import load_sample, sample_path
from deploysim.store.workspace import Workspace
from deploysim.ui import CONVERSATIONS, HOME, IMPORT

APP = Path(__file__).resolve().parents[2] / "app.py"
JOB = "a" * 12


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Cached dry runs of one test must not reach the next."""
    yield
    st.cache_data.clear()


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """The workspace that the app serves."""
    return Workspace(Path(os.environ["DEPLOYSIM_WORKSPACE"]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the administrator offers, with a log of three conversations and a table in it."""
    path = tmp_path / "offered"
    path.mkdir()
    write_log(path / "log.jsonl", 3)
    (path / "*table*.csv").write_text("frage,antwort,land\nWer ist Elena Brandt?,Niemand.,pt\nWer?,Ich.,es\n")
    monkeypatch.setenv("DEPLOYSIM_IMPORT_FOLDER", str(path))
    return path


def open_page(page: str = IMPORT, **link: str) -> AppTest:
    """Open a page of the app, with parameters in its link."""
    app = AppTest.from_file(str(APP), default_timeout=180).run()
    app.switch_page(page)
    for key, value in link.items():
        app.query_params[key] = value
    return app.run()


def open_file(folder: Path, name: str) -> AppTest:
    """Open the page on a file of the folder."""
    (file,) = (file for file in offered_files(folder).files if file.name == name)
    return open_page(log=file.file_id)


def text_of(app: AppTest) -> str:
    """Return everything that a page says in words."""
    parts = [*app.markdown, *app.caption, *app.subheader, *app.text, *app.error, *app.get("html")]
    return "\n".join(str(getattr(p, "value", None) or getattr(getattr(p, "proto", None), "body", "")) for p in parts)


def keyed(app: AppTest, kind: str, start: str) -> object:
    """Return the one widget whose key begins so; what follows in a key stands for the file."""
    (widget,) = (w for w in getattr(app, kind) if re.match(start + "[0-9a-f]{12}", str(w.key)))
    return widget


def until(app: AppTest, meets: Callable[[str], bool]) -> str:
    """Look at the page until it says what is waited for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        said = text_of(app.run())
        if meets(said):
            return said
        time.sleep(0.2)
    raise AssertionError(said)


def test_without_a_folder_the_page_takes_uploads_and_says_how_to_offer_one() -> None:
    """The setting is named; nothing else can be picked."""
    app = open_page()
    assert app.get_by_key("import_upload") is not None

    app.get_by_key("from").set_value("Import folder").run()
    assert "No import folder is set" in text_of(app)
    assert "DEPLOYSIM_IMPORT_FOLDER=/path/to/logs" in app.code[0].value
    assert not app.exception


def test_a_missing_folder_is_shown_as_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to do about it."""
    monkeypatch.setenv("DEPLOYSIM_IMPORT_FOLDER", str(tmp_path / "none"))

    assert "correct it in .env" in text_of(open_page())


def test_a_picked_file_is_read_shown_and_imported(folder: Path, here: Workspace) -> None:
    """Dry run, start, summary, and back to another file; what was imported is in the workspace."""
    app = open_file(folder, "log.jsonl")
    said = text_of(app)
    assert "Read as **openai\\-chat**\\: rows have messages with a role each \\(100%" in said
    assert "All of the first 3 rows would be kept" in said
    assert said.count('class="ds-conversation"') == 3
    assert import_records(here) == []

    app.button(key="import_start").click().run()
    assert "log" not in app.query_params
    said = until(app, lambda said: "· done" in said)
    assert "**3 conversations kept**, read as openai\\-chat." in said
    assert [record.conversations for record in import_records(here)] == [3]

    next(button for button in app.button if button.label == "Import another file").click().run()
    assert "2 files, newest first" in text_of(app)
    assert "log\\.jsonl" in [button.label for button in app.button]


def test_an_upload_is_read_shown_and_imported(here: Workspace, tmp_path: Path) -> None:
    """It reaches the importing process through its standard input, under its base name."""
    content = write_log(tmp_path / "log.jsonl", 2).read_bytes()
    app = open_page()
    app.file_uploader(key="import_upload").upload("../<b>log.jsonl", content).run()
    assert "All of the first 2 rows would be kept" in text_of(app)

    app.button(key="import_start").click().run()
    assert "**2 conversations kept**" in until(app, lambda said: "· done" in said)
    assert [record.source for record in import_records(here)] == ["<b>log.jsonl"]


def test_searching_narrows_the_files(folder: Path) -> None:
    """The caption says how many are left."""
    app = open_page()
    assert "2 files, newest first" in text_of(app)

    app.text_input(key="import_words").set_value("TABLE").run()
    assert "1 of 2 files, newest first" in text_of(app)
    app.text_input(key="import_words").set_value("nothing").run()
    assert "0 of 2 files" in text_of(app)
    assert not app.exception


@pytest.mark.parametrize("forged", ["../../etc/passwd", "0" * 12])
def test_a_forged_link_reaches_no_other_file(folder: Path, forged: str) -> None:
    """The page says that there is no such file."""
    app = open_page(log=forged)

    assert "not in the import folder any more" in text_of(app)
    assert not app.exception


def test_a_tables_columns_are_mapped_and_its_rows_filtered(folder: Path, here: Workspace) -> None:
    """The dry run appears with the last column that is needed, and follows the filter; the import reads likewise."""
    app = open_file(folder, "*table*.csv")
    assert app.subheader[0].value == "\\*table\\*\\.csv"
    assert "Choose the columns that hold the conversation" in text_of(app)
    assert app.button(key="import_start").disabled

    keyed(app, "selectbox", "import_map_user_").select("frage").run()
    assert app.button(key="import_start").disabled
    keyed(app, "selectbox", "import_map_assistant_").select("antwort").run()
    assert "All of the first 2 rows would be kept" in text_of(app)

    keyed(app, "multiselect", "import_where_").select("land").run()
    keyed(app, "text_input", "import_where_").set_value("pt").run()
    assert "1 of the first 2 rows would be kept" in text_of(app)

    app.button(key="import_start").click().run()
    until(app, lambda said: "· done" in said)
    (record,) = import_records(here)
    assert (record.format, record.conversations, record.options["where land"]) == ("table", 1, "pt")


def test_a_table_of_a_database_is_chosen_first(folder: Path) -> None:
    """Then its columns are guessed from their names, and its rows shown."""
    with duckdb.connect(str(folder / "all.duckdb")) as connection:
        connection.execute("create table chats as select 'Hi.' as question, 'Hello.' as answer")
        connection.execute("create table notes (text varchar)")

    app = open_file(folder, "all.duckdb")
    assert "Choose the one that holds the conversations" in text_of(app)
    keyed(app, "selectbox", "import_table_").select("chats").run()
    assert "The only row would be kept" in text_of(app)


def test_another_format_can_be_chosen(folder: Path) -> None:
    """The dry run says what would become of the rows then."""
    app = open_file(folder, "log.jsonl")
    keyed(app, "selectbox", "import_format_").select("sharegpt").run()

    said = text_of(app)
    assert "Read as **sharegpt**, as chosen" in said
    assert "None of the first 3 rows would be kept" in said


def test_placeholders_show_in_the_dry_run(folder: Path) -> None:
    """The choice of how personal data is replaced changes what is shown."""
    app = _mapped(folder)
    assert "&lt;PERSON" not in text_of(app)

    app.radio(key="import_scrubbing").set_value("Placeholders").run()
    assert "&lt;PERSON" in text_of(app)


def test_leaving_text_as_it_is_takes_a_second_word(folder: Path) -> None:
    """Nothing unscrubbed is shown or imported before it is confirmed that the log was scrubbed elsewhere."""
    app = _mapped(folder)
    app.radio(key="import_scrubbing").set_value("Leave as it is").run()
    assert "Brandt" not in text_of(app)
    assert app.button(key="import_start").disabled

    keyed(app, "checkbox", "import_sure_").check().run()
    assert "Elena Brandt" in text_of(app)
    assert not app.button(key="import_start").disabled


def _mapped(folder: Path) -> AppTest:
    app = open_file(folder, "*table*.csv")
    keyed(app, "selectbox", "import_map_user_").select("frage").run()
    return keyed(app, "selectbox", "import_map_assistant_").select("antwort").run()


def put_job(here: Workspace, *, output: str = "", stopped: bool = False, log: str = "/logs/log.jsonl") -> None:
    """Leave the folder of an import that has ended without a result."""
    about = {"title": "<b>log", "arguments": ["import", log], "started_at": NOW.isoformat(), "pid": 2**22 + 1}
    write_json(here.jobs / JOB / "job.json", about)
    (here.jobs / JOB / "output.txt").write_text(output)
    if stopped:
        (here.jobs / JOB / "stop").touch()


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"output": "importing and scrubbing: 7 of 9\nlog has no rows.\nNext: Export it."}, "log has no rows.\nNext"),
        ({"output": "importing and scrubbing: 7 of 9\n"}, "ended without a word"),
        ({"stopped": True}, "Stopped when asked to"),
        ({"log": "-", "stopped": True}, "upload the same file again"),
    ],
)
def test_an_import_that_did_not_work_says_why_and_what_to_do(here: Workspace, job: dict[str, str], says: str) -> None:
    """What the command said, without its progress, or what else is known; only a file that is kept can start again."""
    put_job(here, **job)
    app = open_page(job=JOB)

    said = text_of(app)
    assert says in said
    assert "7 of 9" not in said
    assert "\\<b\\>log" in said
    assert ("Start again" in [button.label for button in app.button]) == (job.get("log") != "-")


def test_an_import_starts_again_with_the_same_arguments(here: Workspace, tmp_path: Path) -> None:
    """A stopped one goes on, as a new job that the page shows."""
    put_job(here, stopped=True, log=str(write_log(tmp_path / "log.jsonl", 2)))
    app = open_page(job=JOB)
    next(button for button in app.button if button.label == "Start again").click().run()

    assert app.query_params["job"] != [JOB]
    assert "**2 conversations kept**" in until(app, lambda said: "· done" in said)


def test_a_running_import_shows_how_far_it_is(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, speed, time left, and what was kept and left out so far; it can be stopped."""
    monkeypatch.setattr(jobs, "_runs", lambda pid: True)
    put_job(here)
    counts = {"done": 1_500, "total": 6_000, "kept": 1_400, "duplicates": 60, "left_out": {"no messages": 40}}
    progress = {"what": "importing", **counts}
    write_json(here.jobs / JOB / "progress.json", {**progress, "per_second": 25.0, "seconds_left": 180.0})

    app = open_page()
    assert "1,400 kept · 60 here already · 40 left out: no messages" in text_of(app)
    assert app.get("progress")[0].proto.text == "1,500 of 6,000 rows · 25 a second · about 3 min left"
    assert "Stop" in [button.label for button in app.button]

    write_json(
        here.jobs / JOB / "progress.json", {**progress, "what": "sorting", "per_second": 25.0, "seconds_left": 9.0}
    )
    sorting = open_page().get("progress")[0].proto.text
    assert sorting == "All rows are read; 1,500 of 6,000 conversations sorted · 25 a second · about 9 s left"


def test_the_overview_of_a_workspace_with_only_a_sample(
    compared: tuple[Workspace, Lanes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not called empty: the next step is to let models answer the sample."""
    colleague = Workspace(tmp_path / "colleague")
    load_sample(colleague, sample_path(compared[0], compared[1].sample_id))
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(colleague.root))

    said = text_of(open_page(HOME))
    assert "The sample is there. Next: let the old and the new model answer it." in said
    assert "the samples came as files" in said
    assert "empty" not in said


@pytest.mark.parametrize("page", [HOME, CONVERSATIONS])
def test_empty_pages_lead_to_the_import(page: str) -> None:
    """One click away."""
    links = [getattr(link.proto, "label", "") for link in open_page(page).get("page_link")]

    assert "Import a log" in links
