"""Questions about imported conversations: the index for sampling, lists for pages, one in full."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from deploysim.errors import NotFoundError
from deploysim.store.imports import SCHEMA, DataType, decode_message, import_files
from deploysim.store.quarantine import quarantined
from deploysim.store.sql import query
from deploysim.store.workspace import Workspace
from deploysim.types import Message, Span

_LISTED = [
    "conversation_id",
    "import_id",
    "model",
    "started_at",
    "user_key",
    "language",
    "n_messages",
    "n_chars",
]
_HAVING_ROLLOUTS = "select distinct file_name from parquet_schema(?) where name = 'rollout_ends'"
_FOUND_ROLLOUTS = (
    "case when len(list_filter(messages, lambda m: m.tool_calls is not null)) > 0 "
    "then list_filter(turn_ends, lambda i: messages[i].role = 'user') end"
)
_NEWEST_FIRST = "order by started_at desc nulls last, conversation_id"


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations a list shows. None means any."""

    models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    import_id: str | None = None
    text: str = ""
    """Words that some message contains, letter case ignored."""


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """One page of a list."""

    rows: pl.DataFrame
    total: int


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """One conversation in full, for reading."""

    about: dict[str, Any]
    messages: tuple[Message, ...]
    spans: tuple[Span, ...]
    turn_ends: tuple[int, ...]


def conversation_index(workspace: Workspace) -> pl.DataFrame:
    """Return one row per conversation without its messages: what sampling needs."""
    columns = [*_LISTED, "row", "turn_ends", "rollout_ends"]
    files = [str(path) for path in import_files(workspace)]
    newer = set(query(_HAVING_ROLLOUTS, [files])["file_name"]) if files else set()
    # Only in imports made before it was kept does it have to be found in the messages.
    parts = [
        (newer, f"select {', '.join(columns)} from conversations"),
        (set(files) - newer, f"select {', '.join(columns[:-1])}, {_FOUND_ROLLOUTS} as rollout_ends from conversations"),
    ]
    frames = [_query(workspace, sql, columns=columns, files=sorted(some)) for some, sql in parts if some]
    return pl.concat(frames) if frames else _query(workspace, "", columns=columns)


def list_conversations(
    workspace: Workspace, wanted: ConversationFilter, *, offset: int, limit: int
) -> ConversationPage:
    """Return one page of conversations, newest first, undated ones last."""
    # First the ids alone: to sort the openings of a million conversations takes several times as long.
    page = _searched(workspace, wanted, offset, limit) if wanted.text else _filtered(workspace, wanted, offset, limit)
    columns = [*_LISTED, "opening"]
    rows = _query(
        workspace,
        f"select {', '.join(columns)} from conversations where list_contains(?::varchar[], conversation_id) {_NEWEST_FIRST}",
        [page.ids],
        columns=columns,
    )
    return ConversationPage(rows=rows, total=page.total)


@dataclass(frozen=True, slots=True)
class _Ids:
    """The conversations of one page of a list."""

    ids: list[str]
    total: int


def _filtered(workspace: Workspace, wanted: ConversationFilter, offset: int, limit: int) -> _Ids:
    where, params = _where(wanted)
    found = _query(
        workspace,
        f"select conversation_id from conversations {where} {_NEWEST_FIRST} limit ? offset ?",
        [*params, limit, offset],
        columns=["conversation_id"],
    )
    total = _query(workspace, f"select count(*) as n from conversations {where}", params, columns=["n"])
    return _Ids(found["conversation_id"].to_list(), int(total["n"][0]) if total.height else 0)


def _searched(workspace: Workspace, wanted: ConversationFilter, offset: int, limit: int) -> _Ids:
    """Every message is read, and only once: what is found is counted here."""
    where, params = _where(wanted)
    found = _query(
        workspace,
        f"select conversation_id from conversations {where} {_NEWEST_FIRST}",
        params,
        columns=["conversation_id"],
    )["conversation_id"]
    return _Ids(found[offset : offset + limit].to_list(), found.len())


def message_order(workspace: Workspace, *, seed: int, limit: int) -> pl.DataFrame:
    """Return conversation_id and message (an index) of messages in random order, each as likely as any other.

    Withheld conversations are among them: whoever judges the scrubbing must not lose what was found.

    Args:
        workspace: Where the conversations are.
        seed: The same seed gives the same order on any machine.
        limit: How many to return.
    """
    return _query(
        workspace,
        "select conversation_id, message from (select conversation_id, "
        "unnest(generate_series(0, n_messages - 1))::integer as message from conversations) "
        "order by md5(? || ':' || conversation_id || ':' || message), conversation_id, message limit ?",
        [str(seed), limit],
        columns=["conversation_id", "message"],
        withheld_too=True,
    )


def message_count(workspace: Workspace, *, import_ids: Collection[str] | None = None) -> tuple[int, int]:
    """Return how many messages and conversations there are, in some imports or in all, withheld ones included."""
    found = _query(
        workspace,
        "select coalesce(sum(n_messages), 0)::bigint as n, count(*) as spans from conversations "
        "where ? or list_contains(?::varchar[], import_id)",
        [import_ids is None, sorted(import_ids or ())],
        columns=["n", "spans"],
        withheld_too=True,
    )
    return found.row(0) if found.height else (0, 0)


def get_conversation(workspace: Workspace, conversation_id: str, *, withheld_too: bool = False) -> StoredConversation:
    """Return one conversation in full.

    Raises:
        NotFoundError: where the workspace has none of that id, or withholds it.
    """
    found = _query(
        workspace,
        "select * from conversations where conversation_id = ?",
        [conversation_id],
        withheld_too=withheld_too,
    )
    if not found.height:
        raise NotFoundError(
            "The workspace has no conversation of that id.",
            next_step="open it from the Conversations page; it may have been removed or withheld since the link was made",
        )
    row = found.row(0, named=True)
    return StoredConversation(
        about={key: row[key] for key in (*_LISTED, "metadata", "row")},
        messages=tuple(decode_message(m) for m in row["messages"]),
        spans=tuple(Span(**s) for s in row["spans"]),
        turn_ends=tuple(row["turn_ends"]),
    )


def facets(workspace: Workspace) -> pl.DataFrame:
    """Return counts by model and language, for filters."""
    columns = ["model", "language", "n"]
    return _query(
        workspace,
        "select model, language, count(*) as n from conversations group by all order by n desc, model, language",
        columns=columns,
    )


def replaced_counts(workspace: Workspace) -> pl.DataFrame:
    """Return, per type of personal data, how many spans were replaced and in how many conversations."""
    return _query(
        workspace,
        "select entity, count(*) as spans, count(distinct conversation_id) as conversations from "
        "(select conversation_id, unnest(spans).entity as entity from conversations) "
        "group by entity order by spans desc, entity",
        columns=["entity", "spans", "conversations"],
    )


def conversations_with_entity(workspace: Workspace, entity: str | None, *, offset: int, limit: int) -> ConversationPage:
    """Return a page of conversations that hold a replaced span of a type (of any type where None)."""
    where = (
        "where len(spans) > 0"
        if entity is None
        else "where list_contains(list_transform(spans, lambda s: s.entity), ?)"
    )
    params: list[Any] = [] if entity is None else [entity]
    rows = _query(
        workspace,
        f"select conversation_id, len(spans) as spans, n_messages, started_at from conversations {where} "
        "order by conversation_id limit ? offset ?",
        [*params, limit, offset],
        columns=["conversation_id", "spans", "n_messages", "started_at"],
    )
    total = _query(workspace, f"select count(*) as n from conversations {where}", params, columns=["n"])
    return ConversationPage(rows=rows, total=int(total["n"][0]) if total.height else 0)


def _where(wanted: ConversationFilter) -> tuple[str, list[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    for column, values in (("model", wanted.models), ("language", wanted.languages)):
        if values:
            parts.append(f"list_contains(?::varchar[], {column})")
            params.append(list(values))
    if wanted.import_id:
        parts.append("import_id = ?")
        params.append(wanted.import_id)
    if wanted.text:
        parts.append("len(list_filter(messages, lambda m: contains(lower(m.content), lower(?)))) > 0")
        params.append(wanted.text)
    return ("where " + " and ".join(parts) if parts else ""), params


def _query(
    workspace: Workspace,
    sql: str,
    params: list[Any] | None = None,
    *,
    columns: list[str] | None = None,
    withheld_too: bool = False,
    files: Sequence[str] | None = None,
) -> pl.DataFrame:
    files = [str(p) for p in import_files(workspace)] if files is None else files
    if not files:
        types: dict[str, DataType] = {**SCHEMA, "n": pl.Int64, "spans": pl.Int64} if columns else SCHEMA
        return pl.DataFrame(schema={c: types.get(c, pl.String) for c in (columns or SCHEMA)})
    withheld = sorted(quarantined(workspace)) if not withheld_too else []
    # A join, where list_contains would compare every conversation with every withheld one.
    source = "from read_parquet(?, union_by_name = true) where conversation_id not in (select unnest(?::varchar[]))"
    if not withheld:
        return query(
            f"with conversations as (from read_parquet(?, union_by_name = true)) {sql}", [files, *(params or [])]
        )
    return query(f"with conversations as ({source}) {sql}", [files, withheld, *(params or [])])
