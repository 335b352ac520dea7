"""The demo, with the real embedded model on a few of its prefixes."""

from __future__ import annotations

from pathlib import Path

import pytest
from makers import NOW, fill
from makers import conversation as made_conversation

from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.pipeline.demo import demo_models, run_demo
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses
from deploysim.store.runs import list_runs
from deploysim.store.trajectories import ending_counts
from deploysim.store.workspace import Workspace


@pytest.mark.slow
def test_the_demo_runs_end_to_end_and_recognises_what_is_done(tmp_path: Path) -> None:
    """A real model answers in two lanes; a second call makes nothing new."""
    workspace, said = Workspace(tmp_path / "ws"), []
    spec = SampleSpec(size=3, seed=1)

    def run() -> str:
        saved = run_demo(
            workspace, settings=read_settings({}), now=NOW, report=lambda what, *_: said.append(what), spec=spec
        )
        return saved.forecast_id

    first = run()
    runs = list_runs(workspace)
    steps = list(dict.fromkeys(said))
    assert sorted((r.lane, r.status) for r in runs) == [("baseline", "done"), *[("candidate", "done")] * 2]
    assert all(
        responses(workspace, r.run_id)["text"].str.len_chars().min() > 0 for r in runs if "rollouts" not in r.settings
    )
    (agents,) = [r for r in runs if "rollouts" in r.settings]
    assert sum(ending_counts(workspace, agents.run_id).values()) == 7
    assert steps[0] == "importing and scrubbing"
    assert said[-1] == "grading candidate"

    before = {p: p.stat().st_mtime_ns for p in workspace.root.rglob("*") if p.is_file()}
    assert run() == first
    assert {p: p.stat().st_mtime_ns for p in workspace.root.rglob("*") if p.is_file()} == before


def test_the_demo_does_not_mix_with_other_conversations(tmp_path: Path) -> None:
    """A workspace in use is left alone, with a way out."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [made_conversation(1)])

    with pytest.raises(InputError, match="holds other conversations"):
        run_demo(workspace, settings=read_settings({}), now=NOW, report=lambda *_: None)


def test_the_two_configurations_are_one_model() -> None:
    """The candidate differs by prompt and temperature only."""
    models = demo_models()

    assert models.old.model == models.new.model
    assert models.old.base_url is models.new.base_url is None
    assert models.old.system_prompt != models.new.system_prompt
