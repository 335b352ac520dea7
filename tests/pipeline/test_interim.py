"""Looking at a run that is not at its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from makers import NOW, REFUSAL, conversation, fill
from servers import Endpoint, answer, echo

from deploysim.__main__ import main
from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError, NotFoundError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.interim import begun_lanes, interim_notes, look
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.sampling import SampleSpec
from deploysim.store.runs import read_run
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane

GRADERS = [grader for grader in graders_of(load_taxonomy()) if grader.category in ("refusal", "empty_response")]


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A sample of 80 conversations of two turns."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n) for n in range(80)])
    draw(workspace, SampleSpec(seed=1), now=NOW)
    return workspace


def replay(here: Workspace, endpoint: Endpoint, *, limit: int | None) -> Lanes:
    """Let a candidate answer the first blocks."""
    sample_id = next(here.samples.glob("*.duckdb")).stem
    settings = ModelSettings("x", "new-model", endpoint.url, timeout_s=10, max_retries=0)
    replay_sample(here, ReplayPlan(sample_id, Lane.CANDIDATE, settings, in_flight=4, limit=limit), now=NOW)
    return begun_lanes(here, sample_id)


def pilot(here: Workspace, reply, *, limit: int = 80) -> Lanes:
    """Let a candidate begin."""
    with Endpoint(otherwise=reply) as endpoint:
        return replay(here, endpoint, limit=limit)


def test_a_model_that_always_refuses_is_found_early(here: Workspace) -> None:
    """Half of the blocks are enough: refusals are up, and nothing is said of what nobody showed."""
    lanes = pilot(here, answer(REFUSAL))
    seen = look(here, lanes, GRADERS)
    rows = {row.category: row for row in seen.rows}

    assert seen.prefixes == rows["refusal"].pairs == rows["refusal"].regressed < seen.of == 160
    assert rows["refusal"].answered == "up"
    assert rows["refusal"].difference.low > 0.3
    assert rows["empty_response"].answered == ""
    assert [row.category for row in seen.moving()] == ["refusal"]
    assert "No pair differs" in interim_notes(seen)[0]
    assert "Says nothing" in interim_notes(seen)[0]
    assert f"Answered: Declines the request is up ({seen.prefixes} of 160" in seen.sentence()
    assert read_run(here, str(lanes.candidate)).status != "done"


def test_looking_again_gives_the_same(here: Workspace) -> None:
    """A look changes nothing, and a run that went on is looked at whole."""
    with Endpoint(otherwise=echo()) as endpoint:
        lanes = replay(here, endpoint, limit=60)
        first = look(here, lanes, GRADERS)
        assert look(here, lanes, GRADERS) == first
        assert "Nothing is answered yet" in first.sentence()
        replay(here, endpoint, limit=None)
    assert look(here, lanes, GRADERS).prefixes == 160


def test_without_anything_to_look_at(here: Workspace, compared: tuple[Workspace, Lanes]) -> None:
    """No run, or one made elsewhere, is refused with what to do."""
    with pytest.raises(NotFoundError, match="from here"):
        begun_lanes(here, "0" * 12)
    with pytest.raises(InputError, match="No block of prefixes is complete"):
        look(*compared, GRADERS)


def test_the_shell_looks_too(here: Workspace, monkeypatch, capsys) -> None:
    """`forecast --interim` prints the answer and how it may be used, and makes no forecast."""
    pilot(here, answer(REFUSAL))
    monkeypatch.setattr("sys.argv", ["deploysim", "forecast", "--interim", "-w", str(here.root)])
    assert main() == 0
    shown = " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr("sys.argv", ["deploysim", "forecast", "--interim", "--json", "-w", str(here.root)])
    assert main() == 0

    assert "Answered: Declines the request is up" in shown
    assert "looked at as often as wanted" in shown
    assert json.loads(capsys.readouterr().out)["of"] == 160
    assert not here.forecasts.exists() or not list(here.forecasts.glob("*.json"))
