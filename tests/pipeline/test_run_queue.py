"""The queue of runs, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from makers import NOW, conversation, fill
from servers import Endpoint, answer

from deploysim.pipeline.drawing import draw
from deploysim.pipeline.run_arguments import resume_arguments
from deploysim.pipeline.run_queue import enqueue, queue_state, work_queue
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses
from deploysim.store.run_queue import add_entry, list_entries, take_entry
from deploysim.store.runs import list_runs
from deploysim.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a sample of four prefixes, and a key for endpoints."""
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n, turns=1) for n in range(1, 5)])
    draw(workspace, SampleSpec(unit="turn", seed=1), now=NOW)
    return workspace


def replay(url: str, lane: str, model: str) -> list[str]:
    """Return the command of a run."""
    return ["replay", "--lane", lane, "--model", model, "--base-url", url, "--retries", "0"]


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.1)


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def test_runs_go_one_after_another_and_survive_who_added_them(here: Workspace) -> None:
    """The worker is a process of its own: the second run begins when the first has ended."""
    with Endpoint(otherwise=answer("yes")) as endpoint:
        enqueue(here, "first", replay(endpoint.url, "baseline", "old"), now=clock())
        enqueue(here, "second", replay(endpoint.url, "candidate", "new"), now=clock())
        until(lambda: [run.status for run in list_runs(here)] == ["done", "done"])

    asked = [seen.body["model"] for seen in endpoint.requests]
    assert asked == ["old"] * 4 + ["new"] * 4
    assert all(entry.started for entry in list_entries(here))


def test_what_does_not_work_is_told_and_holds_nobody_up(here: Workspace) -> None:
    """A run that cannot begin says why; the next has its turn all the same."""
    with Endpoint(otherwise=answer("yes")) as endpoint:
        add_entry(here, "broken", ["replay", "--lane", "nowhere", "--model", "old"], now=NOW)
        add_entry(here, "good", replay(endpoint.url, "candidate", "new"), now=clock())
        assert work_queue(here, clock=clock) == 2

    (broken,) = queue_state(here).broken
    assert broken[0].title == "broken"
    assert "lane 'nowhere'" in broken[1].output
    assert [run.status for run in list_runs(here)] == ["done"]


def test_a_run_that_is_killed_takes_neither_worker_nor_others_along(here: Workspace) -> None:
    """Killed with -9 in the middle; the next goes on, and resuming sends only what is missing."""
    held = threading.Event()

    def slow(handler, seen) -> None:
        if seen.body["model"] == "old" and len(endpoint.requests) >= 3:
            held.wait(60)
        answer("yes")(handler, seen)

    with Endpoint(otherwise=slow) as endpoint:
        add_entry(here, "killed", [*replay(endpoint.url, "baseline", "old"), "--in-flight", "1"], now=NOW)
        add_entry(here, "next", replay(endpoint.url, "candidate", "new"), now=clock())
        worker = subprocess.Popen(
            [sys.executable, "-m", "deploysim", "work-queue", "--workspace", str(here.root)], cwd=ROOT
        )
        until(lambda: len(endpoint.requests) >= 3)
        (alive,) = queue_state(here).alive
        job = next(path for path in here.jobs.glob("*/run.json") if alive in path.read_text())
        os.kill(int(job.with_name("job.json").read_text().split('"pid": ')[1].split(",")[0]), signal.SIGKILL)
        held.set()
        assert worker.wait(90) == 0

        runs = {run.lane: run for run in list_runs(here)}
        assert runs["candidate"].status == "done"
        assert runs["baseline"].status == "started"
        assert queue_state(here).alive == frozenset()
        before = responses(here, runs["baseline"].run_id).height
        asked = sum(seen.body["model"] == "old" for seen in endpoint.requests)
        add_entry(here, "resume", resume_arguments(runs["baseline"]), now=clock(), first=True)
        assert work_queue(here, clock=clock) == 1

    again = next(run for run in list_runs(here) if run.lane == "baseline")
    assert (again.run_id, again.status) == (runs["baseline"].run_id, "done")
    assert sum(seen.body["model"] == "old" for seen in endpoint.requests) - asked == 4 - before


def test_a_second_worker_leaves_the_first_alone(here: Workspace) -> None:
    """Two workers never run two runs at a time, and the second does not wait for ever."""
    with Endpoint(otherwise=answer("yes")) as endpoint:
        add_entry(here, "one", replay(endpoint.url, "candidate", "new"), now=clock())
        counts: list[int] = []
        first = threading.Thread(target=lambda: counts.append(work_queue(here, clock=clock)))
        first.start()
        until(lambda: list_entries(here)[0].started)

        assert work_queue(here, clock=clock, patience_s=0.0) == 0
        first.join()
    assert counts == [1]


def test_an_entry_that_a_worker_died_over_has_its_turn(here: Workspace) -> None:
    """Taken, and never begun: the next worker begins it."""
    with Endpoint(otherwise=answer("yes")) as endpoint:
        entry = add_entry(here, "taken", replay(endpoint.url, "candidate", "new"), now=NOW)
        take_entry(here, entry, "started")
        assert work_queue(here, clock=clock) == 1

    assert [run.status for run in list_runs(here)] == ["done"]
    assert not queue_state(here).stands_still


def test_a_queue_that_nobody_works_on_stands_still(here: Workspace) -> None:
    """As after the machine was started again: it is said, and not passed over in silence."""
    add_entry(here, "waits", ["replay"], now=NOW)

    assert queue_state(here).stands_still
