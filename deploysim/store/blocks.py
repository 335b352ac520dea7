"""A sample in blocks of whole conversations: the units in which it is sent, stopped and looked at early.

The conversations of a sample, sorted by their ids, are cut into blocks of equal numbers of them, and the blocks are put
into a random order that depends on the sample alone. The first so many blocks are thus a simple random sample of
blocks: every conversation has the same chance to be among them, whatever is in it, and all runs of a sample go through
it in the same order, so that two that stopped early can still be paired. Ids that follow each other lie side by side
on the disk, which makes reading a block cheap in a sample of any size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deploysim.store.imports import decode_message
from deploysim.store.quarantine import quarantined
from deploysim.store.samples import sample_path
from deploysim.store.sql import query_database, query_each
from deploysim.store.workspace import Workspace
from deploysim.types import Message, Prefix

BLOCK_PREFIXES = 50
"""Prefixes of a block, about."""
LEAST_BLOCKS = 20
"""A small sample is cut into smaller blocks, so that a run that stops early does not lose a large share."""
PAGE = 8
"""Blocks that are read at a time."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a sample is cut, and in which order its blocks are sent."""

    index: pl.DataFrame
    """Conversation id, end index and whether it is withheld, of every prefix, by conversation and turn."""
    starts: NDArray[np.int64]
    """Row of the index at which each block begins, and the number of rows."""
    order: NDArray[np.int64]
    """Numbers of the blocks in the order in which they are sent."""
    conversations: int
    """Conversations of a block."""

    def __len__(self) -> int:
        return len(self.order)

    def rows(self, block: int) -> pl.DataFrame:
        """Return the index of one block, without what is withheld."""
        start, end = self.starts[block], self.starts[block + 1]
        return self.index.slice(int(start), int(end - start)).filter(~pl.col("withheld"))

    def prefix_ids(self, block: int) -> list[str]:
        """Return the ids of a block's prefixes, by conversation and turn."""
        rows = self.rows(block)
        return [f"{c}:{end}" for c, end in zip(rows["conversation_id"], rows["end_index"], strict=True)]

    def first(self, prefixes: int | None) -> list[int]:
        """Return the first blocks that are expected to have so many prefixes, in their order; all where None.

        How many they are depends on sizes alone and never on what is in them.
        """
        share = 1.0 if prefixes is None else min(1.0, prefixes / max(1, self.index.height))
        return [int(block) for block in self.order[: int(np.ceil(share * len(self.order) - 1e-9))]]


def cut_into_blocks(workspace: Workspace, sample_id: str, *, conversations: int | None = None) -> Blocks:
    """Cut a sample into blocks.

    Args:
        workspace: Where it is.
        sample_id: The sample.
        conversations: Conversations of a block; chosen by the size of the sample where None. A run that goes on names
            its own, so that its blocks stay the same when conversations were erased meanwhile.
    """
    index = query_database(
        sample_path(workspace, sample_id),
        "select conversation_id, end_index, list_contains(?::varchar[], conversation_id) as withheld from prefixes "
        "order by conversation_id, end_index",
        [sorted(quarantined(workspace))],
    )
    firsts = np.flatnonzero(index.select(pl.col("conversation_id").rle_id().diff().fill_null(1)).to_series().to_numpy())
    size = conversations or _conversations(index.height, len(firsts))
    starts = np.append(firsts[::size], index.height).astype(np.int64)
    keys = [hashlib.sha256(f"{sample_id}:{block}".encode()).digest() for block in range(len(starts) - 1)]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    return Blocks(index, starts, order, size)


def read_blocks(
    workspace: Workspace, sample_id: str, blocks: Blocks, wanted: Sequence[int]
) -> Iterator[tuple[int, list[Prefix]]]:
    """Yield blocks with their prefixes, some in memory at a time."""
    for start in range(0, len(wanted), PAGE):
        page = [block for block in wanted[start : start + PAGE] if blocks.rows(block).height]
        bounds = [_bounds(blocks.rows(block)) for block in page]
        for block, frame in zip(page, query_each(sample_path(workspace, sample_id), _MESSAGES, bounds), strict=True):
            yield block, list(_prefixes(blocks.rows(block), frame))


def _conversations(prefixes: int, conversations: int) -> int:
    """Return of how many conversations blocks of a sample are made."""
    wanted = min(BLOCK_PREFIXES, prefixes // LEAST_BLOCKS)
    return max(1, round(wanted * conversations / max(1, prefixes)))


def _bounds(rows: pl.DataFrame) -> Sequence[str]:
    return rows["conversation_id"][0], rows["conversation_id"][-1]


def _prefixes(rows: pl.DataFrame, messages: pl.DataFrame) -> Iterator[Prefix]:
    found = groupby(messages.iter_rows(named=True), key=lambda row: row["conversation_id"])
    # Prefixes of one conversation share its messages.
    whole: dict[str, tuple[Message, ...]] = {c: tuple(map(decode_message, group)) for c, group in found}
    for conversation_id, end in rows.select("conversation_id", "end_index").iter_rows():
        yield Prefix(f"{conversation_id}:{end}", conversation_id, whole[conversation_id][:end])


_MESSAGES = """
select conversation_id, role, content, tool_calls, tool_call_id, finish_reason from messages
where conversation_id between ? and ? order by conversation_id, idx
"""
