"""Work for other machines: shards that any engine can run, in any order and as often as it likes."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from forked import FORKED
from makers import NOW, conversation, fill
from servers import Endpoint, answer, echo, refuse

from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError, ModelError
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.pipeline.replaying_elsewhere import collect, hand_out
from deploysim.replay.shards import Shard, replay_shard
from deploysim.sampling import SampleSpec
from deploysim.store.outcomes import ANSWERED
from deploysim.store.responses import RESPONSES, responses
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

PREFIXES = 90


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n, turns=3) for n in range(PREFIXES // 3)])
    draw(workspace, SampleSpec(seed=1), now=NOW)
    return workspace


def now() -> datetime:
    return datetime.now(UTC)


def plan(workspace: Workspace, endpoint: Endpoint, **changes: Any) -> ReplayPlan:
    sample_id = next(workspace.samples.glob("*.duckdb")).stem
    return ReplayPlan(sample_id, Lane.CANDIDATE, ModelSettings("x", "m", endpoint.url, max_retries=0), **changes)


def shards_of(workspace: Workspace, wanted: ReplayPlan) -> list[Shard]:
    return list(hand_out(workspace, wanted, now=NOW, tasks=20))


def test_a_run_answered_elsewhere_is_the_run_answered_here(here: Workspace, tmp_path: Path) -> None:
    """Two processes that know nothing of the workspace fill a folder; taken in, the run is what `replay` makes."""
    with Endpoint(otherwise=echo()) as endpoint:
        wanted = plan(here, endpoint, repeats=2)
        work = shards_of(here, wanted)
        with ProcessPoolExecutor(2, FORKED) as pool:
            parts = [pool.submit(replay_shard, shard, wanted.settings, tmp_path, clock=now) for shard in work]
            names = {part.result() for part in parts}
        taken = collect(here, wanted, tmp_path, now=NOW)
        elsewhere = responses(here, taken.run_id)
        sent = len(endpoint.requests)
        local = replay_sample(here, ReplayPlan(**{**_fields(wanted), "lane": Lane.BASELINE}), now=NOW)

    times = ["at", "latency_s"]
    assert (taken.status, taken.outcomes) == ("done", {ANSWERED: 2 * PREFIXES})
    assert len(names) == len(work) >= 180 // 30
    assert sent == 2 * PREFIXES
    assert elsewhere.drop(times).equals(responses(here, local.run_id).drop(times))


def test_a_shard_that_was_done_or_killed_is_not_done_again(here: Workspace, tmp_path: Path) -> None:
    """A part that is there is returned; one that was begun goes on from its journal, and leaves only the part."""
    with Endpoint(script=[answer()] * 7, otherwise=refuse(401)) as endpoint:
        wanted = plan(here, endpoint)
        shard = shards_of(here, wanted)[0]
        with pytest.raises(ModelError, match="refused the key"):
            replay_shard(shard, wanted.settings, tmp_path, clock=now, in_flight=1)
        endpoint.otherwise = echo()
        part = replay_shard(shard, wanted.settings, tmp_path, clock=now, in_flight=1)
        again = replay_shard(shard, wanted.settings, tmp_path, clock=now)

    frame = pl.read_parquet(part)
    assert part == again
    assert frame.schema == pl.Schema(RESPONSES)
    assert sorted(frame["prefix_id"]) == sorted(task.prefix.prefix_id for task in shard.tasks)
    assert len(endpoint.requests) == len(shard.tasks) + 1
    assert [path.suffix for path in tmp_path.iterdir() if path.is_file()].count(".jsonl") == 0


def test_shards_have_whole_blocks_and_travel(here: Workspace) -> None:
    """Each is a plain value: pickled and back it is the same, and has the same name anywhere."""
    with Endpoint() as endpoint:
        work = shards_of(here, plan(here, endpoint))

    where = [{task.prefix.conversation_id for task in shard.tasks} for shard in work]
    assert sum(map(len, where)) == len(set().union(*where)) == PREFIXES // 3
    assert [pickle.loads(pickle.dumps(shard)) for shard in work] == work
    assert len({shard.name for shard in work}) == len(work)


def test_parts_may_come_one_by_one_and_twice(here: Workspace, tmp_path: Path) -> None:
    """What has come is taken once; what has not is handed out again, or answered here."""
    with Endpoint(otherwise=echo()) as endpoint:
        wanted = plan(here, endpoint)
        for shard in shards_of(here, wanted)[:2]:
            replay_shard(shard, wanted.settings, tmp_path, clock=now)
        some = collect(here, wanted, tmp_path, now=NOW)
        twice = collect(here, wanted, tmp_path, now=NOW)
        left = shards_of(here, wanted)
        whole = replay_sample(here, wanted, now=NOW)

    counts = sum(some.outcomes.values())
    assert (some.status, twice.outcomes, whole.status) == ("stopped", some.outcomes, "done")
    assert sum(len(shard.tasks) for shard in left) == PREFIXES - counts
    assert len(endpoint.requests) == PREFIXES
    assert set(responses(here, whole.run_id)["attempt"]) == {1}


def test_a_stranger_among_the_parts_is_refused(here: Workspace, tmp_path: Path) -> None:
    """A file with other columns is named, and nothing of it is taken."""
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "other.parquet")
    with Endpoint() as endpoint, pytest.raises(InputError, match=r"other\.parquet is no part of a run"):
        collect(here, plan(here, endpoint), tmp_path, now=NOW)


def _fields(value: ReplayPlan) -> dict[str, Any]:
    return {name: getattr(value, name) for name in ReplayPlan.__slots__}
