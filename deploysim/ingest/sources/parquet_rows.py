"""Rows of Parquet files, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from deploysim.errors import InputError
from deploysim.ingest.records import Rejected, Row
from deploysim.ingest.sources.opening import Source

_BATCH_BYTES = 16 * 1024 * 1024
_UNREADABLE = "a value cannot be read: text that is not UTF-8, or a time out of range"


def parquet_rows(path: Source, skip: frozenset[str] = frozenset()) -> Iterator[Row | Rejected]:
    """Read a Parquet file batch by batch, without the columns named in `skip`; the number counts from 1."""
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:
        names = file.schema_arrow.names
        columns = [name for name in names if name not in skip] if skip.intersection(names) else None
        number = 0
        for batch in file.iter_batches(batch_size=_rows_a_batch(file), columns=columns):
            for fields in _fields(batch):
                number += 1
                yield Rejected(path.name, number, _UNREADABLE) if fields is None else Row(number, fields)


def parquet_count(path: Source) -> int:
    """Read how many rows a file that can be opened has."""
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:
        return int(file.metadata.num_rows)


def parquet_columns(path: Source) -> tuple[str, ...]:
    """Read the names of the top-level columns; raises InputError where the file is damaged."""
    try:
        with path.open("rb") as stream, pq.ParquetFile(stream) as file:
            return tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError):
        raise InputError(
            f"{path.name} cannot be opened as Parquet: it is damaged or incomplete.",
            next_step="Fetch or export it again; if it was compressed as a whole, unpack it first.",
        ) from None


def _rows_a_batch(file: pq.ParquetFile) -> int:
    """So many rows that a batch is about 16 MB: rows may hold long conversations."""
    groups = range(file.metadata.num_row_groups)
    size = sum(file.metadata.row_group(group).total_byte_size for group in groups)
    a_row = size / max(file.metadata.num_rows, 1)
    return min(1024, max(1, int(_BATCH_BYTES / max(a_row, 1.0))))


def _fields(batch: pa.RecordBatch) -> Iterator[dict[str, object] | None]:
    """Rows as dictionaries; None for one with a value that Python cannot hold."""
    try:
        yield from batch.to_pylist()
    except (ValueError, OverflowError):
        for index in range(batch.num_rows):
            yield _fields_of_one(batch.slice(index, 1))


def _fields_of_one(row: pa.RecordBatch) -> dict[str, object] | None:
    try:
        fields: dict[str, object] = row.to_pylist()[0]
    except (ValueError, OverflowError):
        return None
    return fields
