"""Rows of CSV files with a header, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain

from deploysim.errors import InputError
from deploysim.ingest.records import MAX_ROW_BYTES, Rejected, Row
from deploysim.ingest.sources.json_rows import BAD_BYTE, NOT_UTF8
from deploysim.ingest.sources.opening import Source, text_lines

_NOT_CSV = f"the row is not valid CSV, or a cell is larger than {MAX_ROW_BYTES // 1024**2} MB"


def csv_rows(path: Source) -> Iterator[Row | Rejected]:
    """Read a CSV row by row; an empty cell is None, the number is the line on which the row begins."""
    # The module has one global limit, and its default is shorter than many a conversation.
    csv.field_size_limit(MAX_ROW_BYTES)
    lines = _text_lines(path)
    first = next(lines, "")
    rows = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    header = [name.strip() for name in next(rows, [])]
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield Rejected(path.name, number, _NOT_CSV)
            continue
        if cells:
            yield _row(path.name, number, header, cells)


def csv_columns(path: Source) -> tuple[str, ...]:
    """Read the names in the header; raises InputError where it has none or has a name twice."""
    lines = _text_lines(path)
    first = next(lines, "")
    try:
        header = next(csv.reader(chain([first], lines), delimiter=_delimiter(first)), [])
    except csv.Error:
        header = []
    names = tuple(name.strip() for name in header)
    if names and len(set(names)) == len(names):
        return names
    raise InputError(
        f"The first line of {path.name} is not a usable header.",
        expected="The name of every column, each only once.",
        next_step="Add a header, or rename the columns that are there twice.",
    )


def _text_lines(path: Source) -> Iterator[str]:
    """Lines as text. They get their ends back: a quoted cell may run over several lines."""
    for line in text_lines(path):
        # An over-long line becomes a cell over the limit, which csv then reports.
        yield "x" * (MAX_ROW_BYTES + 1) if line is None else line.decode(errors="surrogateescape") + "\n"


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _row(source: str, number: int, header: list[str], cells: list[str]) -> Row | Rejected:
    if len(cells) != len(header):
        return Rejected(source, number, "the row has more or fewer cells than the header")
    if any(BAD_BYTE.search(cell) for cell in cells):
        return Rejected(source, number, NOT_UTF8)
    return Row(number, {name: cell or None for name, cell in zip(header, cells, strict=True)})
