"""Small log files for the reader tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def write_rows(tmp_path: Path) -> Callable[..., Path]:
    """Write objects as one JSON line each and return the file's path."""

    def write(*rows: object, name: str = "log.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_bytes(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes as they are and return the file's path."""

    def write(data: bytes, name: str = "log.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
