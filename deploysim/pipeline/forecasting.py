"""Forecast: grade the lanes of a comparison, estimate every category, keep the result under its own hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from deploysim import __version__
from deploysim.errors import InputError, NotFoundError
from deploysim.forecast.counts import lane_count
from deploysim.forecast.estimate import DEFAULT_SETTINGS, ForecastInputs, make_forecast
from deploysim.forecast.evidence import Evidence
from deploysim.forecast.outcomes import category_outcomes, used_lanes
from deploysim.forecast.records import CategoryForecast, Forecast, RunInputs
from deploysim.forecast.register import forecast_from_json, forecast_id, forecast_to_json, is_intact
from deploysim.forecast.settings import ForecastSettings
from deploysim.grade.grader import Grader, LeftOut, graders_of, left_out, left_out_sentence
from deploysim.grade.judging.judges import NO_JUDGES, Judges
from deploysim.pipeline.agents import incomparable
from deploysim.pipeline.evidence import Known, known_evidence
from deploysim.pipeline.grading import RULES_ONLY, JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes, fitting, joint_verdicts, repeated_verdicts
from deploysim.pipeline.noise import noise_floors
from deploysim.pipeline.replay_notes import tool_facts
from deploysim.stats.noise_floor import NoiseFloor
from deploysim.store.forecasts import forecast_file, list_forecasts, save_forecast
from deploysim.store.responses import responses
from deploysim.store.runs import ENDED, list_runs, read_run
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import SampleAbout, read_sample
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy
from deploysim.types import Lane

SHOWN_MODELS = 2
"""A log of more models is named by their number; the settings list them all."""


@dataclass(frozen=True, slots=True)
class SavedForecast:
    """A forecast with the id it is kept under."""

    forecast_id: str
    forecast: Forecast

    def run_of(self, lane: Lane) -> str | None:
        """Return the run that a lane rests on, or None where it has none."""
        return next((inputs.run_id for inputs in self.forecast.lanes if inputs.lane == lane), None)

    def lanes(self) -> Lanes:
        """Return the lanes that the forecast compares."""
        return Lanes(self.forecast.sample_id, self.run_of(Lane.CANDIDATE), self.run_of(Lane.BASELINE))


def newest_lanes(workspace: Workspace, sample_id: str) -> Lanes:
    """Return the newest runs of a sample in either lane that are done or were stopped.

    Raises:
        NotFoundError: where no candidate has answered the sample.
    """
    newest: dict[str, str] = {}
    for run in reversed(list_runs(workspace, sample_id=sample_id)):
        if run.status in ENDED and not run.without:
            newest[run.lane] = run.run_id
    if Lane.CANDIDATE not in newest:
        raise NotFoundError(
            f"No candidate has answered sample {sample_id} yet.",
            expected="a run in the lane candidate, and better one in the lane baseline too",
            next_step=f"python -m deploysim replay --sample {sample_id} --lane candidate --model NAME",
        )
    return Lanes(sample_id, newest[Lane.CANDIDATE], newest.get(Lane.BASELINE))


def forecast(
    workspace: Workspace,
    lanes: Lanes,
    taxonomy: Taxonomy,
    *,
    seed: int,
    now: datetime,
    settings: ForecastSettings = DEFAULT_SETTINGS,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> SavedForecast:
    """Grade what has no grades yet, forecast every category that can be graded and save the forecast.

    The forecast says of every category who graded it, and of the others why they were not graded.
    """
    made = estimate(workspace, lanes, taxonomy, seed=seed, now=now, settings=settings, use=use, report=report)
    text = forecast_to_json(made)
    save_forecast(workspace, forecast_id(text), text)
    return SavedForecast(forecast_id(text), made)


def estimate(
    workspace: Workspace,
    lanes: Lanes,
    taxonomy: Taxonomy,
    *,
    seed: int,
    now: datetime,
    settings: ForecastSettings = DEFAULT_SETTINGS,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> Forecast:
    """Make a forecast as `forecast` does, and keep its grades but not the forecast itself."""
    graders = fitting(workspace, lanes.sample_id, graders_of(taxonomy, use.judges))
    grade_lanes(workspace, lanes, graders, use=use, report=report)
    joint = joint_verdicts(workspace, lanes, graders)
    complete = _answered(joint, lanes)
    about = read_sample(workspace, lanes.sample_id)
    index = prefix_index(workspace, lanes.sample_id)
    known = known_evidence(workspace, lanes, graders, complete["prefix_id"].unique().to_list())
    inputs = ForecastInputs(
        sample_id=lanes.sample_id,
        unit=about.unit,
        window=about.window(),
        lanes=_lane_inputs(workspace, lanes, about),
        taxonomy=taxonomy.fingerprint,
        graders=tuple((g.category, g.fingerprint) for g in graders),
        names=tuple((g.category, g.about.name) for g in graders),
    )
    frame = _with_repeats(
        complete.join(index.select("prefix_id", "user_key"), on="prefix_id"), workspace, lanes, graders
    )
    made = make_forecast(frame, inputs, seed=seed, now=now, settings=settings, evidence=known.by_category)
    made = _with_graders(made, graders, left_out(taxonomy, use.judges), known)
    made = _with_comparable(made, frame, incomparable(workspace, lanes, graders, complete))
    made = replace(
        made, notes=(*made.notes, *known.notes, *_sampling_notes(about, frame), *_tool_notes(workspace, lanes))
    )
    if not lanes.baseline:
        return made
    floors = noise_floors(workspace, lanes.sample_id, lanes.baseline, graders, level=settings.level)
    return _with_noise(made, floors)


def load_forecast(workspace: Workspace, forecast_id: str) -> SavedForecast:
    """Return a saved forecast.

    Raises:
        InputError: where its file was edited since.
    """
    text = forecast_file(workspace, forecast_id).read_text(encoding="utf-8")
    if not is_intact(text, forecast_id):
        raise InputError(
            f"The file of forecast {forecast_id[:12]} was changed after it was made.",
            expected="a file whose SHA-256 is its name",
            next_step="restore it from a copy, or make the forecast again",
        )
    return SavedForecast(forecast_id, forecast_from_json(text))


def all_forecasts(workspace: Workspace) -> list[SavedForecast]:
    """Return all intact forecasts, newest first."""
    edited = set(edited_forecasts(workspace))
    found = [load_forecast(workspace, i) for i in list_forecasts(workspace) if i not in edited]
    return sorted(found, key=lambda f: f.forecast.created_at, reverse=True)


def edited_forecasts(workspace: Workspace) -> list[str]:
    """Return the forecasts whose files were changed after they were made."""
    texts = {i: forecast_file(workspace, i).read_text(encoding="utf-8") for i in list_forecasts(workspace)}
    return [forecast_id for forecast_id, text in texts.items() if not is_intact(text, forecast_id)]


def existing_forecast(
    workspace: Workspace, lanes: Lanes, taxonomy: Taxonomy, judges: Judges = NO_JUDGES
) -> SavedForecast | None:
    """Return the newest forecast of the same lanes by the same graders and version, if there is one."""
    fit = fitting(workspace, lanes.sample_id, graders_of(taxonomy, judges))
    graders = tuple((g.category, g.fingerprint) for g in fit)
    software = f"deploysim {__version__}"
    for saved in all_forecasts(workspace):
        same_measure = saved.forecast.graders == graders and saved.forecast.software == software
        if saved.lanes() == lanes and same_measure:
            return saved
    return None


def _with_repeats(
    complete: pl.DataFrame, workspace: Workspace, lanes: Lanes, graders: Sequence[Grader]
) -> pl.DataFrame:
    """Add the second and later answers to the complete prefixes, where a lane was asked several times."""
    later = repeated_verdicts(workspace, lanes, list(graders))
    if later.is_empty():
        return complete
    about = complete.select("prefix_id", "conversation_id", "weight", "category", "user_key")
    rows = about.join(later, on=["prefix_id", "category"]).with_columns(recorded=pl.lit(None, pl.String))
    first = complete.with_columns(repeat=pl.lit(0, pl.Int32))
    return pl.concat([first, rows], how="diagonal")


def _sampling_notes(about: SampleAbout, frame: pl.DataFrame) -> tuple[str, ...]:
    repeats = frame["repeat"].n_unique() if "repeat" in frame.columns else 1
    notes = (
        f"Prefixes were drawn by the risk of {about.filters['risk']} and are weighted back by their chances."
        if "risk" in about.filters
        else "",
        f"Rates are means of up to {repeats} answers a prefix; counts and tests are of the first."
        if repeats > 1
        else "",
    )
    return tuple(filter(None, notes))


def _with_graders(made: Forecast, graders: Sequence[Grader], left: Sequence[LeftOut], known: Known) -> Forecast:
    """Say of each category who graded it and on how many labels it was corrected, and which were not graded."""
    by_category = {
        grader.category: f"Graded by {grader.name}{_label_words(known.by_category[grader.category])}."
        for grader in graders
    }
    rows = tuple(replace(row, notes=(*row.notes, by_category[row.category])) for row in made.categories)
    notes = (*made.notes, left_out_sentence(left)) if left else made.notes
    return replace(made, categories=rows, notes=notes)


def _with_comparable(made: Forecast, frame: pl.DataFrame, out: frozenset[str]) -> Forecast:
    """Add the counts on comparable prefixes, where some are not."""
    if not out:
        return made
    alike, lanes = frame.filter(~pl.col("prefix_id").is_in(list(out))), used_lanes(frame)

    def counted(row: CategoryForecast) -> CategoryForecast:
        outcomes = category_outcomes(alike, row.category, lanes)
        return replace(row, comparable=tuple(lane_count(outcomes, at, made.level) for at in range(len(lanes))))

    return replace(made, categories=tuple(map(counted, made.categories)))


def _label_words(evidence: Evidence) -> str:
    if not evidence.reviews:
        return ", not checked against human labels"
    flagged = sum(one.flagged for one in evidence.reviews.values())
    unflagged = sum(one.unflagged for one in evidence.reviews.values())
    missed = f"{unflagged:,.0f} of unflagged ones" if unflagged else "none of unflagged ones, so misses are not known"
    return f", corrected by labels worth {flagged:,.0f} of flagged responses and {missed}"


def _with_noise(made: Forecast, floors: Mapping[str, NoiseFloor]) -> Forecast:
    """Add how often two answers of the baseline differ to the categories of which that is known."""
    known = {category: floor for category, floor in floors.items() if floor.pairs}
    return replace(made, categories=tuple(replace(row, noise=known.get(row.category)) for row in made.categories))


def _tool_notes(workspace: Workspace, lanes: Lanes) -> tuple[str, ...]:
    """Say how the rollouts of each run ended and who answered the tools; nothing where there are none."""
    said = ((lane, " ".join(tool_facts(workspace, run))) for lane, run in lanes.runs().items())
    return tuple(f"In the {lane} lane: {words}" for lane, words in said if words)


def _answered(joint: pl.DataFrame, lanes: Lanes) -> pl.DataFrame:
    """Keep the prefixes that every lane used has answered or failed: a run may have been stopped early."""
    used = [Lane.RECORDED, *lanes.runs()]
    complete = joint.filter(pl.all_horizontal(pl.col(used).is_not_null()))
    if complete.is_empty():
        raise InputError(
            "No prefix has been answered in all lanes yet, so there is nothing to compare.",
            next_step="let the runs go on, or resume them with the same `replay` command",
        )
    return complete


def _lane_inputs(workspace: Workspace, lanes: Lanes, about: SampleAbout) -> tuple[RunInputs, ...]:
    models = ", ".join(about.models)
    name = models if len(about.models) <= SHOWN_MODELS else f"{len(about.models)} logged models"
    recorded = RunInputs("recorded", None, name, about.size, 0, f"as logged: {models}")
    return (recorded, *(_run_inputs(workspace, run_id) for run_id in lanes.runs().values()))


def _run_inputs(workspace: Workspace, run_id: str) -> RunInputs:
    run = read_run(workspace, run_id)
    frame = responses(workspace, run_id)
    failed = frame.filter(pl.col("status") == "failed").height
    return RunInputs(run.lane, run_id, run.name, frame.height, failed, run.settings_line)
