"""A replay in batches in a process of its own that can be killed. It imports little, so that many can be started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from forked import FORKED

from deploysim.chat.batching import results
from deploysim.chat.batching.job import BatchOptions, Limits
from deploysim.chat.settings import ModelSettings
from deploysim.replay.batching import BatchReplay, replay_in_batches
from deploysim.replay.engine import Task
from deploysim.store.journal import Journal
from deploysim.store.outcomes import read_outcomes
from deploysim.types import Message, Prefix

PREFIXES = 20


def start(url: str, folder: Path) -> BaseProcess:
    """Start a replay of numbered prefixes, eight in a batch, and return its process."""
    process = FORKED.Process(target=_replay, args=(url, folder))
    process.start()
    return process


def _replay(url: str, folder: Path) -> None:
    # Rows reach the disk in small groups, so that there is something to be killed between.
    results._GROUP = 3
    options = BatchOptions(limits=Limits(requests=8), first_poll_s=0.01, longest_poll_s=0.02)
    path = folder / "responses.jsonl"
    job = BatchReplay(
        "0123456789ab", folder, lambda: _left(path), _prefixes, ModelSettings("x", "m", url), options=options
    )
    with Journal(path) as journal:
        replay_in_batches(job, journal, clock=lambda: datetime.now(UTC))


def _prefixes() -> Iterator[Prefix]:
    return (Prefix(f"{n:012x}:1", f"{n:012x}", (Message("user", str(n)),)) for n in range(PREFIXES))


def _left(path: Path) -> Iterator[Task]:
    outcomes = read_outcomes(path)
    return (Task(prefix) for prefix in _prefixes() if outcomes.get(prefix.prefix_id, 0) is None)
