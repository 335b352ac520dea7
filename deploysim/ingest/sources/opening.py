"""Which kind of file a path is, and its bytes as a stream, decompressed on the way."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO, cast

import pyarrow as pa

from deploysim.errors import InputError
from deploysim.ingest.records import MAX_ROW_BYTES


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that lives in memory only. It has the few members of a path that readers use."""

    name: str
    data: bytes = field(repr=False)

    @property
    def suffixes(self) -> list[str]:
        """The endings of the name, each with its dot."""
        return PurePath(self.name).suffixes

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open the bytes for reading."""
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table of a DuckDB file."""

    path: Path
    table: str

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def suffixes(self) -> list[str]:
        """The endings of the file's name."""
        return self.path.suffixes

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open the file's bytes."""
        return self.path.open("rb")


Source = Path | Upload | DatabaseTable
"""Where a log comes from."""

READ_ERRORS = (OSError, EOFError, zlib.error, pa.ArrowException)
"""What a damaged or truncated file raises while it is read."""

_HEAD_BYTES = 64 * 1024
_GZIP, _ZSTD, _PARQUET, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"PK\x03\x04"
_DUCKDB, _DUCKDB_AT = b"DUCK", 8
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Kind(StrEnum):
    """How rows are laid out in a file."""

    JSON_LINES = "JSON Lines"
    JSON = "JSON"
    CSV = "CSV"
    PARQUET = "Parquet"
    EVAL_LOG = "Inspect log"
    DUCKDB = "DuckDB"


def kind_of_file(path: Source) -> Kind:
    """Tell the kind of a file from its first bytes and, for text, its name.

    Raises InputError where the file is missing, empty, damaged or of no kind that can be read.
    """
    head = _head(path)
    if head.startswith(_PARQUET):
        return Kind.PARQUET
    if head[_DUCKDB_AT:].startswith(_DUCKDB):
        return Kind.DUCKDB
    if head.startswith(_ZIP) and path.name.endswith(".eval"):
        return Kind.EVAL_LOG
    if head.startswith(_ZIP):
        raise InputError(
            f"{path.name} is a zip archive or a spreadsheet.",
            expected="JSON Lines, JSON, CSV or Parquet; text may be compressed with gzip or zstd.",
            next_step="Unpack the archive, or save the spreadsheet as CSV.",
        )
    if head.startswith(_UTF16) or head[:200].count(b"\x00") > 20:
        raise InputError(
            f"{path.name} is not UTF-8 text; it looks like UTF-16.",
            expected="UTF-8.",
            next_step=f"Save it as UTF-8, for example: iconv -f UTF-16 -t UTF-8 {path.name} > converted.jsonl",
        )
    return _kind_of_text(path, head.removeprefix(_BOM).lstrip())


def open_bytes(path: Source) -> BinaryIO:
    """Open a file for reading, decompressing gzip and zstd (also of several frames)."""
    with path.open("rb") as raw:
        magic = raw.read(4)
    if magic.startswith(_GZIP):
        return cast(BinaryIO, gzip.open(path if isinstance(path, Path) else path.open(), "rb"))
    if magic == _ZSTD:
        place = str(path) if isinstance(path, Path) else path.open()
        return cast(BinaryIO, io.BufferedReader(pa.input_stream(place, compression="zstd")))
    return path.open("rb")


def text_lines(path: Source) -> Iterator[bytes | None]:
    """Yield the lines of a file without their ends and without a byte order mark; None for an over-long one."""
    with open_bytes(path) as stream:
        for index, line in enumerate(iter(partial(stream.readline, MAX_ROW_BYTES + 1), b"")):
            if len(line) > MAX_ROW_BYTES and not line.endswith(b"\n"):
                _skip_line(stream)
                yield None
            else:
                yield (line if index else line.removeprefix(_BOM)).rstrip(b"\r\n")


def _skip_line(stream: BinaryIO) -> None:
    """Pass over what is left of the current line, in pieces."""
    while (piece := stream.readline(MAX_ROW_BYTES)) and not piece.endswith(b"\n"):
        pass


def _head(path: Source) -> bytes:
    try:
        with open_bytes(path) as stream:
            head = stream.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise InputError(
            f"There is no file {path}.", next_step="Check the path; a relative one starts at the current folder."
        ) from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder.", expected="One file.", next_step="Name a file in it.") from None
    except PermissionError:
        raise InputError(f"{path.name} may not be read.", next_step="Ask for read permission to it.") from None
    except READ_ERRORS:
        raise InputError(
            f"{path.name} cannot be decompressed: it is damaged or incomplete.", next_step="Fetch or export it again."
        ) from None
    if not head.strip():
        raise InputError(f"{path.name} is empty.", expected="At least one conversation.", next_step="Export it again.")
    return head


def _kind_of_text(path: Source, head: bytes) -> Kind:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst", ".zstd")]
    suffix = suffixes[-1] if suffixes else ""
    first_line = head.split(b"\n", 1)[0].strip()
    if suffix in (".csv", ".tsv"):
        return Kind.CSV
    if head.startswith(b"[") or first_line == b"{":
        return Kind.JSON
    if suffix in (".jsonl", ".ndjson"):
        return Kind.JSON_LINES
    if head.startswith(b"{"):
        return Kind.JSON_LINES if _is_json(first_line) else Kind.JSON
    raise InputError(
        f"{path.name} is neither JSON, CSV nor Parquet.",
        expected="One JSON object a line, a JSON list of objects, a CSV with a header, Parquet, DuckDB or an Inspect log.",
        next_step="If it is a CSV, give it a name that ends in .csv.",
    )


def _is_json(line: bytes) -> bool:
    """A line that fills the whole head is long, and long lines mean one object a line."""
    if len(line) >= _HEAD_BYTES - len(_BOM):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
