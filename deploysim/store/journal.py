"""An append-only journal: one JSON object a line, safe on disk before it counts as written, one writer at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from filelock import FileLock, Timeout

from deploysim.errors import BusyError, InputError


class Journal:
    """A journal that is open for appending, and locked against a second writer.

    Raises:
        BusyError: where another process is writing to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The disk is written to from a helper thread, and it is one lock for all threads of this process.
        self._lock = FileLock(f"{path}.lock", timeout=0, thread_local=False)
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise BusyError(
                f"Another process is writing {self.path.name} of {self.path.parent.name}.",
                expected="one process at a time on a run",
                next_step="wait for it, or stop it; the Runs page shows how far it is",
            ) from error
        try:
            self._file = _open(self.path)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()
        self._lock.release()

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows; when this returns they are on the disk.

        Raises:
            InputError: where the disk does not take them, such as a full one; none of them counts as written.
        """
        self.write(rows)
        self.sync()

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Hand rows to the system: from now on a killed process does not lose them, a power cut still may.

        Raises:
            InputError: where the system does not take them; none of them is written.
        """
        assert self._file is not None, "a journal is written inside its with block"
        lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows]
        before = self._file.tell()
        try:
            _write_all(self._file, "".join(lines).encode("utf-8", errors="replace"))
        except OSError as error:
            _cut(self._file, before)
            raise self._full(error) from error

    def sync(self) -> None:
        """Return when all that was written is on the disk. Another thread may write meanwhile.

        Raises:
            InputError: where the disk does not take it; what was written since the last time does not count.
        """
        assert self._file is not None, "a journal is written inside its with block"
        try:
            _sync(self._file.fileno())
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> InputError:
        return InputError(
            f"{self.path.name} of {self.path.parent.name} cannot be written to ({error.strerror}).",
            expected="a disk with free space; what was written before is safe",
            next_step="make room, then run the same command again: it goes on from here",
        )


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a journal in the order written.

    What is not a whole row is passed over: the last line while it is being written or where a crash tore it, and lines
    that a power cut left damaged. What they were about counts as not done, and is done again.
    """
    for _, row in journal_rows(path):
        yield row


def journal_rows(path: Path, *, at: Iterable[int] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a journal as `read_journal` does, each with the byte at which it begins.

    Args:
        path: The journal; one that is not there is empty.
        at: Where rows begin that are wanted; all where None.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for offset, line in _lines(file) if at is None else _lines_at(file, at):
            if line.endswith(b"\n") and (row := _row(line)) is not None:
                yield offset, row


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    offset = 0
    for line in file:
        yield offset, line
        offset += len(line)


def _lines_at(file: BinaryIO, at: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    for offset in at:
        file.seek(offset)
        yield offset, file.readline()


class JournalTail:
    """A journal that is asked again and again: only what was appended since is read, and rows are found by group.

    It is read anew from its start where it is not the file any more whose beginning was read, as after an erasure.
    """

    def __init__(self, path: Path, groups: Callable[[dict[str, Any]], Iterable[Hashable]]) -> None:
        self._path = path
        self._groups = groups
        self._forget()

    def rows(self, group: Hashable) -> list[dict[str, Any]]:
        """Return the rows of a group so far, in the order written."""
        self._read_on()
        return list(self._found.get(group, ()))

    def _forget(self) -> None:
        self._end, self._last, self._seen = 0, b"", (0, 0)
        self._found: dict[Hashable, list[dict[str, Any]]] = {}

    def _read_on(self) -> None:
        stat = self._path.stat()
        seen = (stat.st_mtime_ns, stat.st_size)
        if seen == self._seen:
            return
        with self._path.open("rb") as file:
            file.seek(self._end - len(self._last))
            if stat.st_size < self._end or file.read(len(self._last)) != self._last:
                self._forget()
                file.seek(0)
            for line in file:
                if line.endswith(b"\n"):
                    self._take(line)
        self._seen = seen

    def _take(self, line: bytes) -> None:
        self._end += len(line)
        self._last = line
        if (row := _row(line)) is not None:
            for group in self._groups(row):
                self._found.setdefault(group, []).append(row)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _open(path: Path) -> BinaryIO:
    """Open for appending at the end of the last whole line: nobody was told that what follows it was written."""
    is_new = not path.exists()
    # Unbuffered, so that nothing is left over that a later close could write behind the reader's back.
    file = path.open("ab+", buffering=0)
    end = file.seek(0, os.SEEK_END)
    keep = _last_line_end(file, end)
    if keep != end:
        file.truncate(keep)
    file.seek(0, os.SEEK_END)
    if is_new:
        sync_folder(path.parent)
    return file


def _write_all(file: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


# It leaves out what no reader needs, such as the time of the last change; not every system has it.
_sync = getattr(os, "fdatasync", os.fsync)


def _cut(file: BinaryIO, size: int) -> None:
    try:
        file.truncate(size)
        file.seek(0, os.SEEK_END)
    except OSError:
        # The torn end stays; the next writer cuts it off.
        return


def sync_folder(folder: Path) -> None:
    """Make the new file's name as safe as what is written to it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
