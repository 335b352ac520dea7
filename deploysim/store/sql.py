"""Running SQL: values are always bound, files are named by the workspace and never by content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from deploysim.errors import InputError

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
_BATCH = 500
# A file may come from somebody else: a view inside it must not be able to read this machine's files.
_SEALED = {**_OFFLINE, "enable_external_access": False}


@contextmanager
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory database for one question; many threads and processes may do so at once."""
    connection = duckdb.connect(config=_OFFLINE)
    try:
        yield connection
    finally:
        connection.close()


def query(sql: str, params: Sequence[Any] = ()) -> pl.DataFrame:
    """Answer one statement over files given as bound parameters."""
    with memory() as connection:
        frame: pl.DataFrame = connection.sql(sql, params=list(params)).pl()
        return frame


@contextmanager
def create_database(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make a new database file; it is complete and closed when the block ends."""
    connection = duckdb.connect(str(path), config=_OFFLINE)
    try:
        yield connection
        connection.execute("checkpoint")
    finally:
        connection.close()


def query_database(path: Path, sql: str, params: Sequence[Any] = ()) -> pl.DataFrame:
    """Answer one statement from a DuckDB file, opened read-only and closed again.

    Raises:
        InputError: where the file is not a DuckDB database or lacks the tables.
    """
    (frame,) = query_each(path, sql, [params])
    return frame


def query_each(path: Path, sql: str, params: Sequence[Sequence[Any]]) -> Iterator[pl.DataFrame]:
    """Answer one statement for several sets of parameters from a DuckDB file that is opened once.

    Raises:
        InputError: where the file is not a DuckDB database or lacks the tables.
    """
    with _sealed(path, _NOT_A_SAMPLE) as connection:
        try:
            for one in params:
                yield connection.sql(sql, params=list(one)).pl()
        except (duckdb.CatalogException, duckdb.BinderException, duckdb.PermissionException) as error:
            raise InputError(
                f"{path.name} is a DuckDB database but not a sample.",
                expected="the tables about, conversations, messages, spans and prefixes",
                next_step="draw a sample with `python -m deploysim sample`, or ask for its file again",
            ) from error


_NOT_A_SAMPLE = (
    "a sample file that deploysim wrote, with a name that ends in .duckdb",
    "ask for the file again, or draw a new sample",
)
_NOT_A_LOG = (
    "a DuckDB database that no other process is writing to",
    "close the program that has it open, or export the table as Parquet",
)


def database_tables(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the tables and views of a DuckDB file with the names of their columns.

    Raises:
        InputError: where the file cannot be opened.
    """
    with _sealed(path, _NOT_A_LOG) as connection:
        rows = connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            "where not internal group by table_name order by table_name"
        ).fetchall()
    return {name: tuple(columns) for name, columns in rows}


def database_count(path: Path, table: str) -> int:
    """Return how many rows a table has, for progress; 0 where that cannot be told."""
    with _sealed(path, _NOT_A_LOG) as connection, _explained(path):
        found = connection.execute(f"select count(*) from {_quoted(table)}").fetchone()
    return int(found[0]) if found else 0


def database_rows(path: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table in its order, some at a time; the file cannot reach anything outside itself.

    Raises:
        InputError: where the file or the table cannot be read.
    """
    wanted = ", ".join(_quoted(name) for name in columns)
    with _sealed(path, _NOT_A_LOG) as connection, _explained(path):
        found = connection.execute(f"select {wanted} from {_quoted(table)}")
        while batch := found.fetchmany(_BATCH):
            yield from batch


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise InputError(
            f"A table of {path.name} cannot be read ({type(error).__name__}).",
            expected="a table that holds its own data; views that read other files are not followed",
            next_step="export the table as Parquet and import that",
        ) from error


@contextmanager
def _sealed(path: Path, expected: tuple[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        connection = duckdb.connect(str(path), read_only=True, config=_SEALED)
    except duckdb.Error as error:
        raise InputError(
            f"{path.name} cannot be opened as a DuckDB database.", expected=expected[0], next_step=expected[1]
        ) from error
    try:
        yield connection
    finally:
        connection.close()
