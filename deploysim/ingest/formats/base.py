"""What a format is: a name, a test whether a row looks like it, and a reader of one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploysim.ingest.records import ReadStats, Rejected, Row
from deploysim.ingest.values import structure
from deploysim.types import RawConversation

TIME_KEYS = ("created", "time", "timestamp", "created_at", "started_at")
ID_KEYS = ("id", "conversation_id", "conversation_hash")


@dataclass(frozen=True, slots=True)
class Format:
    """One log format in which a row is a conversation."""

    name: str
    about: str
    """What it is, in a few words, for help and error messages."""
    fits: Callable[[Mapping[str, object]], str | None]
    """Says why a row looks like this format, or None where it does not."""
    read: Callable[[Row, ReadStats], RawConversation]
    """Reads a row; raises UnreadableRowError or NotReplayableError."""
    skip_columns: frozenset[str] = frozenset()
    """Columns that the reader never looks at, so that they are not loaded from Parquet."""
    regroup: Callable[[Iterator[Row | Rejected]], Iterator[Row | Rejected]] | None = None
    """Where a row of the file is not a conversation: makes rows that are, numbered from 1, out of the file's rows."""


def objects_with(value: object, *keys: str) -> Sequence[Mapping[str, object]] | None:
    """Return a list (or the JSON text of one) whose items are all objects with these keys; else None."""
    found = structure(value)
    if not isinstance(found, list | tuple):
        return None
    fit = all(isinstance(item, Mapping) and all(key in item for key in keys) for item in found)
    return found if fit else None
