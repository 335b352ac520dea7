"""The command that imports a log as the app's options say: each option an argument of its own, for no shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.pipeline.importing import ImportOptions

NAME_CHARS = 200
"""An uploaded file's name is cut to its last so many characters: its end says what kind of file it is."""


def import_arguments(
    path: Path | None, options: ImportOptions, *, name: str = "", table: str = "", again: bool = False
) -> list[str]:
    """Return the arguments of the command that imports a file.

    Args:
        path: The file; None where its bytes come through standard input.
        options: How to read and scrub it.
        name: What a file that comes through standard input is called.
        table: The table of a DuckDB file.
        again: Import it even where the workspace holds it.

    Raises:
        InputError: where a column has a name that cannot be written on a command line.
    """
    flags = {
        "--placeholders": options.placeholders,
        "--already-scrubbed": not options.scrub,
        "--again": again,
    }
    return [
        "import",
        str(path.resolve()) if path else "-",
        *([] if path else [f"--name={name}"]),
        *([f"--table={table}"] if table else []),
        *([f"--requests={options.requests.resolve()}"] if isinstance(options.requests, Path) else []),
        *([f"--format={options.format}"] if options.format else []),
        *([f"--map={map_text(options.columns)}"] if options.columns else []),
        *_conditions(options.where),
        *(flag for flag, given in flags.items() if given),
    ]


def map_text(columns: ColumnMap) -> str:
    """Write a column map as the command line reads it.

    Raises:
        InputError: where it would not be read as the same map.
    """
    pairs = [(item.name, getattr(columns, item.name)) for item in fields(columns)]
    written = ",".join(
        f"{name}={column}" for name, value in pairs for column in ((value,) if isinstance(value, str) else value or ())
    )
    try:
        same = ColumnMap.parse(written) == columns
    except InputError:
        same = False
    if not same:
        raise _unwritable("The map names a column with a comma or a space at an end of its name.")
    return written


def clean_name(name: str) -> str:
    """Return the base name of an uploaded file as one printable line. It is a name to show, never a path."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(sign if sign.isprintable() else " " for sign in base.encode(errors="replace").decode())
    return printable.strip()[-NAME_CHARS:].strip() or "upload"


def _conditions(where: Mapping[str, str]) -> list[str]:
    for column, value in where.items():
        if "=" in column or column != column.strip() or "\x00" in column + value:
            raise _unwritable(f"The row filter names a column that a condition cannot name: {column[:40]!r}.")
    return [f"--where={column}={value}" for column, value in where.items()]


def _unwritable(happened: str) -> InputError:
    return InputError(
        happened,
        expected="names without commas, equals signs or spaces at their ends",
        next_step="rename the column in the file, or leave it out of the map and the filter",
    )
