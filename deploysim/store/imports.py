"""Imports: scrubbed conversations in Parquet, and beside each a record of what was read and what was left out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.store.files import atomic_path, read_json, write_json, write_parquet
from deploysim.store.sql import memory
from deploysim.store.workspace import Workspace
from deploysim.types import Conversation, Message, ToolCall

DataType = pl.DataType | type[pl.DataType]

MESSAGE = pl.Struct(
    {
        "role": pl.String,
        "content": pl.String,
        "tool_calls": pl.String,
        "tool_call_id": pl.String,
        "finish_reason": pl.String,
    }
)
SPAN = pl.Struct({"message": pl.Int32, "start": pl.Int32, "end": pl.Int32, "entity": pl.String})
SCHEMA: dict[str, DataType] = {
    "conversation_id": pl.String,
    "import_id": pl.String,
    "row": pl.Int64,
    "source_key": pl.String,
    "content_key": pl.String,
    "model": pl.String,
    "started_at": pl.Datetime("us"),
    "user_key": pl.String,
    "language": pl.String,
    "metadata": pl.String,
    "messages": pl.List(MESSAGE),
    "spans": pl.List(SPAN),
    "turn_ends": pl.List(pl.Int32),
    "n_messages": pl.Int32,
    "n_chars": pl.Int64,
}
"""`started_at` is UTC. `turn_ends` holds the index of every assistant message that can be replayed: a user or tool
message stands right before it."""


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """What one import read, kept and left out."""

    import_id: str
    source: str
    """Base name of the file."""
    source_sha256: str
    format: str
    options: dict[str, str]
    """Column map and row filter, where given."""
    imported_at: str
    scrubbing: str
    """Surrogates, placeholders, or off."""
    scrub_fingerprint: str
    conversations: int
    messages: int
    replaced: dict[str, int]
    """Replaced spans by type."""
    excluded: dict[str, int]
    """Conversations left out, by reason."""
    rejected: list[dict[str, Any]]
    """The first rows that could not be read: row and reason."""
    rejected_rows: int
    duplicates: int
    """Conversations that the workspace held already."""
    notes: list[str]


class ImportWriter:
    """Collects scrubbed conversations of one import, in parts, and makes them appear all at once."""

    def __init__(self, workspace: Workspace, import_id: str, *, part_size: int = 2_000) -> None:
        self._folder = workspace.conversations / f".{import_id}.parts"
        self._target = workspace.conversations / f"{import_id}.parquet"
        self._import_id = import_id
        self._part_size = part_size
        self._rows: list[dict[str, Any]] = []
        self._parts: list[Path] = []

    def add(self, conversation: Conversation) -> None:
        """Add one conversation."""
        self._rows.append(_row(conversation, self._import_id))
        if len(self._rows) >= self._part_size:
            self._flush()

    def finish(self, record: ImportRecord) -> None:
        """Write the import, sorted by conversation, and then its record."""
        self._flush()
        with atomic_path(self._target) as partial, memory() as connection:
            connection.execute(
                "copy (select * from read_parquet(?) order by conversation_id) to ? (format parquet, compression zstd)",
                [[str(p) for p in self._parts], str(partial)],
            )
        write_json(self._target.with_suffix(".json"), asdict(record))
        self.discard()

    def discard(self) -> None:
        """Remove the unfinished parts."""
        for part in self._folder.glob("*"):
            part.unlink()
        if self._folder.exists():
            self._folder.rmdir()

    def _flush(self) -> None:
        if not self._rows and self._parts:
            return
        part = self._folder / f"{len(self._parts):06}.parquet"
        write_parquet(part, pl.DataFrame(self._rows, schema=SCHEMA))
        self._parts.append(part)
        self._rows = []


def turn_ends(messages: Iterable[Message]) -> list[int]:
    """Return the index of every assistant message that answers a user or tool message."""
    roles = [m.role for m in messages]
    return [i for i in range(1, len(roles)) if roles[i] == "assistant" and roles[i - 1] in ("user", "tool")]


def encode_tool_calls(calls: Iterable[ToolCall]) -> str | None:
    """Return tool calls as JSON text, or None where there are none."""
    rows = [asdict(call) for call in calls]
    return json.dumps(rows, ensure_ascii=False) if rows else None


def decode_tool_calls(text: str | None) -> tuple[ToolCall, ...]:
    """Read what `encode_tool_calls` wrote."""
    return tuple(ToolCall(**row) for row in json.loads(text)) if text else ()


def decode_message(row: dict[str, Any]) -> Message:
    """Read a message as it is stored."""
    return Message(
        role=row["role"],
        content=row["content"],
        tool_calls=decode_tool_calls(row["tool_calls"]),
        tool_call_id=row["tool_call_id"],
        finish_reason=row["finish_reason"],
    )


def import_records(workspace: Workspace) -> list[ImportRecord]:
    """Return the records of all finished imports, oldest first."""
    records = [ImportRecord(**read_json(path)) for path in workspace.conversations.glob("*.json")]
    return sorted(records, key=lambda r: (r.imported_at, r.import_id))


def content_keys(workspace: Workspace) -> set[str]:
    """Return the keyed content hashes of all conversations in the workspace."""
    with memory() as connection:
        files = [str(p) for p in import_files(workspace)]
        if not files:
            return set()
        rows = connection.sql("select content_key from read_parquet(?)", params=[files]).fetchall()
    return {row[0] for row in rows}


def import_files(workspace: Workspace) -> list[Path]:
    """Return the Parquet files of finished imports: those that have a record."""
    return sorted(p.with_suffix(".parquet") for p in workspace.conversations.glob("*.json"))


def _row(conversation: Conversation, import_id: str) -> dict[str, Any]:
    messages = conversation.messages
    started = conversation.started_at
    return {
        "conversation_id": conversation.conversation_id,
        "import_id": import_id,
        "row": conversation.row,
        "source_key": conversation.source_key,
        "content_key": conversation.content_key,
        "model": conversation.model,
        "started_at": started.replace(tzinfo=None) if started else None,
        "user_key": conversation.user_key,
        "language": conversation.language,
        "metadata": json.dumps(dict(conversation.metadata), ensure_ascii=False),
        "messages": [_message_row(m) for m in messages],
        "spans": [asdict(span) for span in conversation.spans],
        "turn_ends": turn_ends(messages),
        "n_messages": len(messages),
        "n_chars": sum(len(m.content) for m in messages),
    }


def _message_row(message: Message) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": message.content,
        "tool_calls": encode_tool_calls(message.tool_calls),
        "tool_call_id": message.tool_call_id,
        "finish_reason": message.finish_reason,
    }
