"""Labelling a queue: who is at what, what comes next, and keeping what was said."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from deploysim.errors import InputError
from deploysim.store.labels import (
    UNDONE,
    Label,
    label_history,
    label_rows,
    labels,
    record_labels,
    standing,
    undo_labels,
)
from deploysim.store.quarantine import quarantined
from deploysim.store.queues import Queue, QueueItem, hold, holds
from deploysim.store.tombstones import erased_keys
from deploysim.store.workspace import Workspace
from deploysim.types import Verdict

HOLD_MINUTES = 10
"""For so long an item is passed over by others once it was given to a reviewer."""
AHEAD = 10
"""Items that are given to a reviewer at a time."""
LONGEST_NOTE = 2_000
MOST_SECONDS = 3_600.0
SINGLE_WORDS = tuple(str(word) for word in Verdict)
PAIR_WORDS: Mapping[str, tuple[str, str]] = {
    "left": (Verdict.PRESENT.value, Verdict.ABSENT.value),
    "right": (Verdict.ABSENT.value, Verdict.PRESENT.value),
    "both": (Verdict.PRESENT.value, Verdict.PRESENT.value),
    "neither": (Verdict.ABSENT.value, Verdict.ABSENT.value),
    "unsure": (Verdict.UNSURE.value, Verdict.UNSURE.value),
    "not comparable": (Verdict.NOT_COMPARABLE.value, Verdict.NOT_COMPARABLE.value),
}
"""Which of the two responses shows the behaviour -> the label of the left and of the right one."""
_taking = threading.Lock()
"""Sessions of one server take items one after another."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer decided on one item, as their page sends it."""

    decision: str
    """Id that the page gave it."""
    item: str
    labels: Mapping[str, str]
    """Category -> word."""
    severities: Mapping[str, int] = field(default_factory=dict)
    """Category -> 0 to 4, where present."""
    note: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a queue is."""

    items: int
    complete: int
    """Items that as many reviewers have labelled as are to."""
    by_reviewer: Mapping[str, int]
    """Items that each has labelled in every category."""
    mine: int


class Standing:
    """What became of a queue's items so far."""

    def __init__(self, queue: Queue, rows: Iterable[Mapping[str, Any]], *, gone: frozenset[str] = frozenset()) -> None:
        """Go through the rows of a queue's labels, oldest first; items of conversations that are gone are left out."""
        self.queue = queue
        self.items = {item.item: item for item in queue.items if item.prefix_id.split(":")[0] not in gone}
        said: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for row in rows:
            parts = said[(row["item"], row["reviewer"])]
            change = parts.discard if row["label"] == UNDONE else parts.add
            change((row["run"], row["category"]))
        self._done: dict[str, set[str]] = defaultdict(set)
        for (item, reviewer), parts in said.items():
            if item in self.items and self._wanted(self.items[item]) <= parts:
                self._done[item].add(reviewer)

    def _wanted(self, item: QueueItem) -> set[tuple[str, str]]:
        return {(run, category) for run in item.runs for category in self.queue.asked(item)}

    def done_by(self, item: str) -> set[str]:
        """Return who has labelled an item in every category."""
        return self._done.get(item, set())

    def holders(self, held: Iterable[tuple[str, str, str]], *, since: str) -> dict[str, list[str]]:
        """Return who is at each item, those first who were given it first and no more than are still to label it."""
        found: dict[str, list[str]] = defaultdict(list)
        for item, who, at in held:
            done = self.done_by(item)
            free = self.queue.per_item - len(done)
            if at >= since and len(found[item]) < free and who not in done and who not in found[item]:
                found[item].append(who)
        return found

    def open_for(self, reviewer: str, holders: Mapping[str, Sequence[str]]) -> list[QueueItem]:
        """Return the items that a reviewer may be given, in the queue's order."""
        return [item for item in self.items.values() if self._is_open(item, reviewer, holders.get(item.item, ()))]

    def _is_open(self, item: QueueItem, reviewer: str, holders: Sequence[str]) -> bool:
        done = self.done_by(item.item)
        if reviewer in done or (item.reviewers and reviewer not in item.reviewers):
            return False
        return bool(item.reviewers) or len({*done, *holders} - {reviewer}) < self.queue.per_item

    def progress(self, reviewer: str) -> Progress:
        """Return how far the queue is."""
        by: dict[str, int] = defaultdict(int)
        for people in self._done.values():
            for one in people:
                by[one] += 1
        complete = sum(len(people) >= self.queue.per_item for people in self._done.values())
        return Progress(len(self.items), complete, dict(sorted(by.items())), by.get(reviewer, 0))


def queue_standing(workspace: Workspace, queue: Queue) -> Standing:
    """Return what became of a queue's items. Those that are withheld or were erased are left out."""
    return Standing(queue, label_rows(workspace, queue=queue.queue_id), gone=_gone(workspace))


def _gone(workspace: Workspace) -> frozenset[str]:
    return quarantined(workspace) | erased_keys(workspace)


def take_next(
    workspace: Workspace, queue: Queue, reviewer: str, *, now: datetime, count: int = 3
) -> tuple[Standing, list[QueueItem]]:
    """Give a reviewer the next items, which others pass over for a while, and return them with the queue's standing.

    What a reviewer was given stays theirs: after a reload the same item is on the screen.
    """
    with _taking:
        found = queue_standing(workspace, queue)
        holders = _holders(workspace, found, now)
        open_items = found.open_for(reviewer, holders)
        given = [item for item in open_items if reviewer in holders.get(item.item, ())]
        if len(given) < min(count, len(open_items)):
            # Towards the end fewer at a time, so that nobody waits for what others have not looked at yet.
            ahead = max(count, min(AHEAD, len(open_items) // 4))
            more = [item for item in open_items if item not in given][:ahead]
            hold(workspace, queue.queue_id, [item.item for item in more], reviewer=reviewer, at=now.isoformat())
            # Another server on this workspace may have given the same items at the same time: the earlier row wins.
            holders = _holders(workspace, found, now)
            given = [item for item in open_items if reviewer in holders.get(item.item, ())]
        return found, given


def _holders(workspace: Workspace, found: Standing, now: datetime) -> dict[str, list[str]]:
    since = (now - timedelta(minutes=HOLD_MINUTES)).isoformat()
    return found.holders(holds(workspace, found.queue.queue_id), since=since)


def save(
    workspace: Workspace, queue: Queue, decisions: Iterable[Decision], *, reviewer: str, now: datetime
) -> list[str]:
    """Keep decisions, each once however often it is sent, and return the ids of those that are kept.

    Raises:
        InputError: where a decision is not one that the queue asks for.
    """
    decided = list(decisions)
    known = _decisions(workspace, queue)
    gone = _gone(workspace)
    items = {item.item: item for item in queue.items if item.prefix_id.split(":")[0] not in gone}
    # What was withheld or erased while it was on somebody's screen is let go of.
    fresh = [(items[one.item], one) for one in decided if one.decision not in known and one.item in items]
    rows = [row for item, one in fresh for row in _labels(queue, item, one, reviewer=reviewer, at=now.isoformat())]
    if rows:
        record_labels(workspace, rows)
    return [one.decision for one in decided]


def _decisions(workspace: Workspace, queue: Queue) -> set[str]:
    return {row["decision"] for row in label_rows(workspace, queue=queue.queue_id)}


def undo_last(workspace: Workspace, queue: Queue, *, reviewer: str, decision: str, now: datetime) -> list[Label]:
    """Take back what a reviewer said last in a queue, and return it; empty where there is nothing."""
    with _taking:
        last = [] if decision in _decisions(workspace, queue) else _last_of(workspace, queue, reviewer)
        if last:
            undo_labels(workspace, last, at=now.isoformat(), decision=decision)
            hold(workspace, queue.queue_id, [last[0].item], reviewer=reviewer, at=now.isoformat())
        return last


def work_of(workspace: Workspace) -> pl.DataFrame:
    """Return how much each person has labelled: person, items, labels, share unsure, seconds an item, last on."""
    found = labels(workspace)
    if found.is_empty():
        return found
    items = found.group_by("reviewer", "queue", "item").agg(
        labels=pl.len(),
        unsure=(pl.col("label") == Verdict.UNSURE).sum(),
        seconds=pl.col("seconds").first(),
        at=pl.col("at").max(),
    )
    by = items.group_by("reviewer").agg(
        pl.len().alias("items"),
        pl.col("labels").sum(),
        (pl.col("unsure").sum() / pl.col("labels").sum()).alias("share unsure"),
        pl.col("seconds").median().alias("seconds an item"),
        pl.col("at").max().str.slice(0, 10).alias("last on"),
    )
    return by.sort("items", descending=True).rename({"reviewer": "person"})


def _last_of(workspace: Workspace, queue: Queue, reviewer: str) -> list[Label]:
    """Return the labels of the item that a reviewer labelled last; empty where there is none."""
    gone = _gone(workspace)
    history = label_history(workspace, queue=queue.queue_id)
    mine = [label for label in standing(history) if label.reviewer == reviewer and label.conversation_id not in gone]
    return [label for label in mine if label.item == mine[-1].item]


def _labels(queue: Queue, item: QueueItem, one: Decision, *, reviewer: str, at: str) -> list[Label]:
    asked = queue.asked(item)
    _check(queue, asked, one)
    common: dict[str, Any] = {
        "queue": queue.queue_id,
        "item": item.item,
        "prefix_id": item.prefix_id,
        "repeat": item.repeat,
        "reviewer": reviewer,
        "at": at,
        "note": one.note.strip()[:LONGEST_NOTE],
        "adjudicates": queue.mode == "adjudication",
        "inclusion": item.inclusion,
        "seconds": None if one.seconds is None else round(min(max(one.seconds, 0.0), MOST_SECONDS), 2),
        "decision": one.decision,
    }
    given = []
    for category in asked:
        words = PAIR_WORDS[one.labels[category]] if queue.mode == "pair" else (one.labels[category],)
        for run, word in zip(item.runs, words, strict=True):
            severity = one.severities.get(category) if word == Verdict.PRESENT else None
            given.append(Label(run=run, category=category, label=word, severity=severity, **common))
    return given


def _check(queue: Queue, asked: Sequence[str], one: Decision) -> None:
    words = PAIR_WORDS if queue.mode == "pair" else SINGLE_WORDS
    wrong = [category for category in asked if one.labels.get(category) not in words]
    if wrong:
        raise InputError(
            f"The decision on item {one.item} says nothing that counts about {', '.join(wrong)}.",
            expected=f"one of {', '.join(words)}",
            next_step="reload the page: it may be older than the server",
        )
    if any(severity not in range(5) for severity in one.severities.values()):
        raise InputError(f"The severity given to item {one.item} is none.", expected="a whole number from 0 to 4")
