"""Questions to the workspace, cached, and the pickers that share their answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.config import read_settings
from deploysim.store.conversations import ConversationFilter, ConversationPage, facets, list_conversations
from deploysim.store.imports import ImportRecord, import_records
from deploysim.store.samples import SampleAbout, list_samples
from deploysim.store.workspace import Workspace
from deploysim.ui.blocks import empty_state
from deploysim.ui.links import pick
from deploysim.ui.navigation import CONVERSATIONS
from deploysim.wording import counted


def workspace() -> Workspace:
    """Return the workspace that the app serves."""
    return Workspace(read_settings().workspace)


def version(*folders: Path) -> tuple[tuple[str, int], ...]:
    """Return a value that changes when anything directly in the folders does; cached frames are keyed by it."""
    found = [(p.name, p.stat().st_mtime_ns) for folder in folders if folder.exists() for p in folder.iterdir()]
    return tuple(sorted(found))


@st.cache_data(max_entries=4, show_spinner=False)
def _samples(root: str, version: tuple[tuple[str, int], ...]) -> list[SampleAbout]:
    return list_samples(Workspace(Path(root)))


def samples() -> list[SampleAbout]:
    """Return the workspace's samples, newest first."""
    here = workspace()
    return _samples(str(here.root), version(here.samples))


def sample_label(about: SampleAbout) -> str:
    """Return a sample in one line."""
    return f"{about.sample_id[:6]} · {counted(about.size, 'prefix', 'prefixes')} per {about.unit} · {about.window()}"


def pick_sample() -> SampleAbout:
    """Let the reader pick a sample; it stands in the link and stays across pages."""
    found = {about.sample_id: about for about in samples() if not about.whole_log}
    if not found:
        empty_state(
            "There is no sample yet. A sample is a frozen draw of prefixes; replays, grades and forecasts rest on one.",
            command="python -m deploysim sample --size 500",
            page=CONVERSATIONS,
            label="Draw or load one on the Conversations page",
        )
    return found[pick("Sample", {i: sample_label(about) for i, about in found.items()}, key="sample")]


@st.cache_data(max_entries=64, show_spinner="Looking through the conversations")
def _conversations(
    root: str, version: tuple[tuple[str, int], ...], wanted: ConversationFilter, offset: int, limit: int
) -> ConversationPage:
    return list_conversations(Workspace(Path(root)), wanted, offset=offset, limit=limit)


def conversations(wanted: ConversationFilter, *, offset: int, limit: int) -> ConversationPage:
    """Return a page of conversations; to look for words in a million of them takes seconds, so each page is kept."""
    here = workspace()
    return _conversations(str(here.root), version(here.conversations, here.reviews), wanted, offset, limit)


@st.cache_data(max_entries=4, show_spinner=False)
def _facets(root: str, version: tuple[tuple[str, int], ...]) -> pl.DataFrame:
    return facets(Workspace(Path(root)))


def models_and_languages() -> pl.DataFrame:
    """Return how many conversations there are by model and language, for filters."""
    here = workspace()
    return _facets(str(here.root), version(here.conversations, here.reviews))


@st.cache_data(max_entries=4, show_spinner=False)
def _imports(root: str, version: tuple[tuple[str, int], ...]) -> list[ImportRecord]:
    return import_records(Workspace(Path(root)))


def imports() -> list[ImportRecord]:
    """Return the records of the workspace's imports, oldest first."""
    here = workspace()
    return _imports(str(here.root), version(here.conversations))
