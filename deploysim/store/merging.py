"""Many sorted Parquet files as one, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BUCKET_CHARS = 64_000_000
"""Text that is sorted at a time."""
ROW_GROUP = 2048
"""Rows that a reader takes at a time: one conversation is found by reading a few megabytes of a file of gigabytes."""
PART_GROUP = 128
"""Rows of a part that are read at a time: of every part no more than these wait in memory."""
_DIGITS = 8


def merge_sorted(
    parts: Sequence[Path],
    target: Path,
    *,
    id_column: str,
    size_column: str,
    written: Callable[[int], None] = lambda rows: None,
) -> None:
    """Write files as one, sorted by an id of hexadecimal digits, a range of ids in memory at a time.

    Each file is read once, from its beginning to its end.

    Args:
        parts: Files with the same columns, each sorted by the id.
        target: The file to write.
        id_column: Ids, spread evenly over the range as hashes are.
        size_column: How much text a row holds.
        written: Told how many more rows stand in the target.
    """
    size = int(pl.scan_parquet(list(parts)).select(pl.col(size_column).sum()).collect().item() or 0)
    readers = [_Reader(path, id_column) for path in parts]
    with pq.ParquetWriter(target, readers[0].rest.schema, compression="zstd") as writer:
        for end in _ends(1 + size // BUCKET_CHARS):
            piece = pa.concat_tables([table for reader in readers for table in reader.below(end)])
            writer.write_table(piece.sort_by(id_column), row_group_size=ROW_GROUP)
            written(piece.num_rows)


class _Reader:
    """One sorted file, read from its beginning to its end a few rows at a time."""

    def __init__(self, path: Path, id_column: str) -> None:
        self._path = path
        self._id_column = id_column
        self._groups = iter(range(pq.read_metadata(path).num_row_groups))
        self.rest = pq.read_schema(path).empty_table()
        """Rows that were read and not given."""

    def below(self, end: str) -> list[pa.Table]:
        """Return the rows that were not given yet and whose id is below an end; all of them where it is empty."""
        found = [self._taken(end)]
        while not self.rest.num_rows and (group := next(self._groups, None)) is not None:
            with pq.ParquetFile(self._path) as file:
                self.rest = file.read_row_group(group)
            found.append(self._taken(end))
        return found

    def _taken(self, end: str) -> pa.Table:
        count = pc.sum(pc.less(self.rest[self._id_column], end)).as_py() or 0 if end else self.rest.num_rows
        taken, self.rest = self.rest.slice(0, count), self.rest.slice(count)
        return taken


def _ends(buckets: int) -> list[str]:
    """Return the upper ends of ranges of ids that cover all of them; the last one has none."""
    step = 16**_DIGITS / buckets
    return [*(f"{round(step * number):0{_DIGITS}x}" for number in range(1, buckets)), ""]
