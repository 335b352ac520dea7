"""A run's journal written as Parquet, some thousand rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from deploysim.store.files import atomic_path
from deploysim.store.imports import DataType
from deploysim.store.outcomes import Outcomes, rows_at

ROW_GROUP = 2_048


def seal_journal(journal: Path, outcomes: Outcomes, target: Path, *, schema: dict[str, DataType]) -> None:
    """Write the newest row of each prefix and repeat that counts as Parquet, sorted by both.

    Args:
        journal: Where the rows are.
        outcomes: What it holds.
        target: The file to write.
        schema: Its columns; what a row lacks is null.
    """
    write_rows(target, (rows_at(journal, some) for some in outcomes.offsets(ROW_GROUP)), schema=schema)


def write_rows(target: Path, groups: Iterable[Iterable[dict[str, Any]]], *, schema: dict[str, DataType]) -> None:
    """Write groups of rows as the row groups of one Parquet file, by atomic rename."""
    empty = _table([], schema)
    with atomic_path(target) as partial, pq.ParquetWriter(partial, empty.schema, compression="zstd") as writer:
        for group in groups:
            writer.write_table(_table(group, schema))


def _table(rows: Iterable[dict[str, Any]], schema: dict[str, DataType]) -> Any:
    frame = pl.DataFrame(list(_known(rows, schema)), schema=schema)
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _known(rows: Iterable[dict[str, Any]], schema: dict[str, DataType]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {name: row.get(name) for name in schema}
