"""Rows of a table or view in a DuckDB database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deploysim.errors import InputError
from deploysim.ingest.records import Row
from deploysim.ingest.sources.opening import DatabaseTable, Source, Upload
from deploysim.store.sql import database_count, database_rows, database_tables


def table_of(source: Source) -> DatabaseTable:
    """Return the table that a source names, or the only one that its database has.

    Raises InputError where there is none, or several to choose from.
    """
    if isinstance(source, Upload):
        raise InputError(
            f"{source.name} is a DuckDB database, which cannot be read from memory.",
            expected="a database file on this machine",
            next_step="put it into the folder that the app may import from, or import it with the command line",
        )
    path = source.path if isinstance(source, DatabaseTable) else source
    tables = database_tables(path)
    if isinstance(source, DatabaseTable) and source.table in tables:
        return source
    if not isinstance(source, DatabaseTable) and len(tables) == 1:
        return DatabaseTable(path, next(iter(tables)))
    wrong = f" no table {source.table[:60]!r}" if isinstance(source, DatabaseTable) else f" {len(tables)} tables"
    raise InputError(
        f"{path.name} has{wrong}.",
        expected=f"one of its tables: {', '.join(sorted(tables)[:20])}" if tables else "a database with a table",
        next_step="name the table with --table",
    )


def table_columns(source: Source) -> tuple[str, ...]:
    """Name the columns of the table."""
    table = table_of(source)
    return database_tables(table.path)[table.table]


def table_count(source: Source) -> int:
    """Say how many rows the table has."""
    table = table_of(source)
    return database_count(table.path, table.table)


def table_rows(source: Source, skip: frozenset[str] = frozenset()) -> Iterator[Row]:
    """Read the table in the order of its rows, without the columns named in `skip`; the number counts from 1."""
    table = table_of(source)
    columns = [name for name in table_columns(table) if name not in skip]
    for number, values in enumerate(database_rows(table.path, table.table, columns), start=1):
        yield Row(number, dict(zip(columns, values, strict=True)))


def with_table(source: Path, table: str | None) -> Source:
    """Return a file, or a table of it where one is named."""
    return DatabaseTable(source, table) if table else source
