"""Which format a file has, from its first rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from deploysim.errors import InputError
from deploysim.ingest.columns import listed, suggested_map
from deploysim.ingest.formats.registry import FORMATS, format_list
from deploysim.ingest.records import Detection, Rejected, Row
from deploysim.ingest.sources.opening import Source
from deploysim.ingest.sources.rows import declared_columns, read_rows

FIRST_ROWS = 100
"""Rows that detection looks at."""


def detect(path: Source) -> Detection:
    """Tell the format of a log file, with the share of its first rows that fit.

    Raises InputError where no row fits any format, saying what was seen (names of columns and keys only).
    """
    glimpse = glimpse_of(path)
    if not glimpse.fitting:
        raise _nothing_fits(path, glimpse)
    # Formats are listed most specific first, and max() keeps the first of equals.
    name = max(glimpse.fitting, key=lambda name: len(glimpse.fitting[name]))
    reasons = glimpse.fitting[name]
    return Detection(name, len(reasons) / glimpse.rows, reasons[0])


def columns_of(path: Source) -> tuple[str, ...]:
    """Name the columns of a table, or the keys that the first rows of a JSON file have.

    Raises InputError where the file has no row that can be read.
    """
    declared = declared_columns(path)
    if declared is not None:
        return declared
    glimpse = glimpse_of(path)
    if not glimpse.keys:
        raise _nothing_fits(path, glimpse)
    return tuple(glimpse.keys)


@dataclass(slots=True)
class Glimpse:
    """What the first rows of a file show, without the rows themselves."""

    rows: int = 0
    keys: dict[str, None] = field(default_factory=dict)
    """Columns or top-level keys, in the order first seen."""
    rejected: list[Rejected] = field(default_factory=list)
    fitting: dict[str, list[str]] = field(default_factory=dict)
    """Format -> why each row that fits it does."""


def glimpse_of(path: Source) -> Glimpse:
    """Look at the first rows of a file; raises InputError where it has none."""
    glimpse = Glimpse(fitting={found.name: [] for found in FORMATS})
    for row in islice(read_rows(path), FIRST_ROWS):
        glimpse.rows += 1
        if isinstance(row, Rejected):
            glimpse.rejected.append(row)
        else:
            _look_at(row, glimpse)
    if not glimpse.rows:
        raise InputError(f"{path.name} has no rows.", expected="At least one.", next_step="Export it again.")
    glimpse.fitting = {name: reasons for name, reasons in glimpse.fitting.items() if reasons}
    return glimpse


def _look_at(row: Row, glimpse: Glimpse) -> None:
    glimpse.keys.update(dict.fromkeys(row.fields))
    for found in FORMATS:
        why = found.fits(row.fields)
        if why:
            glimpse.fitting[found.name].append(why)


def _nothing_fits(path: Source, glimpse: Glimpse) -> InputError:
    if not glimpse.keys:
        reasons = "; ".join(f"row {found.row}: {found.reason}" for found in glimpse.rejected[:3])
        return InputError(
            f"None of the first {glimpse.rows} rows of {path.name} can be read ({reasons}).",
            expected="One JSON object a line, a JSON list of objects, a CSV with a header, or Parquet.",
            next_step="Check how the file was exported.",
        )
    keys = list(glimpse.keys)
    return InputError(
        f"The format of {path.name} was not recognised. Its rows have: {listed(keys)}.",
        expected=f"One of: {format_list()}.",
        next_step=f"Name the format with --format, or the columns, for example: --map {suggested_map(keys)}",
    )
