"""An append-only journal: one JSON object a line, safe on disk before it counts as written, one writer at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from filelock import FileLock, Timeout

from deploysim.errors import BusyError


class Journal:
    """A journal that is open for appending, and locked against a second writer.

    Raises:
        BusyError: where another process is writing to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(str(path) + ".lock")
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise BusyError(
                f"Another process is writing {self.path.name} of {self.path.parent.name}.",
                expected="one process at a time on a run",
                next_step="wait for it, or stop it; the Runs page shows how far it is",
            ) from error
        _drop_torn_line(self.path)
        self._file = self.path.open("ab")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()
        self._lock.release()

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows; when this returns they are on the disk."""
        assert self._file is not None, "a journal is written inside its with block"
        lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows]
        self._file.write("".join(lines).encode("utf-8", errors="replace"))
        self._file.flush()
        os.fsync(self._file.fileno())


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a journal in the order written; a last line that was torn by a crash is passed over."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and (row := _row(line)) is not None:
                yield row


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _drop_torn_line(path: Path) -> None:
    """Cut off what stands after the last line end: nobody was told that it was written."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content_end = file.seek(0, os.SEEK_END)
        keep = _last_line_end(file, content_end)
        if keep != content_end:
            file.truncate(keep)


def _last_line_end(file: BinaryIO, end: int) -> int:
    step = 1 << 16
    while end > 0:
        start = max(0, end - step)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
