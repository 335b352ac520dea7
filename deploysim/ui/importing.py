"""The Import page's parts: how a log is read, its dry run, and the button that imports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

import streamlit as st

from deploysim.config import read_settings
from deploysim.ingest.formats.registry import FORMATS
from deploysim.ingest.formats.table import NAME as TABLE
from deploysim.ingest.sources.opening import Source
from deploysim.pipeline.import_commands import import_arguments
from deploysim.pipeline.importing import ImportOptions
from deploysim.pipeline.jobs import start_job
from deploysim.pipeline.previewing import Look, Preview, look_at, preview, preview_scrubber
from deploysim.scrub.policy import DEFAULT_POLICY
from deploysim.scrub.scrubber import Scrubber
from deploysim.ui.blocks import plain
from deploysim.ui.column_map import column_map_form
from deploysim.ui.data import workspace
from deploysim.ui.import_jobs import JOB
from deploysim.ui.links import put_in_link
from deploysim.ui.log_choice import FILE, Log

DETECTED = "detected"
SURROGATES, PLACEHOLDERS, AS_IT_IS = "Surrogates", "Placeholders", "Leave as it is"
_scrubbing = Lock()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the reader chose."""

    options: ImportOptions | None
    """None while something is missing."""
    again: bool
    missing: str = ""
    """What is still to be chosen, in words."""


@st.cache_data(max_entries=16, ttl="10m", show_spinner="Looking at the file …")
def _look(key: str, _source: Source) -> Look:
    return look_at(_source)


@st.cache_resource(max_entries=2, show_spinner="Loading the scrubber …")
def _scrubber(policy_changed: int, placeholders: bool) -> Scrubber:
    return preview_scrubber(ImportOptions(placeholders=placeholders), read_settings())


@st.cache_data(max_entries=8, ttl="10m", show_spinner="Reading and scrubbing the first rows …")
def _preview(key: str, written: str, policy_changed: int, _source: Source, _options: ImportOptions) -> Preview:
    with _scrubbing:
        return preview(
            _source,
            _options,
            settings=read_settings(),
            scrubber=lambda: _scrubber(policy_changed, _options.placeholders),
        )


def look(log: Log) -> Look:
    """Tell a log's format and columns."""
    return _look(log.key, log.source)


def choose_options(log: Log, seen: Look) -> Choices:
    """Let the reader say how a log is read and scrubbed."""
    format = _choose_format(log, seen)
    columns = column_map_form(seen.columns, key=log.key) if format == TABLE else None
    where = _row_filter(log, seen)
    scrubbing = st.radio(
        "Personal data",
        [SURROGATES, PLACEHOLDERS, AS_IT_IS],
        captions=[
            "realistic stand-ins, the same through a conversation",
            "signs such as &lt;PERSON_1&gt;",
            "only for a log that was scrubbed elsewhere",
        ],
        key="import_scrubbing",
    )
    sure = scrubbing != AS_IT_IS or st.checkbox(
        "This log was scrubbed elsewhere. Keep its text as it is, and record that nothing was replaced here.",
        key=f"import_sure_{log.key}",
    )
    again = st.checkbox(
        "Import again what is here already",
        key="import_again",
        help="Such as under a changed scrub policy. The new import takes the place of the old one; samples keep "
        "their text.",
    )
    if format == TABLE and columns is None:
        return Choices(None, again, "Choose the columns that hold the conversation to see how the rows would be read.")
    if not sure:
        return Choices(None, again, "Confirm that the log was scrubbed elsewhere, or choose how it is scrubbed here.")
    options = ImportOptions(
        None if format in (DETECTED, TABLE) else format,
        columns,
        where,
        placeholders=scrubbing == PLACEHOLDERS,
        scrub=scrubbing != AS_IT_IS,
        requests=log.requests,
    )
    return Choices(options, again)


def _choose_format(log: Log, seen: Look) -> str:
    abouts = {found.name: found.about for found in FORMATS} | {TABLE: "map the columns"}
    labels = {name: f"{name}: {about}" for name, about in abouts.items()}
    if seen.detection:
        labels = {DETECTED: f"detected: {seen.detection.format}"} | labels
    names = list(labels)
    return str(
        st.selectbox(
            "Read as",
            names,
            index=0 if seen.detection else names.index(TABLE),
            format_func=lambda name: labels[name],
            key=f"import_format_{log.key}",
        )
    )


def _row_filter(log: Log, seen: Look) -> dict[str, str]:
    columns = st.multiselect(
        "Only rows with",
        seen.columns,
        key=f"import_where_{log.key}",
        placeholder="all rows",
        help="Choose columns, then the text that each must hold. Other rows are left out and counted.",
    )
    return {name: st.text_input(f"{plain(name)} is", key=f"import_where_{log.key}_{name}") or "" for name in columns}


def dry_run(log: Log, options: ImportOptions) -> Preview:
    """Return what an import would make of the log's first rows."""
    return _preview(log.key, repr(options), DEFAULT_POLICY.stat().st_mtime_ns, log.source, options)


def import_button(log: Log, choices: Choices) -> None:
    """Offer to import the log."""
    if st.button(
        "Import",
        type="primary",
        icon=":material/upload:",
        disabled=choices.options is None,
        key="import_start",
        help="Runs in a process of its own and goes on when this page is closed.",
    ):
        assert choices.options is not None
        start_import(log, choices.options, again=choices.again)


def start_import(log: Log, options: ImportOptions, *, again: bool) -> None:
    """Import a log in a process of its own, and show it."""
    arguments = import_arguments(log.path, options, name=log.name, table=log.table, again=again)
    job_id = start_job(workspace(), log.name, arguments, now=datetime.now(UTC), stdin=log.data)
    put_in_link(JOB, job_id)
    st.query_params.pop(FILE, None)
    st.rerun()
