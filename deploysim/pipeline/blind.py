"""One item of a queue as its reviewer sees it: nothing in it says which lane, model or grader stands behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from deploysim.store.files import short_hash
from deploysim.store.imports import decode_tool_calls
from deploysim.store.labels import label_history, standing
from deploysim.store.queues import RECORDED, Queue, QueueItem
from deploysim.store.responses import responses_to
from deploysim.store.sample_prefixes import SampledPrefix, get_prefixes
from deploysim.store.trajectories import read_trajectory
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
    responses: tuple[tuple[Message, ...], ...]
    """The response, or the two of a pair from left to right: of an agent all its steps, else the one message."""
    asked: tuple[str, ...]
    """Categories to decide on."""
    opinions: tuple[Opinion, ...] = ()
    """In adjudication: what is to be settled."""


def blind_items(workspace: Workspace, queue: Queue, items: Sequence[QueueItem]) -> dict[str, BlindItem]:
    """Return items for the screen by their id, without those that are withheld or whose response is gone."""
    sampled = get_prefixes(workspace, queue.sample_id, [item.prefix_id for item in items])
    there = [item for item in items if item.prefix_id in sampled]
    answers = _answers(workspace, there)
    found: dict[str, BlindItem] = {}
    for item in there:
        prefix = sampled[item.prefix_id]
        given = [
            _recorded(prefix) if run == RECORDED else answers.get((run, item.prefix_id, item.repeat))
            for run in item.runs
        ]
        shown = tuple(map(_plain, filter(None, given)))
        if len(shown) == len(item.runs):
            opinions = _opinions(workspace, queue, item) if queue.mode == "adjudication" else ()
            found[item.item] = BlindItem(item.item, prefix.prefix.messages, shown, queue.asked(item), opinions)
    return found


def _recorded(sampled: SampledPrefix) -> tuple[Message, ...]:
    return sampled.prefix.followed_by or (sampled.recorded,)


def _plain(steps: Sequence[Message]) -> tuple[Message, ...]:
    """Return messages without what only a log or only a replay says of them."""
    return tuple(Message(one.role, one.content, one.tool_calls, one.tool_call_id) for one in steps)


def _answers(workspace: Workspace, items: Sequence[QueueItem]) -> dict[tuple[str, str, int], tuple[Message, ...]]:
    """Return what runs answered, by run, prefix and repeat; failures are no answers."""
    found: dict[tuple[str, str, int], tuple[Message, ...]] = {}
    for run in {run for item in items for run in item.runs} - {RECORDED}:
        rows = responses_to(workspace, run, [item.prefix_id for item in items if run in item.runs])
        for row in rows.filter(pl.col("status") == "ok").iter_rows(named=True):
            trajectory = read_trajectory(row)
            single = Message("assistant", row["text"] or "", decode_tool_calls(row["tool_calls"]))
            found[(run, row["prefix_id"], row["repeat"])] = trajectory.messages if trajectory else (single,)
    return found


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
