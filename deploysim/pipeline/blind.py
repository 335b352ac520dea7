"""One item of a queue as its reviewer sees it: nothing in it says which lane, model or grader stands behind."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from deploysim.store.files import short_hash
from deploysim.store.imports import decode_tool_calls
from deploysim.store.labels import label_history, standing
from deploysim.store.queues import RECORDED, Queue, QueueItem
from deploysim.store.runs import responses_of
from deploysim.store.samples import get_prefix
from deploysim.store.workspace import Workspace
from deploysim.types import Message


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an earlier reviewer said, without a name."""

    who: str
    """"reviewer A" and so on."""
    category: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class BlindItem:
    """What is on the screen."""

    item: str
    messages: tuple[Message, ...]
    """The conversation up to the response."""
    responses: tuple[Message, ...]
    """The response, or the two of a pair from left to right."""
    asked: tuple[str, ...]
    """Categories to decide on."""
    opinions: tuple[Opinion, ...] = ()
    """In adjudication: what is to be settled."""


def blind_item(workspace: Workspace, queue: Queue, item: QueueItem) -> BlindItem | None:
    """Return an item for the screen, or None where its conversation is withheld or its response is gone."""
    sampled = get_prefix(workspace, queue.sample_id, item.prefix_id)
    if sampled is None:
        return None
    found = [
        sampled.recorded if run == RECORDED else _response(workspace, run, item.prefix_id, item.repeat)
        for run in item.runs
    ]
    shown = tuple(Message("assistant", one.content, one.tool_calls) for one in found if one is not None)
    if len(shown) < len(item.runs):
        return None
    opinions = _opinions(workspace, queue, item) if queue.mode == "adjudication" else ()
    return BlindItem(item.item, sampled.prefix.messages, shown, queue.asked(item), opinions)


def _response(workspace: Workspace, run: str, prefix_id: str, repeat: int) -> Message | None:
    rows = responses_of(workspace, run, prefix_id).filter((pl.col("repeat") == repeat) & (pl.col("status") == "ok"))
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    return Message("assistant", row["text"] or "", decode_tool_calls(row["tool_calls"]))


def _opinions(workspace: Workspace, queue: Queue, item: QueueItem) -> tuple[Opinion, ...]:
    about = [
        label
        for label in standing(label_history(workspace))
        if label.prefix_id == item.prefix_id
        and label.run in item.runs
        and label.repeat == item.repeat
        and label.category in queue.asked(item)
        and not label.adjudicates
    ]
    # By a hash of the name and not by time: nobody is recognised by having been first.
    people = sorted({label.reviewer for label in about}, key=lambda name: short_hash([item.item, name]))
    names = {person: f"reviewer {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[i % 26]}" for i, person in enumerate(people)}
    return tuple(
        Opinion(names[one.reviewer], one.category, one.label, one.note)
        for one in sorted(about, key=lambda one: (one.category, names[one.reviewer]))
    )
