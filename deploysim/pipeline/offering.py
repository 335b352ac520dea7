"""The files that the administrator offers for import: those under one folder, and nothing outside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploysim.errors import ConfigError, NotFoundError
from deploysim.store.files import short_hash

MOST_FILES = 20_000
"""Files that a folder is read up to; more are not offered, and the page says so."""


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """One file that can be picked."""

    file_id: str
    """Stands for the name in links, which hold no file names."""
    name: str
    """Relative to the folder. Names are what somebody called a file: text to show, and never to build on."""
    path: Path
    """Where it is, all symbolic links followed."""
    size: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What a folder offers."""

    files: tuple[OfferedFile, ...]
    """Newest first."""
    complete: bool
    """False where the folder holds more than is looked through."""


def offered_files(folder: Path) -> Offer:
    """Return the files under a folder, newest first; hidden ones and those that a link leads out of it to are not.

    Raises:
        ConfigError: where there is no such folder.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise ConfigError(
            f"The folder {folder} that the app may import from is not there.",
            expected="an existing folder in DEPLOYSIM_IMPORT_FOLDER",
            next_step="correct it in .env, or make the folder",
        )
    found: list[OfferedFile] = []
    for path in _visible(root):
        if len(found) == MOST_FILES:
            return Offer(_newest_first(found), complete=False)
        if offered := _offered(root, path):
            found.append(offered)
    return Offer(_newest_first(found), complete=True)


def offered_file(folder: Path, file_id: str) -> OfferedFile:
    """Return one file of the folder by its id.

    Raises:
        NotFoundError: where the folder offers no such file (any more).
    """
    found = next((file for file in offered_files(folder).files if file.file_id == file_id), None)
    if found is None:
        raise NotFoundError(
            "The file is not in the import folder any more.",
            expected="a file of the list",
            next_step="choose another one",
        )
    return found


def chosen_by(offer: Offer, words: str) -> list[OfferedFile]:
    """Return the files whose names hold all the words, in any case."""
    wanted = words.casefold().split()
    return [file for file in offer.files if all(word in file.name.casefold() for word in wanted)]


def _visible(root: Path) -> Iterator[Path]:
    for folder, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _offered(root: Path, path: Path) -> OfferedFile | None:
    try:
        real = path.resolve()
        about = real.stat()
    except (OSError, RuntimeError):
        return None
    if not real.is_relative_to(root) or not real.is_file() or not os.access(real, os.R_OK):
        return None
    name = os.fsencode(path.relative_to(root).as_posix())
    # It may hold bytes that are no text.
    shown = name.decode("utf-8", errors="replace")
    changed = datetime.fromtimestamp(about.st_mtime, UTC).replace(tzinfo=None)
    return OfferedFile(short_hash(name.hex()), shown, real, about.st_size, changed)


def _newest_first(files: list[OfferedFile]) -> tuple[OfferedFile, ...]:
    return tuple(sorted(files, key=lambda file: (file.changed_at, file.name), reverse=True))
