"""Responses to be measured, such as a release's own traffic: where they are, how they are graded and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deploysim.errors import InputError
from deploysim.forecast.counts import lane_count
from deploysim.forecast.outcomes import category_outcomes
from deploysim.forecast.records import Forecast, LaneCount
from deploysim.forecast.scorecard import Traffic
from deploysim.grade.grader import Grader
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.grading import JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes, joint_verdicts
from deploysim.pipeline.registering import Registered
from deploysim.sampling import SampleSpec
from deploysim.store.imports import import_records
from deploysim.store.runs import read_run
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace, find_id
from deploysim.types import Lane, Unit


@dataclass(frozen=True, slots=True)
class Answers:
    """Responses to some prefixes: what the log says, or what a run answered."""

    sample_id: str
    run_id: str | None = None
    """None for what the log answered."""
    words: str = ""
    """What they are, for people."""

    def lanes(self) -> Lanes:
        """Return them as lanes to grade: the recorded one always goes along."""
        return Lanes(self.sample_id, self.run_id)


def draw_traffic(workspace: Workspace, import_id: str, unit: Unit, *, size: int | None, now: datetime) -> Answers:
    """Draw a sample of one import, all of it or of the size given, per the unit given."""
    spec = SampleSpec(unit=unit, size=size, imports=(import_id,))
    about = draw(workspace, spec, now=now)
    return Answers(about.sample_id, words=f"import {import_id}")


def find_answers(workspace: Workspace, start: str, unit: Unit, *, now: datetime) -> Answers:
    """Return the answers to challenging prompts that a word on the command line names: a run, or an import.

    Raises:
        NotFoundError: where there is no such run or import, or several.
        InputError: where an import lost rows because another one held them already.
    """
    if start and any(workspace.runs.glob(f"{start}*")):
        run_id = find_id(workspace.runs, start, kind="run")
        run = read_run(workspace, run_id)
        return Answers(run.sample_id, run_id, f"run {run_id} by {run.name}")
    import_id = find_id(workspace.conversations, start, kind="run or import", suffix=".parquet")
    record = next(one for one in import_records(workspace) if one.import_id == import_id)
    if record.duplicates:
        raise InputError(
            f"{record.duplicates:,} rows of import {import_id} stood in another import already and are missing in it, so "
            "its rates say too little of where both models answer alike.",
            expected="prompts whose ids differ from model to model, or the new model's answers as a run",
            next_step="draw a sample of the old model's import, and take the new model's answers with "
            "`python -m deploysim import-responses FILE --sample SAMPLE`",
        )
    return draw_traffic(workspace, import_id, unit, size=None, now=now)


def measure(
    workspace: Workspace,
    answers: Answers,
    graders: Sequence[Grader],
    *,
    level: float,
    use: JudgeUse,
    report: Report = silent,
) -> dict[str, LaneCount]:
    """Grade responses where they are not graded yet, and count them by category."""
    lanes = answers.lanes()
    grade_lanes(workspace, lanes, graders, use=use, report=report)
    lane = Lane.CANDIDATE if answers.run_id else Lane.RECORDED
    joint = joint_verdicts(workspace, lanes, list(graders))
    users = prefix_index(workspace, answers.sample_id).select("prefix_id", "user_key")
    frame = joint.filter(joint[lane].is_not_null()).join(users, on="prefix_id")
    return {g.category: lane_count(category_outcomes(frame, g.category, (lane,)), 0, level) for g in graders}


def traffic_of(workspace: Workspace, answers: Answers, forecast: Forecast, registered: Registered | None) -> Traffic:
    """Say what some traffic is, and how much of it began before the forecast was there."""
    about = read_sample(workspace, answers.sample_id)
    started = prefix_index(workspace, answers.sample_id).unique("conversation_id")["started_at"]
    moment = registered.registration.registered_at if registered else forecast.created_at
    cut = datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None)
    return Traffic(
        sample_id=about.sample_id,
        unit=about.unit,
        prefixes=about.size,
        conversations=about.conversations,
        window=about.window(),
        models=tuple(about.models),
        before=int((started.drop_nulls() < cut).sum()),
        undated=about.undated,
    )
