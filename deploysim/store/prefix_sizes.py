"""How long the prefixes of a sample and their recorded responses are: what it will take to replay them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl

from deploysim.store.given import has_given
from deploysim.store.sample_prefixes import prefix_table, withheld
from deploysim.store.samples import sample_path
from deploysim.store.sql import query_database
from deploysim.store.workspace import Workspace

PART = 10_000
"""Conversations that are measured at a time, about."""


def prefix_sizes(workspace: Workspace, sample_id: str) -> Iterator[pl.DataFrame]:
    """Yield how long each prefix and its recorded response are, for some conversations at a time.

    A rollout takes several requests, and each of them sends again all that came before it.

    Columns: prefix_id, requests, messages sent, and characters by script: prompt_ascii, prompt_other, recorded_ascii,
    recorded_other. The descriptions of tools count as ASCII of the prompt.
    """
    path = sample_path(workspace, sample_id)
    given = "select conversation_id, length(tools) as chars from given"
    tools = given if has_given(path) else "select '' as conversation_id, 0 as chars"
    sql, hidden = _SIZES.format(tools=tools, prefixes=prefix_table(path)), withheld(workspace)
    for start, end in pairwise(_bounds(path)):
        # What a connection has read stays in memory until it is closed.
        yield query_database(path, sql, [start, end, hidden])


def _bounds(path: Path) -> list[str]:
    """Return ids between which there are about so many conversations; the last comes after all."""
    starts = query_database(path, f"select conversation_id as id from conversations where rowid % {PART} = 0")["id"]
    last = query_database(path, "select coalesce(max(conversation_id), '') as id from conversations")["id"][0]
    return ["", *sorted(starts)[1:], f"{last} "]


_SIZES = """
with tools as ({tools}), sizes as (
  select conversation_id, idx, role, length(text) as chars,
    length(regexp_replace(text, '[^\\x00-\\x7F]', '', 'g')) as ascii
  from (select conversation_id, idx, role, content || coalesce(tool_calls, '') as text from messages
    where conversation_id >= $1 and conversation_id < $2)),
sums as (
  select conversation_id, idx, role, chars, ascii,
    coalesce(sum(chars) over before, 0)::bigint as chars_before,
    coalesce(sum(ascii) over before, 0)::bigint as ascii_before
  from sizes window before as
    (partition by conversation_id order by idx rows between unbounded preceding and 1 preceding))
select p.prefix_id, count(*) as requests, sum(s.idx)::bigint as messages,
  sum(s.ascii_before + coalesce(t.chars, 0))::bigint as prompt_ascii,
  sum(s.chars_before - s.ascii_before)::bigint as prompt_other,
  sum(s.ascii)::bigint as recorded_ascii, sum(s.chars - s.ascii)::bigint as recorded_other
from {prefixes} p join sums s on s.conversation_id = p.conversation_id and s.idx >= p.end_index and s.idx < p.until
  and s.role = 'assistant'
left join tools t on t.conversation_id = p.conversation_id
where p.conversation_id >= $1 and p.conversation_id < $2 and not list_contains($3::varchar[], p.conversation_id)
group by p.prefix_id
"""
