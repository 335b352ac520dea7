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
    columns = _table([], schema).schema
    # Whoever opens the file reads least and greatest values of all its parts: of texts they would be whole texts.
    options = {"compression": "zstd", "write_statistics": ["prefix_id", "repeat"]}
    with atomic_path(target) as partial, pq.ParquetWriter(partial, columns, **options) as writer:
        for offsets in outcomes.offsets(ROW_GROUP):
            writer.write_table(_table(rows_at(journal, offsets), schema))


def _table(rows: Iterable[dict[str, Any]], schema: dict[str, DataType]) -> Any:
    frame = pl.DataFrame(list(_known(rows, schema)), schema=schema)
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _known(rows: Iterable[dict[str, Any]], schema: dict[str, DataType]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {name: row.get(name) for name in schema}
