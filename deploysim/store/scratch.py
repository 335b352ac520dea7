"""A database on the disk for what would take memory without bound, gone with the object that holds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from deploysim.errors import InputError


def scratch(table: str) -> sqlite3.Connection:
    """Return a database of its own with one table, of which 2 MB are in memory at a time whatever its size.

    The file has no name that anybody could open, and no process that is killed leaves it behind. Several threads may
    use it, one at a time.
    """
    db = sqlite3.connect("", check_same_thread=False)
    # Nobody else reads it and there is nothing to return to: it is one transaction that never ends.
    for setting in ("cache_size = -2048", "temp_store = file", "journal_mode = off", "synchronous = off"):
        db.execute(f"pragma {setting}")
    db.execute(table)
    return db


@contextmanager
def room_for(what: str) -> Iterator[None]:
    """Explain why something could not be put into such a database.

    Raises:
        InputError: where the disk does not take it.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise InputError(
            f"There is no room on the disk for {what} ({error}).",
            expected="some hundred bytes a prefix free where temporary files are kept, usually /var/tmp",
            next_step="make room there, or set TMPDIR to a folder that has some, and run the same command again",
        ) from error
