"""Queues: which responses are to be labelled, by which rule they were drawn and how likely each was to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from deploysim.errors import NotFoundError
from deploysim.store.files import read_json, short_hash, write_json
from deploysim.store.reviews import append_reviews, review_rows
from deploysim.store.workspace import Workspace, checked_id

Mode = Literal["single", "pair", "adjudication"]
RECORDED = "recorded"
"""Stands for a run where the response is the one in the log."""
ADDED, HOLD = "queue-item", "hold"
"""Kinds of rows in the journals: an item that was added by hand, and items that a reviewer is at."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One thing to decide on."""

    item: str
    """Its id, which says nothing of where the response came from."""
    prefix_id: str
    runs: tuple[str, ...]
    """Whose response it is, as run id or `RECORDED`; of a pair, in the order in which they are shown."""
    repeat: int = 0
    categories: tuple[str, ...] = ()
    """What is asked about it; empty for all that the queue asks about."""
    inclusion: float | None = None
    """Probability with which it was drawn; None where somebody chose it."""
    reviewers: tuple[str, ...] = ()
    """Who is to look at it; empty for whoever comes."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """One part of the responses that a queue was drawn from."""

    name: str
    size: int
    """Responses in it."""
    drawn: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What is to be labelled: written once, and never changed."""

    queue_id: str
    title: str
    mode: Mode
    sample_id: str
    runs: tuple[str, ...]
    """Whose responses it was drawn from."""
    rule: str
    seed: int
    categories: tuple[str, ...]
    taxonomy: str
    """Fingerprint of the taxonomy whose definitions are shown."""
    per_item: int
    """Reviewers that look at each item."""
    reviewers: tuple[str, ...]
    """Who is to label; empty for whoever comes."""
    instructions: str
    created_at: str
    created_by: str
    strata: tuple[Stratum, ...]
    items: tuple[QueueItem, ...]
    """In the order in which they are shown, which is random."""

    def asked(self, item: QueueItem) -> tuple[str, ...]:
        """Return the categories that an item is labelled in."""
        return item.categories or self.categories


def queue_item(prefix_id: str, runs: Iterable[str], *, seed: int, **further: Any) -> QueueItem:
    """Return an item under an id that is a hash of what it is."""
    named = tuple(runs)
    key = [seed, prefix_id, sorted(named), further.get("repeat", 0), further.get("categories", ())]
    return QueueItem(short_hash(key), prefix_id, named, **further)


def write_queue(workspace: Workspace, queue: Queue) -> Queue:
    """Write a queue under the hash of all that it says, and return it with that id."""
    named = replace(queue, queue_id=short_hash({**asdict(queue), "queue_id": ""}))
    write_json(_path(workspace, named.queue_id), asdict(named))
    return named


def read_queue(workspace: Workspace, queue_id: str) -> Queue:
    """Return a queue with what was added to it by hand.

    Raises:
        NotFoundError: where the workspace has no such queue.
    """
    path = _path(workspace, queue_id)
    if not path.exists():
        raise NotFoundError(
            f"The workspace has no queue {queue_id}.",
            next_step="`python -m deploysim status` lists the queues; it may belong to another workspace",
        )
    written = _read(path, path.stat().st_mtime_ns)
    added = {item.item: item for row in review_rows(workspace, ADDED, queue=queue_id) for item in [_item(row["added"])]}
    held = {item.item for item in written.items}
    return replace(written, items=(*written.items, *(item for key, item in added.items() if key not in held)))


def list_queues(workspace: Workspace) -> list[Queue]:
    """Return all queues, newest first."""
    found = [read_queue(workspace, path.stem) for path in workspace.queues.glob("*.json")]
    return sorted(found, key=lambda queue: (queue.created_at, queue.queue_id), reverse=True)


def add_items(workspace: Workspace, queue_id: str, items: Iterable[QueueItem], *, by: str, at: str) -> None:
    """Add items that somebody chose."""
    rows = [{"kind": ADDED, "queue": queue_id, "added": asdict(item), "by": by, "at": at} for item in items]
    append_reviews(workspace, rows)


def hold(workspace: Workspace, queue_id: str, items: Iterable[str], *, reviewer: str, at: str) -> None:
    """Say that a reviewer is at some items, so that others pass them over for a while."""
    row = {"kind": HOLD, "queue": queue_id, "items": list(items), "reviewer": reviewer, "at": at}
    append_reviews(workspace, [row])


def holds(workspace: Workspace, queue_id: str) -> list[tuple[str, str, str]]:
    """Return who is at which item since when, oldest first: item, reviewer, time."""
    return [
        (item, str(row["reviewer"]), str(row["at"]))
        for row in review_rows(workspace, HOLD, queue=queue_id)
        for item in row["items"]
    ]


def _path(workspace: Workspace, queue_id: str) -> Path:
    return workspace.queues / f"{checked_id(queue_id, kind='queue')}.json"


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Queue:
    values: Mapping[str, Any] = read_json(path)
    lists = {key: tuple(values[key]) for key in ("runs", "categories", "reviewers")}
    strata = tuple(Stratum(**row) for row in values["strata"])
    return Queue(**{**values, **lists, "strata": strata, "items": tuple(_item(row) for row in values["items"])})


def _item(row: Mapping[str, Any]) -> QueueItem:
    lists = {key: tuple(row[key]) for key in ("runs", "categories", "reviewers")}
    return QueueItem(**{**row, **lists})
