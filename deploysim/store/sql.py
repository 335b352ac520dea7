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
# A sample may come from somebody else: a view inside it must not be able to read this machine's files.
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
    try:
        connection = duckdb.connect(str(path), read_only=True, config=_SEALED)
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise InputError(
            f"{path.name} cannot be opened as a DuckDB database.",
            expected="a sample file that deploysim wrote, with a name that ends in .duckdb",
            next_step="ask for the file again, or draw a new sample",
        ) from error
    try:
        frame: pl.DataFrame = connection.sql(sql, params=list(params)).pl()
        return frame
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.PermissionException) as error:
        raise InputError(
            f"{path.name} is a DuckDB database but not a sample.",
            expected="the tables about, conversations, messages, spans and prefixes",
            next_step="draw a sample with `python -m deploysim sample`, or ask for its file again",
        ) from error
    finally:
        connection.close()
