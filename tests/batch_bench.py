"""A run's folder and a provider of batches, on which replays in batches are tried."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from batch_server import Provider

from deploysim.chat.api import APIS
from deploysim.chat.batch_lines import request_line
from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.settings import ModelSettings
from deploysim.chat.tally import RunTally
from deploysim.config import Secret
from deploysim.replay.batch_names import custom_id
from deploysim.replay.batching import BatchReplay, replay_in_batches
from deploysim.replay.engine import Task
from deploysim.store.batches import BatchBook
from deploysim.store.journal import Journal, read_journal
from deploysim.store.outcomes import read_outcomes
from deploysim.types import Message, Prefix

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CREATE, UPLOAD, LOOK = "POST /v1/batches", "POST /v1/files", "GET /v1/batches/ID"
CONTENT, DELETE = "GET /v1/files/ID/content", "DELETE /v1/files/ID"


def prefix(number: int) -> Prefix:
    return Prefix(f"{number:012x}:2", f"{number:012x}", (Message("user", f"question {number}"),))


LINE = len(
    request_line(
        APIS["responses"],
        custom_id(prefix(0).prefix_id, 0),
        APIS["responses"].body(ModelSettings("x", "a-model"), prefix(0).messages, seed=None, tools=None),
    )
)
"""Bytes of a request through the Responses API, which takes no seed: all are as long."""


def name(number: int, repeat: int = 0) -> str:
    return custom_id(prefix(number).prefix_id, repeat)


def left(path: Path, prefixes: list[Prefix], repeats: int, retry: Collection[str]) -> list[Task]:
    """Return what a run has no outcome of, or one that is asked for anew."""
    outcomes = read_outcomes(path)
    found = []
    for one, repeat in itertools.product(prefixes, range(repeats)):
        before = outcomes.get(one.prefix_id, repeat)
        if before is None:
            found.append(Task(one, repeat))
        elif before.kind in retry:
            found.append(Task(one, repeat, before.attempts + 1))
    return found


@dataclass
class Bench:
    """A run's folder, and the runs that are made in it."""

    folder: Path
    provider: Provider
    numbers: list[int]
    options: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "responses.jsonl"

    @property
    def book(self) -> BatchBook:
        return BatchBook(self.folder)

    def settings(self, **changes: Any) -> ModelSettings:
        given = {"max_retries": 2, "timeout_s": 5.0, "api_key": Secret("sk-test"), **self.changes, **changes}
        return ModelSettings("x", "a-model", self.provider.url, **given)

    def run(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        on_rows: Callable[[RunTally], None] = lambda tally: None,
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> RunTally:
        quick = {"first_poll_s": 0.005, "longest_poll_s": 0.01, **self.options, **(options or {})}
        prefixes: list[Prefix] = changes.pop("prefixes", None) or [prefix(n) for n in self.numbers]
        waiting = left(self.path, prefixes, changes.pop("repeats", 1), changes.pop("retry", ()))
        job = BatchReplay(
            "0123456789ab",
            self.folder,
            lambda: waiting,
            lambda: prefixes,
            self.settings(),
            seed=3,
            options=BatchOptions(**quick),
        )
        with Journal(self.path) as journal:
            return replay_in_batches(replace(job, **changes), journal, clock=lambda: NOW, on_rows=on_rows, stop=stop)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the newest row of each prefix and repeat."""
        return newest(self.path)

    def outcomes(self) -> dict[int, str]:
        """Return number -> "ok" with the right words, or the reason of the failure."""
        found = {}
        for row in read_journal(self.path):
            number = int(row["prefix_id"].split(":")[0], 16)
            right = row["text"] == f"to: question {number}"
            found[number] = ("ok" if right else "wrong words") if row["status"] == "ok" else row["failure_kind"]
        return found


def newest(path: Path) -> dict[str, dict[str, Any]]:
    return {custom_id(row["prefix_id"], row["repeat"]): row for row in read_journal(path)}


def all_ok(count: int) -> dict[int, str]:
    return dict.fromkeys(range(count), "ok")
