"""Everything that a folder holds, read as a thief would: bytes, Parquet columns, tables of databases, JSON, archives."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl


def everything_in(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file under a folder with all its text: its bytes as they are, and what they decode to."""
    for path in sorted(root.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            yield path, path.name + "\n" + _raw(data) + "\n" + _decoded(path, data)


def _raw(data: bytes) -> str:
    # As bytes, and in the two-byte encodings.
    return "\n".join((data.decode("latin-1"), data.decode("utf-16-le", "replace"), data.decode("utf-16-be", "replace")))


def _decoded(path: Path, data: bytes) -> str:
    if data.startswith(b"PAR1"):
        return "\n".join(_strings(pl.read_parquet(data).to_dicts())) + _parquet_statistics(path)
    if data[8:12] == b"DUCK":
        return "\n".join(_tables(data))
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data).decode("utf-8", "replace")
    return "\n".join(_json_strings(data))


def _parquet_statistics(path: Path) -> str:
    import pyarrow.parquet as pq

    return str(pq.read_metadata(path).to_dict())


def _tables(data: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.duckdb"
        path.write_bytes(data)
        with duckdb.connect(str(path), read_only=True) as db:
            for (table,) in db.execute("select table_name from duckdb_tables()").fetchall():
                yield from _strings(db.execute(f'select * from "{table}"').fetchall())


def _json_strings(data: bytes) -> Iterator[str]:
    for piece in (data, *data.splitlines()):
        try:
            yield from _strings(json.loads(piece))
        except ValueError:
            continue


def _strings(value: object) -> Iterator[str]:
    """Yield every string inside a value, those inside JSON text too."""
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            yield from _json_strings(value.encode("utf-8", "replace"))
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _strings(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _strings(part))
