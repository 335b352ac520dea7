"""Many sorted Parquet files as one, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

BUCKET_CHARS = 64_000_000
"""Text that is sorted at a time."""
ROW_GROUP = 2048
"""Rows that a reader takes at a time: one conversation is found by reading a few megabytes of a file of gigabytes."""
_DIGITS = 8


def merge_sorted(parts: Sequence[Path], target: Path, *, id_column: str, size_column: str) -> None:
    """Write files as one, sorted by an id of hexadecimal digits, a range of ids in memory at a time.

    Args:
        parts: Files with the same columns, each sorted by the id.
        target: The file to write.
        id_column: Ids, spread evenly over the range as hashes are.
        size_column: How much text a row holds.
    """
    rows = pl.scan_parquet(list(parts))
    size = int(rows.select(pl.col(size_column).sum()).collect().item() or 0)
    with pq.ParquetWriter(target, pl.read_parquet(parts[0], n_rows=0).to_arrow().schema, compression="zstd") as writer:
        for low, high in _ranges(1 + size // BUCKET_CHARS):
            wanted = pl.col(id_column) >= low
            if high:
                wanted &= pl.col(id_column) < high
            writer.write_table(rows.filter(wanted).collect().sort(id_column).to_arrow(), row_group_size=ROW_GROUP)


def _ranges(buckets: int) -> list[tuple[str, str]]:
    """Return ranges of ids that cover all of them; the last one has no upper end."""
    step = 16**_DIGITS / buckets
    ends = [f"{round(step * number):0{_DIGITS}x}" for number in range(1, buckets)]
    return list(zip(["", *ends], [*ends, ""], strict=True))
