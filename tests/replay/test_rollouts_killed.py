"""Rollouts that are killed in the middle, and what the next process finds."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from random import Random

import pytest
from killable import Child, plan
from makers import NOW
from repeating_server import repeating

from deploysim.config import ROOT, read_settings
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.replaying import replay_sample
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.trajectories import read_trajectory, source_counts
from deploysim.store.workspace import Workspace


@pytest.mark.slow
def test_kills_in_the_middle_of_rollouts_lose_and_double_nothing(tmp_path: Path) -> None:
    """A rollout that was cut off begins anew; in the end each has exactly the recorded steps, once."""
    workspace = Workspace(tmp_path)
    log = ROOT / "data" / "demo" / "agents.jsonl"
    import_file(workspace, log, ImportOptions(), settings=read_settings({}), now=NOW)
    sample = draw(workspace, SampleSpec(unit="conversation"), now=NOW)
    random, pause = Random(3), threading.Event()
    with repeating(workspace, sample.sample_id) as endpoint:
        quick = endpoint.otherwise
        endpoint.otherwise = lambda handler, seen: (pause.wait(0.1), quick(handler, seen))[1]
        for _ in range(3):
            child = Child(tmp_path, endpoint.url)
            child.wait_for(random.randint(1, 2))
            child.end(signal.SIGKILL)
        endpoint.otherwise = quick
        run = replay_sample(workspace, plan(tmp_path, endpoint.url), now=NOW)
    rows = {row["prefix_id"]: row for row in responses(workspace, run.run_id).iter_rows(named=True)}

    assert (run.status, len(rows), source_counts(workspace, run.run_id)) == ("done", 7, {"recorded": 17})
    for one in prefixes(workspace, sample.sample_id):
        kept = read_trajectory(rows[one.prefix.prefix_id])
        assert kept is not None
        assert [m.content for m in kept.messages] == [m.content for m in one.prefix.followed_by]
