"""Choosing the log to import: an upload that stays in memory, or a file that the administrator offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.config import read_settings
from deploysim.ingest.sources.opening import DatabaseTable, Source, Upload
from deploysim.pipeline.import_commands import clean_name
from deploysim.pipeline.offering import Offer, OfferedFile, chosen_by, offered_file, offered_files
from deploysim.pipeline.previewing import tables_in
from deploysim.store.files import short_hash
from deploysim.ui.blocks import plain
from deploysim.ui.links import put_in_link
from deploysim.wording import counted

UPLOAD, FOLDER = "Upload", "Import folder"
PAGE_SIZE = 200
MOST_ROWS = 8
"""Rows of the list of files that are seen without scrolling in it."""
SHOWN_COLUMNS = 12
FILE = "log"
"""Parameter of the link that holds the id of the picked file."""


@dataclass(frozen=True, slots=True)
class Log:
    """A chosen log."""

    source: Source
    name: str
    key: str
    """Changes with the file and its content: what is cached or typed for one is never shown for another."""
    size: int
    """In bytes."""
    path: Path | None
    """Where it is; None for an upload, which is in memory only."""
    data: bytes | None
    """An upload's bytes."""
    table: str = ""
    """Which table of a DuckDB file it is."""
    requests: Path | None = None
    """For the responses of a batch: the file of its requests."""


def choose_log() -> Log | None:
    """Let the reader upload or pick a log; None until one is chosen."""
    folder = read_settings().import_folder
    origin = st.segmented_control(
        "Take the log from",
        [UPLOAD, FOLDER],
        default=FOLDER if folder else UPLOAD,
        required=True,
        key="from",
        bind="query-params",
    )
    if origin == UPLOAD:
        return _uploaded()
    if folder is None:
        _say_how_to_offer()
        return None
    return _picked(folder)


def _uploaded() -> Log | None:
    file = st.file_uploader("Log file", key="import_upload")
    if file is None:
        st.markdown(
            "A log of chats in any usual format, or a table: JSON Lines, JSON, CSV or Parquet, also compressed. It "
            "goes from memory to memory; nothing of it is written to a disk here before it is scrubbed."
        )
        return None
    name, data = clean_name(file.name), file.getvalue()
    return Log(Upload(name, data), name, short_hash(file.file_id), len(data), None, data)


def _say_how_to_offer() -> None:
    st.markdown(
        "No import folder is set. An administrator can name one: the files in it can then be picked here, of any "
        "size, and nobody reaches a file outside of it."
    )
    st.code("DEPLOYSIM_IMPORT_FOLDER=/path/to/logs", language="bash")
    st.caption("In the file .env beside README.md, or in the environment of the app.")


@st.cache_data(max_entries=2, ttl=5, show_spinner="Looking through the import folder …")
def _offer(folder: str) -> Offer:
    return offered_files(Path(folder))


def _picked(folder: Path) -> Log | None:
    offer = _offer(str(folder))
    if not offer.files:
        st.markdown("The import folder is empty. Put a log into it, and it can be picked here.")
        return None
    words = st.text_input("Find a file", key="import_words", placeholder="words of its name")
    found = chosen_by(offer, words or "")
    st.caption(_how_many(found, offer))
    if found:
        _file_table(found)
    file_id = st.query_params.get(FILE)
    if not file_id:
        return None
    chosen = offered_file(folder, file_id)
    key = short_hash([chosen.file_id, chosen.size, chosen.changed_at.isoformat()])
    return Log(chosen.path, chosen.name, key, chosen.size, chosen.path, None)


@st.cache_data(max_entries=16, ttl="10m", show_spinner=False)
def _tables(key: str, _source: Source) -> tuple[str, ...]:
    return tables_in(_source)


def choose_table(log: Log) -> Log | None:
    """Let the reader choose a table where the log is a database with several; None until one is chosen."""
    tables = _tables(log.key, log.source)
    if len(tables) < 2 or log.path is None:
        return log
    table = st.selectbox("Table", tables, index=None, placeholder="choose one", key=f"import_table_{log.key}")
    if table is None:
        return None
    return replace(log, source=DatabaseTable(log.path, table), key=short_hash([log.key, table]), table=table)


def _how_many(found: Sequence[OfferedFile], offer: Offer) -> str:
    files = counted(len(offer.files), "file")
    more = "" if offer.complete else " The folder holds more; only these were looked at."
    shown = files if len(found) == len(offer.files) else f"{len(found):,} of {files}"
    return f"{shown}, newest first. Select a row; by keyboard with the arrows and Shift+Space.{more}"


def _file_table(found: Sequence[OfferedFile]) -> None:
    pages = -(-len(found) // PAGE_SIZE)
    page = st.pagination(pages, key="import_files_page") if pages > 1 else 1
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    ids = [file.file_id for file in shown]
    table = f"import_files_{short_hash(ids)}"
    st.dataframe(
        pl.DataFrame(
            {
                "file": [file.name for file in shown],
                "size": [file.size for file in shown],
                "changed (UTC)": [f"{file.changed_at:%Y-%m-%d %H:%M}" for file in shown],
            }
        ),
        key=table,
        on_select=lambda: _pick_row(table, ids),
        selection_mode="single-row",
        hide_index=True,
        height="content" if len(shown) <= MOST_ROWS else 38 + 35 * MOST_ROWS,
        column_config={
            "size": st.column_config.NumberColumn("size", format="bytes"),
        },
        alt="Files of the import folder, newest first. Select a row to see how the file would be read.",
    )


def _pick_row(table: str, ids: Sequence[str]) -> None:
    """Put the file of the selected row into the link: rows move when files come and go, ids do not."""
    rows = st.session_state[table]["selection"]["rows"]
    if rows:
        put_in_link(FILE, ids[rows[0]])
    else:
        st.query_params.pop(FILE, None)


def about_log(log: Log, columns: Sequence[str]) -> str:
    """Return a log's size and what its rows have, in one line."""
    names = ", ".join(columns[:SHOWN_COLUMNS]) + (" …" if len(columns) > SHOWN_COLUMNS else "")
    return f"{_size(log.size)} · its rows have: {plain(names)}"


def _size(count: int) -> str:
    """Return a number of bytes as people say it."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:,} bytes"
