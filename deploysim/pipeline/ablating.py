"""Ablation: the same replay with affordances taken away one after another, and what that does to realism and rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from deploysim import __version__
from deploysim.audit.ablations import AblationAudit, Variant, VariantRate
from deploysim.audit.records import Share
from deploysim.audit.telling import compare
from deploysim.errors import InputError
from deploysim.grade.grader import Grader
from deploysim.pipeline.audited_lanes import outcomes, pairs, side
from deploysim.pipeline.audits import SavedAudit, keep
from deploysim.pipeline.grading import RULES_ONLY, JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes, fitting, lane_grades
from deploysim.pipeline.placeholders import with_placeholders
from deploysim.pipeline.replaying import ReplayPlan, replay_sample, with_rollouts
from deploysim.pipeline.tool_worlds import DATABASE
from deploysim.stats.rates import jeffreys_interval
from deploysim.store.derived_samples import Holds, what_it_holds, without_surrogates
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.samples import read_sample
from deploysim.store.trajectories import ending_counts, source_counts
from deploysim.store.workspace import Workspace
from deploysim.tools.spec import Step
from deploysim.types import Lane, Verdict

LEVEL = 0.95
WHOLE = "nothing"
NAMES = {
    Step.RECORDED: "recorded answers",
    Step.TRAFFIC: "answers recorded elsewhere",
    Step.SNAPSHOT: "snapshot",
    DATABASE: "similar recorded calls",
    Step.SIMULATOR: "simulator",
}
"""Sources of tool results in words."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    plan: ReplayPlan


def ablate(
    workspace: Workspace,
    plan: ReplayPlan,
    graders: Sequence[Grader],
    *,
    now: datetime,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> SavedAudit[AblationAudit]:
    """Replay a sample whole and then with ever fewer affordances, and compare each replay with the log.

    What answers agents' tools goes first, one source after another; then the tools, system prompts and surrogates, each
    where the sample has any. What was replayed before is not replayed again.

    Raises:
        InputError: where the sample has none of them.
    """
    plan = with_rollouts(workspace, plan)
    steps = [
        replace(step, plan=replace(step.plan, without="" if step.name == WHOLE else step.name))
        for step in _steps(workspace, plan)
    ]
    if len(steps) == 1:
        raise InputError(
            "There is nothing to take away from this sample.",
            expected="conversations with a system prompt, with tools, or with replaced stretches",
            next_step="import the log with its system prompts, and draw a sample of it",
        )
    graders = fitting(workspace, plan.sample_id, graders)
    variants = [_variant(workspace, step, plan.sample_id, graders, now, use, report) for step in steps]
    about = read_sample(workspace, plan.sample_id)
    audit = AblationAudit(
        sample_id=plan.sample_id,
        unit=about.unit,
        created_at=now.isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        seed=plan.seed,
        level=LEVEL,
        model=plan.settings.name,
        lane=plan.lane,
        variants=tuple(variants),
        notes=_notes(plan, what_it_holds(workspace, plan.sample_id)),
    )
    return keep(workspace, audit)


def _steps(workspace: Workspace, plan: ReplayPlan) -> Iterator[_Step]:
    holds = what_it_holds(workspace, plan.sample_id)
    yield _Step(WHOLE, plan)
    names = list[str]()
    for source in plan.rollouts.sources() if plan.rollouts else ():
        assert plan.rollouts
        names.append(NAMES[source])
        plan = replace(plan, rollouts=replace(plan.rollouts, without=(*plan.rollouts.without, source)))
        yield _Step(", ".join(names), plan)
    if holds.tools or plan.rollouts:
        names.append("tools")
        plan = replace(plan, settings=replace(plan.settings, with_tools=False))
        yield _Step(", ".join(names), plan)
    if holds.system_prompts:
        names.append("system prompts")
        plan = replace(plan, settings=replace(plan.settings, system_prompt=""))
        yield _Step(", ".join(names), plan)
    if holds.spans:
        names.append("surrogates")
        texts = list(_placeheld(workspace, plan.sample_id))
        plan = replace(plan, sample_id=without_surrogates(workspace, plan.sample_id, texts))
        yield _Step(", ".join(names), plan)


def _placeheld(workspace: Workspace, sample_id: str) -> Iterator[tuple[str, int, str]]:
    """Yield the messages that read otherwise with placeholders, each once; the log's answers stay as they are."""
    known: set[tuple[str, int]] = set()
    for sampled in prefixes(workspace, sample_id):
        for at, message in enumerate(with_placeholders(sampled).messages):
            place = (sampled.prefix.conversation_id, at)
            if place not in known and message.content != sampled.prefix.messages[at].content:
                known.add(place)
                yield *place, message.content


def _variant(
    workspace: Workspace,
    step: _Step,
    whole: str,
    graders: Sequence[Grader],
    now: datetime,
    use: JudgeUse,
    report: Report,
) -> Variant:
    plan, sample_id = step.plan, step.plan.sample_id

    def say(what: str, done: int, total: int) -> None:
        report(f"{what}, without {step.name}", done, total)

    run = replay_sample(workspace, plan, now=now, report=say)
    both, left_out = pairs(outcomes(workspace, whole, None), outcomes(workspace, sample_id, run.run_id))
    told = compare(
        both,
        question="fidelity" if plan.lane == Lane.BASELINE else "candidate",
        first=side(workspace, whole, None),
        second=side(workspace, sample_id, run.run_id),
        left_out=left_out,
        seed=plan.seed,
        level=LEVEL,
    )
    candidate, baseline = (run.run_id, None) if plan.lane == Lane.CANDIDATE else (None, run.run_id)
    grade_lanes(workspace, Lanes(sample_id, candidate, baseline), graders, use=use, report=report)
    grades = lane_grades(workspace, sample_id, run.run_id, list(graders))
    return Variant(
        step.name,
        sample_id,
        run.run_id,
        told,
        tuple(_rate(grades, grader) for grader in graders),
        sources=tuple(source_counts(workspace, run.run_id).items()),
        endings=tuple(ending_counts(workspace, run.run_id).items()),
    )


def _rate(grades: pl.DataFrame, grader: Grader) -> VariantRate:
    verdicts = grades.filter(pl.col("category") == grader.category)["verdict"].to_list()
    present = verdicts.count(Verdict.PRESENT.value)
    n = present + verdicts.count(Verdict.ABSENT.value)
    return VariantRate(
        grader.category, grader.about.name, Share(float(present), n, jeffreys_interval(present, n, level=LEVEL))
    )


def _notes(plan: ReplayPlan, holds: Holds) -> tuple[str, ...]:
    lacking = [
        name
        for name, there in (
            ("tools", holds.tools or plan.rollouts),
            ("system prompts", holds.system_prompts),
            ("surrogates", holds.spans),
        )
        if not there
    ]
    notes = [f"The sample has no {' and no '.join(lacking)} to take away."] if lacking else []
    if plan.lane == Lane.CANDIDATE:
        notes.append("This is the candidate's lane: what tells it from the log may be the new model.")
    return tuple(notes)
