"""A batch's input: requests packed into files as large as may be, which are on no disk under any name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

Line = tuple[str, bytes]
"""A request's name and its line."""


@dataclass(slots=True)
class Upload:
    """One batch's input. Whoever takes it closes the file."""

    file: BinaryIO
    """Gone when it is closed, also when the process is killed."""
    size: int = 0
    requests: list[str] = field(default_factory=list)
    """In the order of the lines."""

    def add(self, name: str, line: bytes) -> None:
        """Append a request."""
        self.file.write(line)
        self.size += len(line)
        self.requests.append(name)


def pack(lines: Iterable[Line], fits: Callable[[int, int], bool], folder: Path) -> Generator[Upload, None, None]:
    """Yield files that hold the lines in order, each as full as may be and with one line at least.

    Args:
        lines: What goes in; they are taken one by one, so that only one file exists at a time.
        fits: Says whether so many requests and bytes may be in one file.
        folder: On whose disk the file without a name lies.
    """
    upload: Upload | None = None
    try:
        for name, line in lines:
            if upload and not fits(len(upload.requests) + 1, upload.size + len(line)):
                full, upload = upload, None
                yield full
            upload = upload or Upload(TemporaryFile(dir=folder))  # noqa: SIM115 (whoever takes it closes it)
            upload.add(name, line)
        if upload:
            full, upload = upload, None
            yield full
    finally:
        if upload:
            upload.file.close()
