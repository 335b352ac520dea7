"""Rewriting single files without what is erased: the new file is whole on the disk before the old one goes.

Every function does nothing where there is nothing left to do, so that an erasure that was killed is run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from deploysim.store.files import atomic_path, sha256_file
from deploysim.store.journal import read_journal, sync_folder
from deploysim.store.purging import bare_review, names_any

Note = Callable[[Path, str, str | None], None]
"""Told the file, the SHA-256 of the old one and of the new one (None where it goes) before the new one stands there."""


def erase_rows(path: Path, erased: pl.Expr, note: Note) -> None:
    """Rewrite a Parquet file without some rows, a row group in memory at a time."""
    if int(pl.scan_parquet(path).filter(erased).select(pl.len()).collect().item()):
        with replaced(path, note) as partial:
            copy_rows(path, partial, ~erased)


def copy_rows(source: Path, target: Path, kept: pl.Expr) -> None:
    """Write some rows of a Parquet file as a new one, in their order."""
    names = kept.meta.root_names()
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, file.schema_arrow, compression="zstd") as writer:
        for index in range(file.num_row_groups):
            group = file.read_row_group(index)
            mask = pl.DataFrame(group.select(names)).select(kept.fill_null(True)).to_series()
            if mask.any():
                writer.write_table(group.filter(pa.array(mask.to_list())), row_group_size=max(1, group.num_rows))


def erase_lines(path: Path, conversation_ids: Collection[str], note: Note) -> None:
    """Rewrite a journal without the rows that name one of the conversations. Its writer must be locked out."""
    rows = list(read_journal(path))
    if any(names_any(row, conversation_ids) for row in rows):
        _write_lines(path, [row for row in rows if not names_any(row, conversation_ids)], note)


def bare_lines(path: Path, conversation_ids: Collection[str], note: Note) -> None:
    """Rewrite a journal of reviews so that of the conversations only ids, places and verdicts stay."""
    rows = list(read_journal(path))
    bare = [bare_review(row) if names_any(row, conversation_ids) else row for row in rows]
    if bare != rows:
        _write_lines(path, bare, note)


def erase_file(path: Path, note: Note) -> None:
    """Remove a file."""
    if path.exists():
        note(path, sha256_file(path), None)
        path.unlink()
        sync_folder(path.parent)


@contextmanager
def replaced(path: Path, note: Note) -> Iterator[Path]:
    """Give a path to write to that takes the file's place when the block ends well."""
    with atomic_path(path) as partial:
        yield partial
        note(path, sha256_file(path), sha256_file(partial))
    # Until the folder is on the disk too, a power cut could bring the old file back.
    sync_folder(path.parent)


def rewrite_json(path: Path, value: dict[str, Any], note: Note) -> None:
    """Write a JSON record anew where it has changed."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if path.read_text(encoding="utf-8") != text:
        with replaced(path, note) as partial:
            partial.write_text(text, encoding="utf-8")


def _write_lines(path: Path, rows: list[dict[str, Any]], note: Note) -> None:
    with replaced(path, note) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
