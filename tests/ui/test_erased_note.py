"""A forecast that rests on what was erased since says so on its page."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import streamlit as st
from makers import NOW
from streamlit.testing.v1 import AppTest

from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.purging import Erasure, purge
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.ui import SHIFTS

APP = Path(__file__).resolve().parents[2] / "app.py"


def _notes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(workspace.root))
    st.cache_data.clear()
    app = AppTest.from_file(str(APP), default_timeout=180).run()
    return [note.value for note in app.switch_page(SHIFTS).run().info]


def test_shifts_says_what_was_erased_since(
    compared: tuple[Workspace, Lanes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said before an erasure; afterwards the count, and that the numbers stay."""
    here = Workspace(tmp_path / "ws")
    shutil.copytree(compared[0].root, here.root)
    assert _notes(here, monkeypatch) == []

    gone = prefix_index(here, compared[1].sample_id)["conversation_id"][:2]
    purge(here, Erasure(frozenset(gone)), reason="", now=NOW + timedelta(days=1))

    said = "Rests on 2 conversations that were erased on request since. Its numbers stay as they were made."
    assert [said] == _notes(here, monkeypatch)
