"""The prefixes of a sample, read from its file, whichever version wrote it; those withheld are left out."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.store.given import NOTHING, Given, has_given, read_given
from deploysim.store.imports import decode_message
from deploysim.store.quarantine import quarantined
from deploysim.store.samples import sample_path
from deploysim.store.sql import query_database
from deploysim.store.workspace import Workspace
from deploysim.types import Message, Prefix, Span


@dataclass(frozen=True, slots=True)
class SampledPrefix:
    """One prefix of a sample with what the log answered."""

    prefix: Prefix
    recorded: Message
    """What the log answered; of a rollout, its last response."""
    spans: tuple[Span, ...]
    about: dict[str, Any]


def prefix_index(workspace: Workspace, sample_id: str) -> pl.DataFrame:
    """Return prefix_id, conversation_id, end_index, turn, position, weight, model, language in drawing order."""
    return query_database(
        sample_path(workspace, sample_id),
        "select p.*, c.model, c.language, c.user_key, c.started_at from prefixes p "
        f"join conversations c using (conversation_id) where {_NOT_WITHHELD} order by position",
        [withheld(workspace)],
    )


def prefix_count(workspace: Workspace, sample_id: str) -> int:
    """Return how many prefixes of a sample are not withheld."""
    return int(
        query_database(
            sample_path(workspace, sample_id),
            f"select count(*) as n from prefixes p where {_NOT_WITHHELD}",
            [withheld(workspace)],
        )["n"][0]
    )


def prefixes(workspace: Workspace, sample_id: str, *, batch: int = 500) -> Iterator[SampledPrefix]:
    """Yield the prefixes of a sample with their messages, in drawing order, a batch in memory at a time."""
    path = sample_path(workspace, sample_id)
    hidden, any_given = withheld(workspace), has_given(path)
    total = int(query_database(path, "select count(*) as n from prefixes")["n"][0])
    for start in range(0, total, batch):
        frame = query_database(
            path,
            _prefixes(path) + f"where p.position >= ? and p.position < ? and {_NOT_WITHHELD} order by p.position",
            [start, start + batch, hidden],
        )
        given = read_given(path, [set(frame["conversation_id"])]) if any_given else {}
        for row in frame.iter_rows(named=True):
            yield _sampled(row, given.get(row["conversation_id"], NOTHING))


def get_prefix(workspace: Workspace, sample_id: str, prefix_id: str) -> SampledPrefix | None:
    """Return one prefix of a sample, or None where it has none of that id."""
    return get_prefixes(workspace, sample_id, [prefix_id]).get(prefix_id)


def get_prefixes(workspace: Workspace, sample_id: str, prefix_ids: Sequence[str]) -> dict[str, SampledPrefix]:
    """Return some prefixes of a sample by their id, those that it has, in drawing order."""
    where = f"where list_contains(?::varchar[], p.prefix_id) and {_NOT_WITHHELD} order by p.position"
    params = [list(prefix_ids), withheld(workspace)]
    path = sample_path(workspace, sample_id)
    frame = query_database(path, _prefixes(path) + where, params)
    given = read_given(path, [set(frame["conversation_id"])]) if has_given(path) else {}
    rows = frame.iter_rows(named=True)
    return {row["prefix_id"]: _sampled(row, given.get(row["conversation_id"], NOTHING)) for row in rows}


def recorded_responses(workspace: Workspace, sample_id: str) -> pl.DataFrame:
    """Return what the log answered to each prefix: prefix_id, text, tool_calls and finish_reason.

    Of a rollout these are those of its last response.
    """
    path = sample_path(workspace, sample_id)
    return query_database(
        path,
        f"select p.prefix_id, m.content as text, m.tool_calls, m.finish_reason from {prefix_table(path)} p "
        "join messages m on m.conversation_id = p.conversation_id and m.idx = p.answer_index "
        f"where {_NOT_WITHHELD} order by p.position",
        [withheld(workspace)],
    )


def sampled_turns(workspace: Workspace, sample_id: str) -> pl.DataFrame:
    """Return prefix_id, source_key and turn of every prefix: how responses made elsewhere find their prefix."""
    return query_database(
        sample_path(workspace, sample_id),
        "select p.prefix_id, p.conversation_id, p.turn, p.turn = p.turns as last_turn, c.source_key "
        f"from prefixes p join conversations c using (conversation_id) where {_NOT_WITHHELD} order by position",
        [withheld(workspace)],
    )


_NOT_WITHHELD = "not list_contains(?::varchar[], p.conversation_id)"


def withheld(workspace: Workspace) -> list[str]:
    """Return the conversations that no question about a sample is answered with, as a parameter of SQL."""
    return sorted(quarantined(workspace))


def _sampled(row: dict[str, Any], given: Given) -> SampledPrefix:
    messages = [decode_message(m) for m in row["messages"]]
    end = row["end_index"]
    return SampledPrefix(
        prefix=Prefix(
            prefix_id=row["prefix_id"],
            conversation_id=row["conversation_id"],
            messages=tuple(messages[:end]),
            tools=given.tools,
            parameters=given.parameters,
            followed_by=tuple(messages[end:]) if row["rollout"] else (),
            started_at=row["started_at"],
        ),
        recorded=messages[row["answer_index"]],
        spans=tuple(Span(**s) for s in row["spans"] or []),
        about={key: row[key] for key in ("model", "started_at", "language", "turn", "position", "weight")},
    )


def prefix_table(path: Path) -> str:
    """Return what to read a sample's prefixes from, with where the recorded response of each begins and ends.

    `until` is the index behind it and `answer_index` that of its last response; `rollout` says whether it is an agent's
    whole rollout. A file made before there were rollouts has single responses only.
    """
    if _knows_rollouts(path, path.stat().st_mtime_ns):
        return "prefixes"
    return "(select *, end_index + 1 as until, end_index as answer_index, false as rollout from prefixes)"


@functools.lru_cache(maxsize=32)
def _knows_rollouts(path: Path, changed: int) -> bool:
    columns = "select column_name from duckdb_columns() where table_name = 'prefixes' and column_name = 'rollout'"
    return query_database(path, columns).height > 0


_MESSAGE = "struct_pack(role := m.role, content := m.content, tool_calls := m.tool_calls, " + (
    "tool_call_id := m.tool_call_id, finish_reason := m.finish_reason)"
)
_SPAN = 'struct_pack(message := s.message, "start" := s."start", "end" := s."end", entity := s.entity)'


def _prefixes(path: Path) -> str:
    return _PREFIXES.replace("from prefixes p", f"from {prefix_table(path)} p")


_PREFIXES = f"""
select p.prefix_id, p.conversation_id, p.turn, p.position, p.weight, p.end_index, p.answer_index, p.rollout,
  c.model, c.started_at, c.language,
  (select list({_MESSAGE} order by m.idx) from messages m
    where m.conversation_id = p.conversation_id and m.idx < p.until) as messages,
  (select list({_SPAN} order by s.message, s."start") from spans s
    where s.conversation_id = p.conversation_id and s.message < p.until) as spans
from prefixes p join conversations c using (conversation_id)
"""
