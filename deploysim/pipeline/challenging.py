"""Challenging prompts, what a scorecard's second baseline rests on: a set that both models answered, or earlier failures.

Earlier failures need nothing that the workspace does not hold. In each category they are the prefixes of the forecast's
own sample on which another model, which answered it before the forecast was made, shows the behaviour. Neither of the
two models compared has a say in the choice, which would favour one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deploysim.forecast.counts import lane_count
from deploysim.forecast.outcomes import category_outcomes
from deploysim.forecast.records import Rate
from deploysim.forecast.scorecard import Challenge
from deploysim.forecast.scoring import ChallengeRates
from deploysim.grade.grader import Grader
from deploysim.pipeline.forecasting import SavedForecast
from deploysim.pipeline.grading import JudgeUse, Report, silent
from deploysim.pipeline.lanes import joint_verdicts, lane_grades
from deploysim.pipeline.traffic import Answers, measure
from deploysim.store.runs import RunRecord, list_runs
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Verdict


@dataclass(frozen=True, slots=True)
class Challenging:
    """What both models show on challenging prompts."""

    used: Challenge
    rates: Mapping[str, ChallengeRates]
    """By category; those without such prompts are left out."""


def answered_set(
    workspace: Workspace,
    new: Answers,
    old: Answers,
    graders: Sequence[Grader],
    *,
    level: float,
    use: JudgeUse,
    report: Report = silent,
) -> Challenging:
    """Measure the answers of the new and of the old model to a set of challenging prompts."""
    ahead, before = (measure(workspace, one, graders, level=level, use=use, report=report) for one in (new, old))
    sizes = [read_sample(workspace, one.sample_id).size for one in (new, old)]
    return Challenging(
        used=Challenge(new.words, old.words, min(sizes)),
        rates={category: ChallengeRates(before[category].rate, ahead[category].rate) for category in ahead},
    )


def failed_before(
    workspace: Workspace, saved: SavedForecast, graders: Sequence[Grader], *, level: float
) -> Challenging | None:
    """Count both models on the prefixes that others failed; None where no other model answered, or none failed.

    Only verdicts of the graders given count; nothing is graded here.
    """
    others = _others(workspace, saved)
    failing = [_failing(workspace, run, graders) for run in others]
    if not any(frame.height for frame in failing):
        return None
    lanes = saved.lanes()
    users = prefix_index(workspace, lanes.sample_id).select("prefix_id", "user_key")
    hard = joint_verdicts(workspace, lanes, list(graders)).join(
        pl.concat(failing).unique(), on=["prefix_id", "category"], how="semi"
    )
    hard = hard.join(users, on="prefix_id")
    names = ", ".join(sorted({run.name for run in others}))
    return Challenging(
        used=Challenge(
            new=f"the candidate lane where {names} failed",
            old=f"the {lanes.compared_with} lane on the same prefixes",
            prefixes=hard["prefix_id"].n_unique(),
        ),
        rates={
            category: ChallengeRates(
                _rate(hard, category, lanes.compared_with, level), _rate(hard, category, Lane.CANDIDATE, level)
            )
            for category in sorted(hard["category"].unique())
        },
    )


def _others(workspace: Workspace, saved: SavedForecast) -> list[RunRecord]:
    """Runs of other models on the forecast's sample that were begun before the forecast was made."""
    compared = {lane.model for lane in saved.forecast.lanes}
    made = datetime.fromisoformat(saved.forecast.created_at)
    return [
        run
        for run in list_runs(workspace, sample_id=saved.forecast.sample_id)
        if run.lane == Lane.CANDIDATE and run.name not in compared and datetime.fromisoformat(run.created_at) <= made
    ]


def _failing(workspace: Workspace, run: RunRecord, graders: Sequence[Grader]) -> pl.DataFrame:
    grades = lane_grades(workspace, run.sample_id, run.run_id, list(graders))
    return grades.filter(pl.col("verdict") == Verdict.PRESENT.value).select("prefix_id", "category")


def _rate(hard: pl.DataFrame, category: str, lane: Lane, level: float) -> Rate:
    answered = hard.filter(pl.col(lane).is_not_null())
    return lane_count(category_outcomes(answered, category, (lane,)), 0, level).rate
