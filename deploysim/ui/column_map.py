"""The form in which a reader says which column of a table holds what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap, suggested_map

PAIR, LIST = "a question and an answer", "a list of messages"
NEEDED = {
    PAIR: {"user": "What the user wrote.", "assistant": "The recorded response."},
    LIST: {"messages": "Chat messages with role and content, as a list or as its JSON text."},
}
FURTHER = {
    "system": "The system prompt.",
    "id": "The log's own identifier. Responses made elsewhere are matched by it.",
    "model": "Which model answered.",
    "time": "When it was asked.",
    "user_id": "Who asked. It becomes a keyed hash.",
    "language": "The language of the conversation.",
}
LABELS = {"id": "identifier", "user_id": "user's identifier", "user": "user", "assistant": "assistant"}
NONE = "not there"


def column_map_form(columns: Sequence[str], *, key: str) -> ColumnMap | None:
    """Let the reader map the columns of a table, and return None until the needed ones are there.

    Args:
        columns: What the table has.
        key: Stands for the file, so that another file starts afresh.
    """
    guessed = _guessed(columns)
    shape = st.segmented_control(
        "A row holds",
        [PAIR, LIST],
        default=LIST if "messages" in guessed else PAIR,
        required=True,
        key=f"import_shape_{key}",
    )
    needed = NEEDED[shape or PAIR]
    chosen = {name: _column(name, help, columns, guessed, key) for name, help in needed.items()}
    with st.expander("Further columns", key=f"import_further_{key}"):
        chosen |= {name: _column(name, help, columns, guessed, key) for name, help in FURTHER.items()}
        kept = st.multiselect(
            "metadata",
            columns,
            key=f"import_map_metadata_{key}",
            help="Columns to keep beside the conversation, scrubbed like its text.",
            placeholder="none",
        )
    if not all(chosen[name] for name in needed):
        return None
    return ColumnMap(metadata=tuple(kept), **{name: column for name, column in chosen.items() if column})


def _column(name: str, help: str, columns: Sequence[str], guessed: Mapping[str, str], key: str) -> str | None:
    return st.selectbox(
        LABELS.get(name, name),
        columns,
        index=columns.index(guessed[name]) if name in guessed else None,
        placeholder=NONE,
        help=help,
        key=f"import_map_{name}_{key}",
    )


def _guessed(columns: Sequence[str]) -> dict[str, str]:
    """Return the columns whose names say what they hold."""
    found = {name: _named(columns, (name, *usual)) for name, usual in _USUAL.items()}
    try:
        pair = ColumnMap.parse(suggested_map(columns))
        found |= {"user": pair.user, "assistant": pair.assistant}
    except InputError:
        # A name that a map cannot be written with is no guess.
        pass
    return {name: column for name, column in found.items() if column and column in columns}


def _named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    return next((column for column in columns if column.casefold() in names), None)


_USUAL: dict[str, tuple[str, ...]] = {
    "messages": ("conversation", "conversations"),
    "system": ("system_prompt",),
    "id": ("conversation_id", "prompt_id"),
    "model": ("model_name",),
    "time": ("timestamp", "created", "created_at"),
    "user_id": ("user_key",),
    "language": ("lang",),
}
