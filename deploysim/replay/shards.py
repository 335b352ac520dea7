"""The unit of work where one machine is not enough: some prefixes in, one Parquet part out.

`replay_shard` is a plain function of its arguments, which can all be pickled. An engine that spreads work over machines
(Ray, Spark, a batch scheduler) maps it over `shards` and puts the parts into one folder:

    work = shards(todo)                                                        # where the workspace is
    part = replay_shard(shard, settings, folder, clock=now)                    # anywhere
    collect(workspace, plan, folder)                                           # where the workspace is

A shard has whole blocks, so that a part is an unbiased sample by itself. A part that is there already is not made
again, and a shard that was killed goes on from its own journal, so the engine may start any shard as often as it likes.
Keys and limits per minute hold for one process: share them out among the shards that run at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploysim.chat.settings import ModelSettings
from deploysim.replay.engine import IN_FLIGHT, Clock, ReplayJob, Task, Watcher, replay
from deploysim.replay.todo import Todo
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal
from deploysim.store.outcomes import read_outcomes
from deploysim.store.responses import RESPONSES
from deploysim.store.sealing import seal_journal

SHARD_TASKS = 1_000


@dataclass(frozen=True, slots=True)
class Shard:
    """Responses to get in one place."""

    tasks: tuple[Task, ...]

    @property
    def name(self) -> str:
        """Name of its part: the same tasks have the same one."""
        return short_hash([(task.prefix.prefix_id, task.repeat, task.attempt) for task in self.tasks])


def shards(todo: Todo, *, tasks: int = SHARD_TASKS) -> Iterator[Shard]:
    """Yield what is left to do as shards of whole blocks with at least so many tasks, but for the last."""
    waiting: list[Task] = []
    for block in todo.blocks_of_tasks():
        waiting.extend(block)
        if len(waiting) >= tasks:
            yield Shard(tuple(waiting))
            waiting = []
    if waiting:
        yield Shard(tuple(waiting))


def replay_shard(
    shard: Shard,
    settings: ModelSettings,
    folder: Path,
    *,
    clock: Clock,
    seed: int = 0,
    in_flight: int = IN_FLIGHT,
) -> Path:
    """Get the responses of a shard and return the Parquet file with them, whose columns are those of a run's.

    Args:
        shard: What to get.
        settings: Through what. They hold the key, so an engine that logs arguments had better get it in the worker.
        folder: Where the part and, until it is whole, its journal are kept.
        clock: Tells the time that is written beside an outcome.
        seed: Seed of the run.
        in_flight: Most requests at the same time.

    Raises:
        BusyError: where another process is at work on the same shard.
        ModelError: where the endpoint cannot be used; a later call goes on from here.
    """
    part = folder / f"{shard.name}.parquet"
    if part.exists():
        return part
    with Journal(folder / f"{shard.name}.jsonl") as journal:
        left = _left(shard, journal.path)
        replay(ReplayJob(left, settings, seed=seed, in_flight=in_flight), journal, Watcher(clock))
        seal_journal(journal.path, read_outcomes(journal.path), part, schema=RESPONSES)
        journal.path.unlink()
    return part


def _left(shard: Shard, journal: Path) -> Iterable[Task]:
    outcomes = read_outcomes(journal)
    return [task for task in shard.tasks if outcomes.get(task.prefix.prefix_id, task.repeat) is None]
