"""Score: the new model's own traffic, measured like the forecast was, beside what was forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deploysim import __version__
from deploysim.errors import InputError
from deploysim.forecast.realised import Came, scored_category, with_registered
from deploysim.forecast.records import Estimate, Forecast
from deploysim.forecast.scorecard import METHODS, Scorecard, Traffic
from deploysim.forecast.scoring import against, count_calls, summarise, with_scores
from deploysim.forecast.settings import settings_of
from deploysim.grade.grader import Grader
from deploysim.pipeline.calibrating import calibrate
from deploysim.pipeline.challenging import Challenging, answered_set, failed_before
from deploysim.pipeline.forecasting import SavedForecast, estimate
from deploysim.pipeline.grading import JudgeUse, Report, silent
from deploysim.pipeline.registering import Registered, registration_of
from deploysim.pipeline.scorecards import SavedScorecard, keep_scorecard
from deploysim.pipeline.stacks import MeasuringStack, check_measures
from deploysim.pipeline.traffic import Answers, measure, traffic_of
from deploysim.store.runs import read_run
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.types import Interval
from deploysim.wording import counted


@dataclass(frozen=True, slots=True)
class ScorePlan:
    """What to score against what."""

    traffic: Answers
    replayed: str | None = None
    """A run in which the candidate answers the new traffic's prefixes: shows the prefix shift."""
    challenge: tuple[Answers, Answers] | None = None
    """Challenging prompts answered by the new and by the old model; left out, those that earlier models failed."""
    regrade: bool = False
    """Whether old traffic is measured anew with the stack given, instead of refusing a stack of other graders."""


def score(
    workspace: Workspace,
    saved: SavedForecast,
    stack: MeasuringStack,
    plan: ScorePlan,
    *,
    now: datetime,
    use: JudgeUse,
    seed: int = 0,
    report: Report = silent,
) -> SavedScorecard:
    """Grade the new traffic with a stack, score the forecast on it and keep the scorecard.

    Scoring the same again gives the scorecard that is there.

    Args:
        workspace: Where everything is.
        saved: The forecast.
        stack: Who measures.
        plan: What is scored against what.
        now: Time of scoring.
        use: The stack's judges and how they may be asked.
        seed: Seed of draws and tests.
        report: Told how far it is.

    Raises:
        InputError: where the stack's graders are not the forecast's and nothing is measured anew, where the traffic is
            the forecast's own sample, or where prefixes were drawn with unequal weights.
    """
    if not plan.regrade:
        check_measures(saved.forecast, stack, saved.forecast_id)
    _check_traffic(workspace, saved.forecast, plan)
    graders = list(stack.graders())
    forecast = _measured_anew(workspace, saved, stack, use, report) if plan.regrade else saved.forecast
    card = _scorecard(workspace, saved, forecast, stack, plan, graders, use, seed, now, report)
    return keep_scorecard(workspace, card)


def _measured_anew(
    workspace: Workspace, saved: SavedForecast, stack: MeasuringStack, use: JudgeUse, report: Report
) -> Forecast:
    """Estimate a forecast again from the same responses with other graders, as of its own time."""
    return estimate(
        workspace,
        saved.lanes(),
        stack.taxonomy,
        seed=saved.forecast.seed,
        now=datetime.fromisoformat(saved.forecast.created_at),
        settings=settings_of(saved.forecast),
        use=use,
        report=report,
    )


def _check_traffic(workspace: Workspace, forecast: Forecast, plan: ScorePlan) -> None:
    if plan.traffic.sample_id == forecast.sample_id:
        raise InputError(
            "The traffic is the very sample that the forecast was made from.",
            expected="what the new model answered after its release",
            next_step="import that, and name the import with --traffic",
        )
    index = prefix_index(workspace, plan.traffic.sample_id)
    if index["weight"].n_unique() > 1:
        raise InputError(
            "The traffic's prefixes were drawn with unequal weights, so their counts say nothing of the rate.",
            expected="a uniform sample of the new traffic",
            next_step="name the import with --traffic, which takes all of it",
        )


def _scorecard(
    workspace: Workspace,
    saved: SavedForecast,
    forecast: Forecast,
    stack: MeasuringStack,
    plan: ScorePlan,
    graders: Sequence[Grader],
    use: JudgeUse,
    seed: int,
    now: datetime,
    report: Report,
) -> Scorecard:
    level, ratio = forecast.level, forecast.material_ratio
    came = _came(workspace, plan, graders, level, use, report)
    challenge = _challenge(workspace, saved, plan, graders, level, use, report)
    rows = tuple(scored_category(row, came[row.category], level=level, seed=seed) for row in forecast.categories)
    rows = with_scores(rows, forecast.categories, challenge.rates if challenge else {}, level=level)
    labelled = sum(one.corrected is not None for one in came.values())
    if plan.regrade:
        before = {row.category: row for row in saved.forecast.categories}
        rows = tuple(with_registered(row, before.get(row.category)) for row in rows)
    registered = registration_of(workspace, saved.forecast_id)
    traffic = traffic_of(workspace, plan.traffic, saved.forecast, registered)
    others = [against(rows, other, level=level, seed=seed) for other in METHODS if other != "forecast"]
    return Scorecard(
        forecast_id=saved.forecast_id,
        registration_id=registered.registration_id if registered else None,
        registered_at=registered.registration.registered_at if registered else None,
        stack=stack.stack_id,
        regraded=plan.regrade,
        graders=tuple((g.category, g.fingerprint) for g in graders),
        old_model=saved.forecast.lanes[0].model,
        new_model=saved.forecast.lanes[-1].model,
        traffic=traffic,
        challenge=challenge.used if challenge else None,
        level=level,
        material_ratio=ratio,
        categories=rows,
        summaries=tuple(s for m in METHODS if (s := summarise(rows, m, material_ratio=ratio))),
        against=tuple(one for one in others if one),
        calls=count_calls(rows, material_ratio=ratio),
        seed=seed,
        created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        notes=_notes(workspace, saved.forecast, plan, traffic, challenge, registered, labelled),
    )


def _came(
    workspace: Workspace, plan: ScorePlan, graders: Sequence[Grader], level: float, use: JudgeUse, report: Report
) -> dict[str, Came]:
    """Measure the new traffic, and what the candidate answers to it in a replay where there is one."""
    if plan.replayed and read_run(workspace, plan.replayed).sample_id != plan.traffic.sample_id:
        raise InputError(
            f"Run {plan.replayed} did not answer the new traffic's prefixes.",
            expected=f"a run of the candidate on sample {plan.traffic.sample_id}",
            next_step=f"python -m deploysim replay --sample {plan.traffic.sample_id} --lane candidate --model NAME",
        )
    realised = measure(workspace, plan.traffic, graders, level=level, use=use, report=report)
    again = Answers(plan.traffic.sample_id, plan.replayed)
    replayed = measure(workspace, again, graders, level=level, use=use, report=report) if plan.replayed else {}
    corrected = _corrected(workspace, plan.traffic, graders, level)
    return {
        category: Came(count, replayed[category].rate if replayed else None, corrected.get(category))
        for category, count in realised.items()
    }


def _corrected(workspace: Workspace, traffic: Answers, graders: Sequence[Grader], level: float) -> dict[str, Estimate]:
    """Return what human labels of the traffic make of its flagged rates: corrected over flagged, by category."""
    found = {}
    for one in calibrate(workspace, traffic.lanes(), graders, level=level):
        error, true = one.error, one.error.true_rate
        if true and error.flagged.size:
            share = error.flagged.size / (error.flagged.size + error.unflagged.size)
            interval = Interval(true.interval.low / share, true.interval.high / share, level)
            found[one.category] = Estimate(true.median / share, interval)
    return found


def _challenge(
    workspace: Workspace,
    saved: SavedForecast,
    plan: ScorePlan,
    graders: Sequence[Grader],
    level: float,
    use: JudgeUse,
    report: Report,
) -> Challenging | None:
    if plan.challenge is None:
        return failed_before(workspace, saved, graders, level=level)
    return answered_set(workspace, *plan.challenge, graders, level=level, use=use, report=report)


def _notes(
    workspace: Workspace,
    forecast: Forecast,
    plan: ScorePlan,
    traffic: Traffic,
    challenge: Challenging | None,
    registered: Registered | None,
    labelled: int,
) -> tuple[str, ...]:
    ids = set(prefix_index(workspace, forecast.sample_id)["conversation_id"])
    shared = len(ids & set(prefix_index(workspace, traffic.sample_id)["conversation_id"]))
    event = "registered" if registered else "made"
    notes = (
        "" if registered else "The forecast was not registered before the release.",
        f"{counted(traffic.before, 'conversation')} of the traffic began before the forecast was {event}."
        if traffic.before
        else "",
        f"{counted(shared, 'conversation')} of the traffic also stood in the forecast's sample." if shared else "",
        f"The traffic is counted per {traffic.unit}, the forecast per {forecast.unit}."
        if traffic.unit != forecast.unit
        else "",
        "Old and new traffic were measured anew by other graders than the forecast's own; what was registered stands "
        "beside it."
        if plan.regrade
        else "",
        "" if plan.replayed else "Prefix shift: n/a, the candidate has not answered the new traffic's prefixes.",
        f"Challenging prompts: {challenge.used.new}, {challenge.used.old}, "
        f"{counted(challenge.used.prefixes, 'prefix', 'prefixes')} in all."
        if challenge
        else "Challenging prompts: not available; no such set was given, and no other model that answered the sample "
        "before the forecast failed on it.",
        f"Rates are what the graders flagged; human labels of the traffic show the grader's part of the error in "
        f"{counted(labelled, 'category', 'categories')}."
        if labelled
        else "Grader error: n/a, nobody has labelled the traffic; rates are what the graders flagged.",
        "In the paired tests each category counts as independent of the others.",
    )
    return tuple(note for note in notes if note)
