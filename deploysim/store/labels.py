"""Labels: what a reviewer says of one response in one category, without having seen who gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from deploysim.store.files import short_hash
from deploysim.store.imports import DataType
from deploysim.store.quarantine import quarantined
from deploysim.store.queues import RECORDED
from deploysim.store.reviews import append_reviews, review_rows
from deploysim.store.runs import list_runs
from deploysim.store.tombstones import erased_keys
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

KIND, UNDONE = "label", "undone"
LABELS: dict[str, DataType] = {
    "queue": pl.String,
    "item": pl.String,
    "prefix_id": pl.String,
    "run": pl.String,
    "lane": pl.String,
    "repeat": pl.Int32,
    "category": pl.String,
    "label": pl.String,
    "severity": pl.Int32,
    "note": pl.String,
    "reviewer": pl.String,
    "adjudicates": pl.Boolean,
    "inclusion": pl.Float64,
    "seconds": pl.Float64,
    "at": pl.String,
}
"""`run` is a run id, or "recorded" for the response in the log; `inclusion` is the probability with which the queue
drew the response, whose inverse is its weight among the labels of that queue; it is missing where somebody chose it."""


@dataclass(frozen=True, slots=True)
class Label:
    """What one reviewer said of one response in one category."""

    queue: str
    item: str
    prefix_id: str
    run: str
    repeat: int
    category: str
    label: str
    """A verdict's word: present, absent, unsure or not comparable."""
    reviewer: str
    at: str
    severity: int | None = None
    """0 to 4, where present."""
    note: str = ""
    adjudicates: bool = False
    """It settles a disagreement, and therefore counts before other labels."""
    inclusion: float | None = None
    seconds: float | None = None
    """Between the item on screen and saving."""
    decision: str = ""
    """Id that the reviewer's page gave it: what it sends twice counts once."""

    @property
    def conversation_id(self) -> str:
        """Conversation that the response belongs to."""
        return self.prefix_id.split(":")[0]

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What a later label of the same reviewer takes the place of."""
        return self.queue, self.item, self.run, self.category, self.reviewer


def record_labels(workspace: Workspace, labels: Iterable[Label]) -> None:
    """Append labels that were given in one go; they count from now on, for every process."""
    append_reviews(workspace, [{"kind": KIND, **asdict(label)} for label in labels])


def undo_labels(workspace: Workspace, labels: Iterable[Label], *, at: str, decision: str) -> None:
    """Take labels back, by one more row each."""
    record_labels(workspace, [replace(one, label=UNDONE, note="", at=at, decision=decision) for one in labels])


def label_rows(workspace: Workspace, *, queue: str = "") -> list[dict[str, Any]]:
    """Return the rows of all labels as they were written, oldest first; of one queue where it is named."""
    return review_rows(workspace, KIND, queue=queue)


def label_history(workspace: Workspace, *, queue: str = "") -> list[Label]:
    """Return every label ever given and taken back, oldest first; of one queue where it is named."""
    return [_label(row) for row in label_rows(workspace, queue=queue)]


def standing(history: Iterable[Label]) -> list[Label]:
    """Return what counts: the last word of every reviewer on every item, oldest first."""
    last: dict[tuple[str, str, str, str, str], Label] = {}
    for label in history:
        last.pop(label.key, None)
        if label.label != UNDONE:
            last[label.key] = label
    return list(last.values())


def labels(workspace: Workspace) -> pl.DataFrame:
    """Return the labels that count, with the columns of `LABELS`, oldest first.

    Conversations that are withheld or were erased are left out.
    """
    gone = quarantined(workspace) | erased_keys(workspace)
    lanes = {run.run_id: run.lane for run in list_runs(workspace)} | {RECORDED: Lane.RECORDED.value}
    rows = [
        {**asdict(label), "lane": lanes.get(label.run)}
        for label in standing(label_history(workspace))
        if label.conversation_id not in gone
    ]
    return pl.DataFrame([{name: row[name] for name in LABELS} for row in rows], schema=LABELS)


def labels_version(workspace: Workspace) -> str:
    """Return a value that changes whenever `labels` does: what rests on labels is stale once it is another one."""
    return short_hash(labels(workspace).drop("note", "seconds", "lane").rows())


def _label(row: dict[str, Any]) -> Label:
    known = {name: row[name] for name in Label.__slots__ if name in row}
    return Label(**known)
