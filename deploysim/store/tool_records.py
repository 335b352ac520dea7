"""Recorded tool calls of all imported conversations: found by what they say, and by what is like it.

Only pointers and the beginnings of arguments are kept in memory; a result is read from its import when it is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from deploysim.store.given import has_given
from deploysim.store.imports import decode_message, import_files
from deploysim.store.quarantine import quarantined
from deploysim.store.sample_prefixes import prefix_table
from deploysim.store.samples import sample_path
from deploysim.store.sql import memory, query, query_database
from deploysim.store.workspace import Workspace
from deploysim.types import Message

LOOKED_AT = 20_000
"""Most calls of one tool among which similar ones are looked for, drawn by hash."""
_ARGUMENTS = 600
_PAGE = 50


@dataclass(frozen=True, slots=True)
class AgentConversation:
    """One imported conversation with tool calls."""

    conversation_id: str
    file: str
    """The import that holds it."""
    started_at: datetime | None
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """Where one recorded call is."""

    key: str
    """What two calls share that are the same."""
    tool: str
    arguments: str
    conversation_id: str
    started_at: datetime | None
    file: str
    call_index: int
    """Index of the assistant message."""
    call_id: str
    result_index: int
    """Index of the tool message."""


def agent_conversations(workspace: Workspace) -> Iterator[AgentConversation]:
    """Yield the imported conversations that have tool calls, some in memory at a time; withheld ones are left out."""
    files = [str(path) for path in import_files(workspace)]
    withheld = sorted(quarantined(workspace))
    with memory() as connection:
        # One file after another: a reader of several has to know the columns of all.
        for file in files:
            found = connection.execute(_AGENTS, [file, withheld])
            while page := found.fetchmany(_PAGE):
                for conversation_id, started_at, messages in page:
                    yield AgentConversation(
                        conversation_id, file, started_at, tuple(decode_message(m) for m in messages)
                    )


def sampled_calls(workspace: Workspace, sample_id: str) -> Iterator[tuple[str, str]]:
    """Yield system prompt and tool calls (as JSON text) of every message of a sample that calls tools."""
    yield from query_database(sample_path(workspace, sample_id), _SAMPLED_CALLS).iter_rows()


def rollout_count(workspace: Workspace, sample_id: str) -> int:
    """Return how many prefixes of a sample have a whole rollout for a response."""
    path = sample_path(workspace, sample_id)
    return int(query_database(path, f"select count(*) as n from {prefix_table(path)} where rollout")["n"][0])


def has_tools(workspace: Workspace, sample_id: str) -> bool:
    """Say whether any conversation of a sample calls tools, or was offered some."""
    path = sample_path(workspace, sample_id)
    calls = "exists (select 1 from messages where tool_calls is not null)"
    offers = "exists (select 1 from given where tools is not null)" if has_given(path) else "false"
    return bool(query_database(path, f"select {calls} or {offers} as found")["found"][0])


class ToolRecords:
    """Recorded calls in memory, to be asked from several threads. Use it in a with block."""

    def __init__(self, calls: Iterable[RecordedCall]) -> None:
        self._calls = calls
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._opened = memory()
        self._connection = self._opened.__enter__()
        self._connection.execute(_TABLE)
        page: list[list[Any]] = []
        for call in self._calls:
            page.append([getattr(call, name) for name in _COLUMNS])
            if len(page) >= 2_000:
                self._insert(page)
                page = []
        self._insert(page)
        self._connection.execute("create index by_key on calls (key_hash)")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opened.__exit__(kind, error, at)

    def _insert(self, page: list[list[Any]]) -> None:
        if page:
            self._connection.executemany(_INSERT, page)

    def same(self, key: str) -> list[RecordedCall]:
        """Return the calls that are the same as one, by its key."""
        return self._found("select * exclude (key_hash) from calls where key_hash = hash(?) and key = ?", [key, key])

    def similar(self, tool: str, arguments: str, *, but: str, limit: int) -> list[RecordedCall]:
        """Return calls of a tool whose arguments are like some: first those that share most of the rarer words.

        Args:
            tool: Name of the tool.
            arguments: What the call says.
            but: A conversation whose calls are left out.
            limit: Most that are returned.
        """
        return self._found(_SIMILAR, [tool, but, LOOKED_AT, arguments[:_ARGUMENTS], limit])

    def _found(self, sql: str, params: list[Any]) -> list[RecordedCall]:
        with self._lock:
            rows = self._connection.execute(sql, params).fetchall()
        return [RecordedCall(*row) for row in rows]


def recorded_messages(call: RecordedCall) -> tuple[Message, Message]:
    """Return the message that makes a recorded call and the one with its result."""
    frame = query(
        "select messages[?] as made, messages[?] as given from read_parquet(?) where conversation_id = ?",
        [call.call_index + 1, call.result_index + 1, call.file, call.conversation_id],
    )
    row = frame.row(0, named=True)
    return decode_message(row["made"]), decode_message(row["given"])


_COLUMNS = tuple(RecordedCall.__slots__)
_TABLE = (
    "create table calls (key varchar, tool varchar, arguments varchar, conversation_id varchar, started_at timestamp, "
    "file varchar, call_index integer, call_id varchar, result_index integer, key_hash ubigint)"
)
_INSERT = f"insert into calls select k, t, left(a, {_ARGUMENTS}), c, s, f, i, d, r, hash(k) from " + (
    "(values (?, ?, ?, ?, ?, ?, ?, ?, ?)) v(k, t, a, c, s, f, i, d, r)"
)
_AGENTS = """
select conversation_id, started_at, messages from read_parquet(?)
where len(list_filter(messages, lambda m: m.tool_calls is not null)) > 0
  and conversation_id not in (select unnest(?::varchar[]))
"""
_SAMPLED_CALLS = """
select coalesce(s.content, '') as system, m.tool_calls from messages m
left join (select conversation_id, any_value(content order by idx) as content from messages
  where role = 'system' and idx = 0 group by conversation_id) s using (conversation_id)
where m.tool_calls is not null order by m.conversation_id, m.idx
"""
_SIMILAR = r"""
with drawn as (
  select *, list_distinct(regexp_extract_all(lower(arguments), '[\pL\pN]+')) as words from calls
  where tool = ? and conversation_id <> ? order by key_hash limit ?),
asked as (select ? as arguments),
wanted as (select distinct unnest(regexp_extract_all(lower(arguments), '[\pL\pN]+')) as word from asked),
rarity as (
  select word, ln(1 + (select count(*) from drawn) / count(*)) as weight
  from (select unnest(words) as word from drawn) join wanted using (word) group by word),
scored as (
  select d.rowid_, sum(r.weight) as score from (select row_number() over () as rowid_, words from drawn) d,
  unnest(d.words) as u(word) join rarity r on r.word = u.word group by d.rowid_)
select key, tool, arguments, conversation_id, started_at, file, call_index, call_id, result_index
from (select row_number() over () as rowid_, * from drawn) d left join scored s using (rowid_)
order by coalesce(s.score, 0) desc, jaccard(d.arguments || ' ', (select arguments || ' ' from asked)) desc, conversation_id
limit ?
"""
