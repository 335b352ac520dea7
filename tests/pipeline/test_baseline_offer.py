"""When the baseline lane is proposed."""

from __future__ import annotations

from pathlib import Path

from makers import NOW, compared_workspace, conversation, fill

from deploysim.chat.profiles import ModelProfile
from deploysim.config import read_settings
from deploysim.pipeline.baseline_offer import advice_after, baseline_advice, baseline_arguments, old_models
from deploysim.pipeline.drawing import draw
from deploysim.sampling import SampleSpec
from deploysim.store.runs import list_runs, read_run, run_folder
from deploysim.store.samples import SampleAbout
from deploysim.store.workspace import Workspace

SETTINGS = read_settings({})
PROFILES = {
    "house": ModelProfile("house", "house-2", base_url="https://h/v1", answers_as=("house-old",), api="responses")
}


def sample(root: Path, *models: str) -> SampleAbout:
    """A sample whose prefixes were answered by models in turn."""
    here = Workspace(root)
    fill(here, [conversation(n, turns=1, model=model) for n, model in enumerate(models, 1)])
    return draw(here, SampleSpec(unit="turn", seed=1), now=NOW)


def test_models_that_can_still_be_asked(tmp_path: Path) -> None:
    """By any name that logs give a model of the file, and the embedded one; others are not offered."""
    about = sample(tmp_path, "house-old", "house-old", "smollm2-135m-instruct", "gone-model")

    found = old_models(about, SETTINGS, PROFILES)
    assert [(old.logged, old.model, old.prefixes) for old in found] == [
        ("house-old", "house", 2),
        ("smollm2-135m-instruct", "local", 1),
    ]
    assert baseline_arguments(found[0], ["--max-tokens", "64"]) == [
        *("replay", "--lane", "baseline", "--model", "house"),
        *("--max-tokens", "64"),
    ]


def test_advice_only_where_a_candidate_stands_alone(tmp_path: Path) -> None:
    """With a baseline, or without any run, there is nothing to say."""
    workspace, lanes = compared_workspace(tmp_path)
    assert lanes.baseline
    assert lanes.candidate
    assert baseline_advice(workspace, lanes.sample_id, SETTINGS) == ""

    (run_folder(workspace, lanes.baseline) / "run.json").unlink()
    advice = advice_after(workspace, read_run(workspace, lanes.candidate), SETTINGS)
    assert f"replay --sample {lanes.sample_id} --lane baseline --model OLD_MODEL" in advice

    (run_folder(workspace, lanes.candidate) / "run.json").unlink()
    assert list_runs(workspace) == []
    assert baseline_advice(workspace, lanes.sample_id, SETTINGS) == ""
