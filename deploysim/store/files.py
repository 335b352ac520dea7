"""Files that are written once: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import polars as pl

from deploysim.errors import InputError


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a path to write to that becomes `target` when the block ends well, and vanishes when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file by atomic rename."""
    with atomic_path(target) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(target: Path, value: Any) -> None:
    """Write a JSON file by atomic rename, keys sorted."""
    write_text(target, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of the workspace."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path.name} in {path.parent} is not valid JSON any more.",
            expected="a file that deploysim wrote and nobody edited",
            next_step="restore it from a copy, or remove it and run the step that makes it again",
        ) from error
    if not isinstance(value, dict):
        raise InputError(f"{path.name} in {path.parent} does not hold a JSON object.")
    return value


def write_parquet(target: Path, frame: pl.DataFrame, *, row_group_size: int | None = None) -> None:
    """Write a Parquet file by atomic rename."""
    with atomic_path(target) as partial:
        frame.write_parquet(partial, row_group_size=row_group_size)


class Openable(Protocol):
    """A file, on disk or in memory."""

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """Open it for reading."""
        ...


def sha256_file(path: Openable) -> str:
    """Hash a file's bytes, reading it in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def short_hash(value: Any) -> str:
    """First twelve hex digits of the SHA-256 of a JSON value: the form of every id."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
