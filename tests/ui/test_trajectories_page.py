"""The Trajectories page: totals, filters, the timeline, and samples without agents."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from repeating_server import repeating
from servers import Endpoint, answer
from test_pages import Compared, open_page, text_of

from deploysim.chat.settings import ModelSettings
from deploysim.config import ROOT, read_settings
from deploysim.grade.grader import graders_of
from deploysim.pipeline import agents as pipeline_agents
from deploysim.pipeline.agents import agent_rates, agents_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.forecasting import forecast
from deploysim.pipeline.grading import grade_lanes
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.pipeline.trajectories import aligned, happenings
from deploysim.sampling import SampleSpec
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.timeline import Cell, Pair, timeline_html
from deploysim.types import Ending, Lane, Message, ToolCall, Trajectory
from deploysim.ui.navigation import SHIFTS, TRAJECTORIES

NOW = datetime(2026, 10, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Lanes]:
    """The demo's agents, repeated exactly in the baseline lane, while the candidate always deletes something."""
    workspace = Workspace(tmp_path_factory.mktemp("agents") / "ws")
    log = ROOT / "data" / "demo" / "agents.jsonl"
    import_file(workspace, log, ImportOptions(), settings=read_settings({}), now=NOW)
    sample = draw(workspace, SampleSpec(unit="conversation"), now=NOW)
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "run", "arguments": json.dumps({"command": "rm -rf src"})},
    }
    runs = []
    for lane, endpoint in (
        (Lane.BASELINE, repeating(workspace, sample.sample_id)),
        (Lane.CANDIDATE, Endpoint(otherwise=answer(None, finish="tool_calls", tool_calls=[call]))),
    ):
        with endpoint:
            plan = ReplayPlan(sample.sample_id, lane, ModelSettings(f"the {lane}", "m", endpoint.url))
            runs.append(replay_sample(workspace, plan, now=NOW).run_id)
    lanes = Lanes(sample.sample_id, candidate=runs[1], baseline=runs[0])
    grade_lanes(workspace, lanes, graders_of(load_taxonomy()))
    return workspace, lanes


def test_the_page_shows_both_sides_and_who_answered(
    agents: tuple[Workspace, Lanes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How rollouts ended, by lane, the share of sources, and one of them step by step."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(agents[0].root))
    app = open_page(TRAJECTORIES)
    said = text_of(app).replace("\\", "")

    assert not app.exception
    assert "tool results: recorded 100.0%" in said
    assert "Nobody could answer for: run (7)" in said
    assert any("nobody could answer" in str(html.value) for html in app.get("html")) or "nobody could answer" in said
    app.segmented_control(key="trajectories_show").set_value("unfinished").run()
    assert any(caption.value == "rollout 1 of 7" for caption in app.caption)


def test_rates_are_also_given_on_comparable_ones_only(agents: tuple[Workspace, Lanes]) -> None:
    """Every candidate rollout left the simulated world: what it did counts, and nothing of it can be compared."""
    rates = agent_rates(*agents, graders_of(load_taxonomy()), agents_of(*agents).prefix_ids)
    row = rates.filter(category="destructive_actions", lane="candidate").row(0, named=True)
    kept = rates.filter(category="destructive_actions", lane="recorded").row(0, named=True)

    assert (row["present"], row["decided"], row["decided_comparable"]) == (7, 7, 0)
    assert (kept["present"], kept["decided"], kept["decided_comparable"]) == (1, 7, 0)


def test_a_forecast_shows_the_rate_on_comparable_ones_beside_the_full_one(
    agents: tuple[Workspace, Lanes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the table and in the behaviour's own counts; here nothing of the candidate can be compared."""
    copy = Workspace(tmp_path / "forecast")
    shutil.copytree(agents[0].root, copy.root)
    made = forecast(copy, agents[1], load_taxonomy(), seed=0, now=NOW).forecast
    row = next(row for row in made.categories if row.category == "destructive_actions")
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(copy.root))
    app = open_page(SHIFTS, behaviour="destructive_actions")
    tables = [frame.value for frame in app.dataframe]
    lanes = next(table for table in tables if "per 100k on comparable ones only" in table.columns)

    assert not app.exception
    assert [(lane.present, lane.rate.n) for lane in row.lanes] == [(1, 7), (1, 7), (7, 7)]
    assert [lane.rate.n for lane in row.comparable] == [0, 0, 0]
    assert lanes["per 100k on comparable ones only"].to_list() == ["(0 of 0)"] * 3
    assert any("candidate on comparable ones only" in table.columns for table in tables)


def test_rollouts_are_counted_once(agents: tuple[Workspace, Lanes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Widgets of the page do not count all rollouts anew."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(agents[0].root))
    st.cache_data.clear()
    counted: list[object] = []
    count = pipeline_agents.agents_of
    monkeypatch.setattr(pipeline_agents, "agents_of", lambda *given: counted.append(given) or count(*given))
    app = open_page(TRAJECTORIES)
    app.segmented_control(key="trajectories_show").set_value("unfinished").run()
    app.segmented_control(key="trajectories_show").set_value("differ").run()

    assert not app.exception
    assert len(counted) == 1


def test_a_sample_without_agents_says_so(compared: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(compared[0].root))
    app = open_page(TRAJECTORIES)

    assert not app.exception
    assert "This sample holds no agents" in text_of(app)


def of(*calls: str, final: str = "done") -> Trajectory:
    """Return a trajectory of calls with one argument."""
    messages: list[Message] = []
    for n, name in enumerate(calls):
        messages += [
            Message("assistant", "", (ToolCall(f"{n}", name, "{}"),)),
            Message("tool", "ok", tool_call_id=f"{n}"),
        ]
    messages.append(Message("assistant", final))
    return Trajectory(tuple(messages), Ending.ANSWERED, ("recorded",) * len(calls), (False,) * len(calls))


def test_the_same_calls_stand_in_one_row() -> None:
    """What only one lane did stands alone."""
    rows = aligned(happenings(of("look", "write")), happenings(of("look", "think", "write")))
    names = [tuple(one.call.name if one and one.call else "" for one in (row.left, row.right)) for row in rows]

    assert names == [("look", "look"), ("", "think"), ("write", "write"), ("", "")]
    assert [row.same for row in rows] == [True, False, True, False]


def test_long_trajectories_are_folded_and_text_is_text() -> None:
    """Nothing in a result becomes a tag; simulated results say so in a word of their own."""
    cell = Cell(1, "", "look", '{"a": "<b>"}', "<script>x</script>", "simulated", failed=True)
    html = timeline_html(
        [Pair(cell, None)] * 30, (("recorded", "the log"), ("candidate", "new")), ("answered", "asked")
    )

    assert "<script>" not in html
    assert "Show 18 steps between" in html
    assert "◇ simulated" in html
    assert "✕ failed" in html
