"""The rows of any file that can be read, and its columns."""

from __future__ import annotations

from collections.abc import Iterator

from deploysim.ingest.records import Rejected, Row
from deploysim.ingest.sources.csv_rows import csv_columns, csv_rows
from deploysim.ingest.sources.database_rows import table_columns, table_count, table_of, table_rows
from deploysim.ingest.sources.eval_log_rows import eval_log_rows
from deploysim.ingest.sources.json_rows import json_lines, json_values
from deploysim.ingest.sources.opening import READ_ERRORS, Kind, Source, kind_of_file, open_bytes
from deploysim.ingest.sources.pages import unpaged
from deploysim.ingest.sources.parquet_rows import parquet_columns, parquet_count, parquet_rows

DAMAGED = "the file is damaged or incomplete from here on; later rows could not be read"


def read_rows(path: Source, skip: frozenset[str] = frozenset()) -> Iterator[Row | Rejected]:
    """Open a file and stream its rows, leaving out the Parquet columns named in `skip`.

    Raises InputError at once where the file cannot be read at all; damage further on is one last rejection.
    """
    kind = kind_of_file(path)
    rows: Iterator[Row | Rejected]
    if kind is Kind.PARQUET:
        parquet_columns(path)
        rows = parquet_rows(path, skip)
    elif kind is Kind.CSV:
        csv_columns(path)
        rows = csv_rows(path)
    elif kind is Kind.DUCKDB:
        rows = table_rows(table_of(path), skip)
    elif kind is Kind.EVAL_LOG:
        rows = eval_log_rows(path)
    else:
        rows = unpaged(json_lines(path) if kind is Kind.JSON_LINES else json_values(path))
    return _until_damaged(rows, path.name)


def declared_columns(path: Source) -> tuple[str, ...] | None:
    """Name the columns of a table; None for JSON, where every row has keys of its own."""
    kind = kind_of_file(path)
    if kind is Kind.PARQUET:
        return parquet_columns(path)
    if kind is Kind.DUCKDB:
        return table_columns(path)
    return csv_columns(path) if kind is Kind.CSV else None


def expected_rows(path: Source) -> int | None:
    """Say how many rows a file has, as far as that can be told quickly: for progress only, None where it cannot."""
    kind = kind_of_file(path)
    if kind is Kind.PARQUET:
        return parquet_count(path)
    if kind is Kind.DUCKDB:
        return table_count(path)
    if kind is not Kind.JSON_LINES:
        return None
    with open_bytes(path) as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _until_damaged(rows: Iterator[Row | Rejected], source: str) -> Iterator[Row | Rejected]:
    number = 0
    try:
        for row in rows:
            number = row.number if isinstance(row, Row) else row.row
            yield row
    except READ_ERRORS:
        yield Rejected(source, number + 1, DAMAGED)
