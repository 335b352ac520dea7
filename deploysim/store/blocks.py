"""A sample in blocks of whole conversations: the units in which it is sent, stopped and looked at early.

The conversations of a sample, sorted by their ids, are cut into blocks of equal numbers of them, and the blocks are put
into a random order that depends on the sample alone. The first so many blocks are thus a simple random sample of
blocks: every conversation has the same chance to be among them, whatever is in it, and all runs of a sample go through
it in the same order, so that two that stopped early can still be paired. Ids that follow each other lie side by side
on the disk, which makes reading a block cheap in a sample of any size.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deploysim.store.given import NOTHING, Given, has_given, read_given
from deploysim.store.imports import decode_message
from deploysim.store.quarantine import quarantined
from deploysim.store.sample_prefixes import prefix_table
from deploysim.store.samples import sample_path
from deploysim.store.scratch import room_for, scratch
from deploysim.store.sql import query_database, query_each
from deploysim.store.workspace import Workspace
from deploysim.types import Message, Prefix

BLOCK_PREFIXES = 50
"""Prefixes of a block, about."""
LEAST_BLOCKS = 20
"""A small sample is cut into smaller blocks, so that a run that stops early does not lose a large share."""
PAGE = 8
"""Blocks that are read at a time."""
_PART = 5_000


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a sample is cut, and in which order its blocks are sent. What is in a block is on the disk."""

    rows: sqlite3.Connection
    """Conversation id, end index and end of the recorded rollout (0 for a single response) of every prefix, sorted."""
    starts: NDArray[np.int64]
    """Prefix at which each block begins, and the number of prefixes."""
    order: NDArray[np.int64]
    """Numbers of the blocks in the order in which they are sent."""
    conversations: int
    """Conversations of a block."""
    withheld: frozenset[str]
    """Conversations that belong to a block and are not sent."""

    def __len__(self) -> int:
        return len(self.order)

    @property
    def total(self) -> int:
        """Prefixes of all blocks, those withheld included."""
        return int(self.starts[-1])

    def prefixes(self, block: int) -> list[tuple[str, int, int]]:
        """Return conversation id, end index and end of the rollout of a block's prefixes, by conversation and turn."""
        bounds = self.starts[block : block + 2].tolist()
        return [row for row in self.rows.execute(_BLOCK, bounds) if row[0] not in self.withheld]

    def prefix_ids(self, block: int) -> list[str]:
        """Return the ids of a block's prefixes, by conversation and turn."""
        return [f"{conversation_id}:{end}" for conversation_id, end, _ in self.prefixes(block)]

    def first(self, prefixes: int | None) -> list[int]:
        """Return the first blocks that are expected to have so many prefixes, in their order; all where None.

        How many they are depends on sizes alone and never on what is in them.
        """
        share = 1.0 if prefixes is None else min(1.0, prefixes / max(1, self.total))
        blocks: list[int] = self.order[: int(np.ceil(share * len(self.order) - 1e-9))].tolist()
        return blocks


def cut_into_blocks(workspace: Workspace, sample_id: str, *, conversations: int | None = None) -> Blocks:
    """Cut a sample into blocks.

    Args:
        workspace: Where it is.
        sample_id: The sample.
        conversations: Conversations of a block; chosen by the size of the sample where None. A run that goes on names
            its own, so that its blocks stay the same when conversations were erased meanwhile.

    Raises:
        InputError: where the disk has no room for what is in which block.
    """
    with room_for("the order of a sample"):
        rows = sorted_rows(_positions(workspace, sample_id))
    ((total,),) = rows.execute("select count(*) from prefixes")
    size = conversations or _conversations(total, sum(1 for _ in _firsts(rows)))
    starts = np.array([*islice(_firsts(rows), 0, None, size), total], np.int64)
    keys = [hashlib.sha256(f"{sample_id}:{block}".encode()).digest() for block in range(len(starts) - 1)]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    return Blocks(rows, starts, order, size, quarantined(workspace))


def sorted_rows(rows: Iterable[tuple[str, int, int]]) -> sqlite3.Connection:
    """Put conversation id, end index and end of the rollout of prefixes on the disk, sorted by the first two."""
    db = scratch("create table drawn (conversation_id text, end_index integer, until integer)")
    db.executemany("insert into drawn values (?, ?, ?)", rows)
    db.execute("create table prefixes as select * from drawn order by conversation_id, end_index")
    db.execute("drop table drawn")
    return db


def _firsts(rows: sqlite3.Connection) -> Iterator[int]:
    """Yield the place of the first prefix of each conversation."""
    before = None
    for place, (conversation_id,) in enumerate(rows.execute("select conversation_id from prefixes order by rowid")):
        if conversation_id != before:
            yield place
        before = conversation_id


def _positions(workspace: Workspace, sample_id: str) -> Iterator[tuple[str, int, int]]:
    """Yield conversation id, end index and end of the rollout of every prefix, some in memory at a time."""
    path = sample_path(workspace, sample_id)
    ((end,),) = query_database(path, "select coalesce(max(position) + 1, 0) as n from prefixes").rows()
    parts = [[start, start + _PART] for start in range(0, end, _PART)]
    for frame in query_each(path, _POSITIONS.format(prefixes=prefix_table(path)), parts):
        yield from frame.iter_rows()


def read_blocks(
    workspace: Workspace, sample_id: str, blocks: Blocks, wanted: Sequence[int]
) -> Iterator[tuple[int, list[Prefix]]]:
    """Yield blocks with their prefixes, some in memory at a time."""
    path = sample_path(workspace, sample_id)
    any_given = bool(wanted) and has_given(path)
    for start in range(0, len(wanted), PAGE):
        page = {block: rows for block in wanted[start : start + PAGE] if (rows := blocks.prefixes(block))}
        bounds = [(rows[0][0], rows[-1][0]) for rows in page.values()]
        groups = [{conversation_id for conversation_id, *_ in rows} for rows in page.values()]
        given = read_given(path, groups) if any_given else {}
        for (block, rows), messages in zip(page.items(), query_each(path, _MESSAGES, bounds), strict=True):
            yield block, list(_prefixes(rows, messages, given))


def _conversations(prefixes: int, conversations: int) -> int:
    """Return of how many conversations blocks of a sample are made."""
    wanted = min(BLOCK_PREFIXES, prefixes // LEAST_BLOCKS)
    return max(1, round(wanted * conversations / max(1, prefixes)))


def _prefixes(rows: list[tuple[str, int, int]], messages: pl.DataFrame, given: dict[str, Given]) -> Iterator[Prefix]:
    found = groupby(messages.iter_rows(named=True), key=lambda row: (row["conversation_id"], row["started_at"]))
    # Prefixes of one conversation share its messages.
    whole: dict[str, tuple[datetime | None, tuple[Message, ...]]] = {
        c: (at, tuple(map(decode_message, group))) for (c, at), group in found
    }
    for conversation_id, end, until in rows:
        own = given.get(conversation_id, NOTHING)
        at, of = whole[conversation_id]
        yield Prefix(
            f"{conversation_id}:{end}", conversation_id, of[:end], own.tools, own.parameters, of[end:until], at
        )


_POSITIONS = (
    "select conversation_id, end_index, (case when rollout then until else 0 end)::integer as until "
    "from {prefixes} where position >= ? and position < ?"
)
_BLOCK = "select conversation_id, end_index, until from prefixes where rowid > ? and rowid <= ? order by rowid"
_MESSAGES = """
select m.conversation_id, c.started_at, m.role, m.content, m.tool_calls, m.tool_call_id, m.finish_reason
from messages m join conversations c using (conversation_id)
where m.conversation_id between ? and ? order by m.conversation_id, m.idx
"""
