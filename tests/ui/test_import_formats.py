"""The Import page on a small file of every format."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_import_page import keyed, open_file, open_page, text_of, until

from deploysim.pipeline.offering import offered_files
from deploysim.store.imports import import_records
from deploysim.store.workspace import Workspace

FILES = Path(__file__).resolve().parents[1] / "ingest" / "files"
REQUESTS, RESPONSES = "openai-batch-requests.jsonl", "openai-batch.jsonl"
WHOLE = sorted(path.name for path in FILES.iterdir() if path.name not in (REQUESTS, RESPONSES))


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Cached dry runs of one test must not reach the next."""
    yield
    st.cache_data.clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of every format, as the administrator offers it."""
    path = tmp_path / "offered"
    shutil.copytree(FILES, path)
    monkeypatch.setenv("DEPLOYSIM_IMPORT_FOLDER", str(path))
    return path


@pytest.mark.parametrize("name", WHOLE)
def test_every_format_is_recognised_and_shown(folder: Path, name: str) -> None:
    """The dry run names the format, says that some rows would be kept, and shows them."""
    app = open_file(folder, name)
    said = text_of(app)

    assert "Read as **" in said
    assert "would be kept" in said
    assert 'class="ds-conversation"' in said
    assert not app.button(key="import_start").disabled
    assert not app.exception


def _start(app: AppTest, here: Workspace) -> tuple[str, int]:
    assert "2 of the first 4 rows would be kept" in text_of(app)
    app.button(key="import_start").click().run()
    until(app, lambda said: "· done" in said)
    (record,) = import_records(here)
    return record.format, record.conversations


@pytest.mark.parametrize(("picked", "other"), [(RESPONSES, REQUESTS), (REQUESTS, RESPONSES)])
def test_the_halves_of_a_batch_are_picked_one_after_the_other(folder: Path, picked: str, other: str) -> None:
    """Whichever is picked first, the page asks for the other one, and the import reads both."""
    app = open_file(folder, picked)
    assert "one half of a batch" in text_of(app)
    (half,) = (file.file_id for file in offered_files(folder).files if file.name == other)
    keyed(app, "selectbox", "import_half_").select(half).run()

    assert _start(app, Workspace(Path(os.environ["DEPLOYSIM_WORKSPACE"]))) == ("openai-batch", 2)


def test_the_halves_of_a_batch_are_uploaded_one_after_the_other() -> None:
    """They reach the importing process as one, also where one of them is compressed."""
    app = open_page()
    responses = gzip.compress((FILES / RESPONSES).read_bytes())
    app.file_uploader(key="import_upload").upload(f"{RESPONSES}.gz", responses).run()
    assert "None of the first 4 rows would be kept" in text_of(app)
    keyed(app, "file_uploader", "import_half_").upload(REQUESTS, (FILES / REQUESTS).read_bytes()).run()

    app.button(key="import_start").click().run()
    until(app, lambda said: "· done" in said)
    (record,) = import_records(Workspace(Path(os.environ["DEPLOYSIM_WORKSPACE"])))
    assert (record.source, record.conversations) == (RESPONSES, 2)
