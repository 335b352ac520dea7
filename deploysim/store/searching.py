"""Finding prefixes by words, and what was asked last in each."""

from __future__ import annotations

import polars as pl

from deploysim.store.responses import responses
from deploysim.store.sample_prefixes import prefix_table
from deploysim.store.samples import sample_path
from deploysim.store.sql import query_database
from deploysim.store.workspace import Workspace

_HOLDING = """
select p.prefix_id from {prefixes} p where exists (
  select 1 from messages m where m.conversation_id = p.conversation_id and m.idx < p.until
    and contains(lower(m.content || coalesce(m.tool_calls, '')), lower(?)))
"""
_ASKED = """
select p.prefix_id, (
  select m.content from messages m where m.conversation_id = p.conversation_id and m.idx < p.end_index
    and m.role = 'user' order by m.idx desc limit 1) as asked
from prefixes p
"""


def prefixes_holding(workspace: Workspace, sample_id: str, words: str) -> frozenset[str]:
    """Return the prefixes whose messages or recorded response hold the words, in large or small letters."""
    path = sample_path(workspace, sample_id)
    return frozenset(query_database(path, _HOLDING.format(prefixes=prefix_table(path)), [words])["prefix_id"])


def responses_holding(workspace: Workspace, run_id: str, words: str) -> frozenset[str]:
    """Return the prefixes to which a run gave a response that holds the words, in large or small letters."""
    said = pl.concat_str(pl.col("text", "tool_calls", "steps").fill_null("")).str.to_lowercase()
    found = responses(workspace, run_id).filter(said.str.contains(words.lower(), literal=True))
    return frozenset(found["prefix_id"])


def last_user_messages(workspace: Workspace, sample_id: str) -> pl.DataFrame:
    """Return prefix_id and asked: the last user message before each response; none where there is none."""
    return query_database(sample_path(workspace, sample_id), _ASKED)
