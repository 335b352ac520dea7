"""`grade` killed with no chance to tidy up, again and again: no verdict is lost, none is there twice, little is asked anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import polars as pl
from judging import Asked, verdict
from makers import compared_workspace
from servers import Endpoint, Handler, Seen, answer

from deploysim.config import read_settings
from deploysim.grade.grader import graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.lanes import Lanes, graded_name
from deploysim.store.grades import read_grades
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy

ROOT = Path(__file__).resolve().parents[2]
COUNT, IN_FLIGHT, KILLS = 6, 4, 3


def test_a_killed_grade_goes_on_and_keeps_every_verdict_once(tmp_path: Path) -> None:
    """Three processes are killed at their work and a fourth ends it: one verdict a response and category, in every lane."""
    here, lanes = compared_workspace(tmp_path, count=COUNT)

    def reply(handler: Handler, seen: Seen) -> None:
        asked = Asked(seen)
        seen.ended.wait(0.02)
        answer(verdict(asked, "present" if "can't help" in asked.response else "absent"))(handler, seen)

    with Endpoint(otherwise=reply) as at:
        environment = {
            "OPENAI_BASE_URL": at.url,
            "DEPLOYSIM_JUDGE": "some-model",
            "DEPLOYSIM_WORKSPACE": str(here.root),
        }
        for kill in range(1, KILLS + 1):
            process = grade(environment)
            wait_for(at, 40 * kill, process)
            process.kill()
            process.communicate()
        shown = json.loads(grade(environment).communicate()[0])
        asked = Counter(json.dumps(seen.body["messages"]) for seen in at.requests)
    rows = grades(here, lanes, configured_judges(read_settings(environment)))

    keys = Counter(rows.select("lane", "prefix_id", "repeat", "category").iter_rows())
    assert set(keys.values()) == {1}
    assert len(keys) == 3 * COUNT * sum(c.applies_to == "everything" for c in load_taxonomy().categories)
    assert set(rows["verdict"]) == {"present", "absent"}
    assert shown["failed"] == 0
    assert sum(row["calls_cached"] for row in shown["work"]) >= 40 * KILLS - (IN_FLIGHT + 2) * KILLS - len(
        shown["work"]
    )
    assert sum(asked.values()) - len(asked) <= KILLS * IN_FLIGHT


def grade(environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start the real command."""
    command = [sys.executable, "-m", "deploysim", "grade", "--json", "--in-flight", str(IN_FLIGHT)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(at: Endpoint, requests: int, process: subprocess.Popen[str]) -> None:
    """Return once so many requests have arrived, while a process is at work."""
    deadline = time.monotonic() + 120
    while len(at.requests) < requests:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def grades(here: Workspace, lanes: Lanes, judges: Judges) -> pl.DataFrame:
    """All grades of all lanes as they are on the disk, with the lane."""
    prints = [grader.fingerprint for grader in graders_of(load_taxonomy(), judges)]
    runs = {"recorded": None, **lanes.runs()}
    return pl.concat(
        read_grades(here, graded_name(here, lanes.sample_id, run), prints).with_columns(lane=pl.lit(lane))
        for lane, run in runs.items()
    )
