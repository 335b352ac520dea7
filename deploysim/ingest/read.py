"""Any supported log file as a stream of conversations, rejections and exclusions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap, ResponseMap, check_columns
from deploysim.ingest.detect import columns_of, detect
from deploysim.ingest.formats import table
from deploysim.ingest.formats.base import Format
from deploysim.ingest.formats.openai_batch import batch_format
from deploysim.ingest.formats.registry import format_named
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Excluded, Outcome, ReadStats, Rejected, Row
from deploysim.ingest.sources.json_rows import TOO_DEEP
from deploysim.ingest.sources.opening import Source
from deploysim.ingest.sources.rows import read_rows
from deploysim.ingest.values import scalar_text


def read_conversations(
    path: Source,
    *,
    format: str | None = None,
    columns: ColumnMap | None = None,
    where: Mapping[str, str] | None = None,
    requests: Source | None = None,
    stats: ReadStats | None = None,
    first: int | None = None,
) -> Iterator[Outcome]:
    """Stream a log file: one outcome a row, in the file's order.

    Args:
        path: JSON Lines, JSON, CSV or Parquet; text may be compressed with gzip or zstd.
        format: Name of the format; detected where it is None. A column map makes it a table.
        columns: Which columns of a table hold what.
        where: Column -> value, compared as text; rows that differ are left out and counted in `stats.filtered`.
        requests: For the responses of a batch: the file of its requests.
        stats: Updated while reading, where given.
        first: Rows of the file to read; all where None.

    Raises:
        InputError: At once, before anything is read, where the file or the arguments cannot be used.
    """
    chosen = batch_format(requests) if requests else _chosen(path, format, columns)
    check_map(path, columns, where)
    rows = islice(read_rows(path, chosen.skip_columns - set(where or {})), first)
    return _outcomes(rows, chosen, path.name, where or {}, stats or ReadStats())


def check_map(path: Source, columns: ColumnMap | ResponseMap | None, where: Mapping[str, str] | None) -> None:
    """Raise InputError unless the file has every column that a map or a condition names."""
    if columns is None and not where:
        return
    present = columns_of(path)
    check_columns(columns.names() if columns else (), present, source=path.name, option="--map")
    check_columns(where or {}, present, source=path.name, option="--where")


def meets(fields: Mapping[str, object], where: Mapping[str, str]) -> bool:
    """Say whether a row's columns have the values asked for, compared as text; nothing counts as empty text."""
    return all((scalar_text(fields.get(name)) or "") == value for name, value in where.items())


def _chosen(path: Source, name: str | None, columns: ColumnMap | None) -> Format:
    if columns is None:
        return format_named(name or detect(path).format)
    if name in (None, table.NAME):
        return table.table_format(columns)
    raise InputError(
        f"A column map does not go with the format {name}.",
        expected="Either --format or --map.",
        next_step="Leave one of them out; --map alone reads the file as a table.",
    )


def _outcomes(
    rows: Iterator[Row | Rejected], chosen: Format, source: str, where: Mapping[str, str], stats: ReadStats
) -> Iterator[Outcome]:
    counted = _counted(rows, where, stats)
    for row in chosen.regroup(counted) if chosen.regroup else counted:
        yield row if isinstance(row, Rejected) else _outcome(row, chosen, source, stats)


def _counted(rows: Iterator[Row | Rejected], where: Mapping[str, str], stats: ReadStats) -> Iterator[Row | Rejected]:
    for row in rows:
        stats.rows += 1
        if isinstance(row, Rejected) or meets(row.fields, where):
            yield row
        else:
            stats.filtered += 1


def _outcome(row: Row, chosen: Format, source: str, stats: ReadStats) -> Outcome:
    try:
        return chosen.read(row, stats)
    except UnreadableRowError as problem:
        return Rejected(source, row.number, problem.reason)
    except NotReplayableError as problem:
        return Excluded(row.number, problem.reason)
    except RecursionError:
        return Rejected(source, row.number, TOO_DEEP)
