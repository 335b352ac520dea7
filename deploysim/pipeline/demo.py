"""The demo: the whole way on the project's own data with the embedded model; what is done already is recognised."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from deploysim.chat.settings import ModelSettings
from deploysim.config import ROOT, Secret, Settings
from deploysim.errors import InputError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.forecasting import SavedForecast, existing_forecast, forecast
from deploysim.pipeline.grading import JudgeUse, Report, grade_lanes
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.pipeline.tool_worlds import RolloutOptions
from deploysim.replay.rollout import Limits
from deploysim.sampling import SampleSpec
from deploysim.store.imports import import_records
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy, load_taxonomy
from deploysim.types import Lane

DATA = ROOT / "data" / "demo"
CHATS, AGENTS = DATA / "conversations.jsonl", DATA / "agents.jsonl"
SPEC = SampleSpec(unit="turn", size=110, seed=1, models=("smollm2-135m-instruct",))
AGENTS_SPEC = SampleSpec(unit="conversation", models=("demo-agent-1",))
ROLLOUTS = RolloutOptions(DATA / "tools.yaml", Limits(steps=4))
_KEY = Secret("demo: everybody in these conversations is invented, so the key need not be secret")


@dataclass(frozen=True, slots=True)
class DemoModels:
    """The embedded model in its two configurations: a prompt change is a release too."""

    old: ModelSettings
    new: ModelSettings


def demo_models(path: Path = DATA / "models.yaml") -> DemoModels:
    """Read the two configurations."""
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    return DemoModels(ModelSettings(**read["old"]), ModelSettings(**read["new"]))


def run_demo(
    workspace: Workspace, *, settings: Settings, now: datetime, report: Report, spec: SampleSpec = SPEC
) -> SavedForecast:
    """Import, sample, replay in two lanes, grade and forecast the demo data, and let the model try itself as an agent.

    Raises:
        InputError: where the workspace holds other conversations, which the demo would mix with its own.
    """
    others = [r.source for r in import_records(workspace) if r.source not in (CHATS.name, AGENTS.name)]
    if others:
        raise InputError(
            f"The workspace {workspace.root} holds other conversations ({', '.join(others[:3])}).",
            expected="an empty workspace, or the demo's own",
            next_step="name another folder: `python -m deploysim demo --workspace workspace-demo`",
        )
    keyed = replace(settings, scrub_key=_KEY)
    for log in (CHATS, AGENTS):
        import_file(
            workspace,
            log,
            ImportOptions(),
            settings=keyed,
            now=now,
            progress=lambda counts: report(*astuple(counts.stage())),
        )
    taxonomy = load_taxonomy()
    use = JudgeUse(configured_judges(settings))
    _try_agents(workspace, taxonomy, use, now=now, report=report)
    sample = draw(workspace, spec, now=now)
    report("drawing prefixes", sample.size, sample.size)
    models = demo_models()
    runs = [
        replay_sample(workspace, ReplayPlan(sample.sample_id, lane, model), now=now, report=report)
        for lane, model in ((Lane.BASELINE, models.old), (Lane.CANDIDATE, models.new))
    ]
    lanes = Lanes(sample.sample_id, candidate=runs[1].run_id, baseline=runs[0].run_id)
    known = existing_forecast(workspace, lanes, taxonomy, use.judges)
    return known or forecast(workspace, lanes, taxonomy, seed=0, now=now, use=use, report=report)


def _try_agents(workspace: Workspace, taxonomy: Taxonomy, use: JudgeUse, *, now: datetime, report: Report) -> None:
    """Let the embedded model go on from the demo's agents, with their own system prompts, and grade what it does."""
    # Whoever names no sample means the newest one, which is to be that of the chats.
    sample = draw(workspace, AGENTS_SPEC, now=now - timedelta(minutes=1))
    model = replace(demo_models().old, name="the embedded model as an agent", system_prompt=None)
    plan = ReplayPlan(sample.sample_id, Lane.CANDIDATE, model, rollouts=ROLLOUTS)
    run = replay_sample(workspace, plan, now=now, report=report)
    lanes = Lanes(sample.sample_id, candidate=run.run_id)
    grade_lanes(workspace, lanes, graders_of(taxonomy, use.judges), use=use, report=report)
