"""Imports: scrubbed conversations in Parquet, and beside each a record of what was read and what was left out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from deploysim.store.files import read_json
from deploysim.store.sql import query
from deploysim.store.workspace import Workspace
from deploysim.types import Conversation, Message, ToolCall

DataType = pl.DataType | type[pl.DataType]
OPENING_CHARS = 200

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
    "tools": pl.String,
    "parameters": pl.String,
    "messages": pl.List(MESSAGE),
    "spans": pl.List(SPAN),
    "turn_ends": pl.List(pl.Int32),
    "rollout_ends": pl.List(pl.Int32),
    "n_messages": pl.Int32,
    "n_chars": pl.Int64,
    "opening": pl.String,
}
"""`started_at` is UTC. `opening` is the beginning of the first user message, for lists: a million rows are listed
without their messages. `turn_ends` holds the index of every assistant message that can be replayed: a user or tool
message stands right before it. `rollout_ends` holds those of them that answer the user, where the conversation has tool
calls, and is null where it has none. `tools` is a JSON array and `parameters` a JSON object, null where the log has none.
Imports that were made before there were these three lack them."""


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

    def scrubbed_how(self) -> str:
        """Return the mode of scrubbing and the policy's fingerprint, in words."""
        return f"{self.scrubbing} ({self.scrub_fingerprint[:12]})" if self.scrub_fingerprint else self.scrubbing


def turn_ends(messages: Iterable[Message]) -> list[int]:
    """Return the index of every assistant message that answers a user or tool message."""
    roles = [m.role for m in messages]
    return [i for i in range(1, len(roles)) if roles[i] == "assistant" and roles[i - 1] in ("user", "tool")]


def rollout_ends(messages: Sequence[Message]) -> list[int] | None:
    """Return where an agent's rollouts begin: the replies to a user's message. None where no tool is called."""
    if not any(message.tool_calls for message in messages):
        return None
    return [end for end in turn_ends(messages) if messages[end - 1].role == "user"]


def encode_tool_calls(calls: Iterable[ToolCall]) -> str | None:
    """Return tool calls as JSON text, or None where there are none."""
    rows = [asdict(call) for call in calls]
    return json.dumps(rows, ensure_ascii=False) if rows else None


def decode_tool_calls(text: str | None) -> tuple[ToolCall, ...]:
    """Read what `encode_tool_calls` wrote."""
    return tuple(ToolCall(**row) for row in json.loads(text)) if text else ()


def encode_tools(tools: Collection[str]) -> str | None:
    """Return descriptions of tools as one JSON array, or None where there are none."""
    return f"[{', '.join(tools)}]" if tools else None


def decode_tools(text: str | None) -> tuple[str, ...]:
    """Read what `encode_tools` wrote."""
    return tuple(json.dumps(tool, ensure_ascii=False) for tool in json.loads(text)) if text else ()


def encode_parameters(parameters: Iterable[tuple[str, str]]) -> str | None:
    """Return parameters as one JSON object, or None where there are none."""
    values = {name: json.loads(value) for name, value in parameters}
    return json.dumps(values, ensure_ascii=False) if values else None


def decode_parameters(text: str | None) -> tuple[tuple[str, str], ...]:
    """Read what `encode_parameters` wrote."""
    found = json.loads(text) if text else {}
    return tuple((name, json.dumps(value, ensure_ascii=False)) for name, value in found.items())


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


def remove_import(workspace: Workspace, import_id: str) -> None:
    """Remove an import that another one has taken the place of; the record goes first, so that readers see it whole."""
    for suffix in (".json", ".parquet"):
        (workspace.conversations / f"{import_id}{suffix}").unlink(missing_ok=True)


def content_keys(workspace: Workspace, *, but: Collection[str] = ()) -> set[str]:
    """Return the keyed content hashes of all conversations in the workspace, those of the imports `but` aside."""
    files = [str(path) for path in import_files(workspace) if path.stem not in but]
    if not files:
        return set()
    return set(query("select content_key from read_parquet(?, union_by_name = true)", [files])["content_key"])


def import_files(workspace: Workspace) -> list[Path]:
    """Return the Parquet files of finished imports: those that have a record."""
    return sorted(p.with_suffix(".parquet") for p in workspace.conversations.glob("*.json"))


def has_column(workspace: Workspace, name: str) -> bool:
    """Say whether any import has a column: those that were made before there was it have not."""
    return any(name in pq.read_schema(path).names for path in import_files(workspace))


def conversation_row(conversation: Conversation, import_id: str) -> dict[str, Any]:
    """Return a conversation as it is stored, by the columns of `SCHEMA`."""
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
        "tools": encode_tools(conversation.tools),
        "parameters": encode_parameters(conversation.parameters),
        "messages": [_message_row(m) for m in messages],
        "spans": [asdict(span) for span in conversation.spans],
        "turn_ends": turn_ends(messages),
        "rollout_ends": rollout_ends(messages),
        "n_messages": len(messages),
        "n_chars": sum(len(m.content) for m in messages),
        "opening": next((m.content[:OPENING_CHARS] for m in messages if m.role == "user"), ""),
    }


def _message_row(message: Message) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": message.content,
        "tool_calls": encode_tool_calls(message.tool_calls),
        "tool_call_id": message.tool_call_id,
        "finish_reason": message.finish_reason,
    }
