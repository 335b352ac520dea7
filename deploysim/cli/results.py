"""Commands that turn grades into results: forecast, status."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from deploysim.chat.batching.job import BatchOptions
from deploysim.cli.choices import BaselineOption, CandidateOption, OverrideOption, SampleOption, chosen_sample
from deploysim.cli.console import Context, JsonOption, WorkspaceOption, context, meter, out, print_json, say
from deploysim.cli.interim import show_interim
from deploysim.forecast.register import forecast_to_json
from deploysim.forecast.words import failures_sentence, sentence
from deploysim.grade.grader import graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.baseline_offer import all_advice
from deploysim.pipeline.batching import judging_state
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.forecasting import SavedForecast, all_forecasts, forecast, newest_lanes
from deploysim.pipeline.grading import JudgeUse
from deploysim.pipeline.interim import begun_lanes, look
from deploysim.pipeline.judges import configured_judges, judge_prices
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.overview import overview
from deploysim.pipeline.purging import erased_note
from deploysim.pipeline.registering import broken_records, registered_before, registration_of, registrations
from deploysim.pipeline.registering import register as enlist
from deploysim.pipeline.replay_notes import tool_facts
from deploysim.pipeline.reviewing import queue_standing
from deploysim.pipeline.scorecards import scorecards
from deploysim.pipeline.stacks import MeasuringStack
from deploysim.store.imports import import_records
from deploysim.store.queues import list_queues
from deploysim.store.run_progress import read_progress, run_state
from deploysim.store.runs import list_runs, read_run
from deploysim.store.samples import list_samples
from deploysim.store.workspace import find_id
from deploysim.tables import shift_rows
from deploysim.taxonomy import load_taxonomy

WIDE = 130
"""Columns of a terminal in which a forecast fits in one line a category."""


def forecast_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the posterior draws.")] = 0,
    register: Annotated[
        bool,
        typer.Option("--register", help="Freeze it before the release: hashes of its inputs, its graders, the time."),
    ] = False,
    statement: Annotated[str, typer.Option(help="What to say beside a registered forecast.")] = "",
    override_privacy: OverrideOption = "",
    interim: Annotated[
        bool,
        typer.Option(help="Look at a run that still answers: is the question answered already? Nothing is forecast."),
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast per category how the rate will shift, and keep the forecast under its own hash.

    Example: python -m deploysim forecast
    """
    here = context(workspace)
    if interim:
        look_at_run(here, sample, candidate, baseline, as_json=as_json)
        return
    lanes = chosen_lanes(here, sample, candidate, baseline)
    with meter(quiet=as_json) as show:
        use = judge_use(here, override_privacy=override_privacy)
        stack = MeasuringStack(load_taxonomy(), use.judges)
        saved = registered_before(here.workspace, lanes, stack, seed=seed, use=use, report=show) if register else None
        if saved is None:
            saved = forecast(here.workspace, lanes, stack.taxonomy, seed=seed, now=here.now, use=use, report=show)
        if register:
            enlist(here.workspace, saved, stack, now=here.now, statement=statement)
    registered = registration_of(here.workspace, saved.forecast_id)
    if as_json:
        about = {"registration": registered and {"id": registered.registration_id, **asdict(registered.registration)}}
        print_json({"forecast_id": saved.forecast_id, **json.loads(forecast_to_json(saved.forecast)), **about})
        return
    show_forecast(saved)
    if registered:
        say(f"{registered.line()}.")


def look_at_run(
    here: Context, sample: str | None, candidate: str | None, baseline: str | None, *, as_json: bool
) -> None:
    """Print what the complete blocks of the newest candidate say, or of the one named."""
    sample_id = chosen_sample(here, sample)
    lanes = begun_lanes(here.workspace, sample_id)
    if candidate:
        lanes = replace(lanes, candidate=find_id(here.workspace.runs, candidate, kind="run"))
    if baseline:
        found = None if baseline == "-" else find_id(here.workspace.runs, baseline, kind="run")
        lanes = replace(lanes, baseline=found)
    graders = graders_of(load_taxonomy(), configured_judges(here.settings))
    with meter(quiet=as_json) as show:
        seen = look(here.workspace, lanes, graders, report=show)
    if as_json:
        print_json({**asdict(seen), "sentence": seen.sentence()})
        return
    show_interim(seen)


def status_command(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List what is in the workspace, with ids, and the next step.

    Example: python -m deploysim status
    """
    here = context(workspace)
    state = overview(here.workspace)
    runs = list_runs(here.workspace)
    states = {r.run_id: run_state(r, read_progress(here.workspace, r.run_id)) for r in runs}
    if as_json:
        print_json(
            {
                "workspace": str(here.workspace.root),
                "imports": [r.import_id for r in import_records(here.workspace)],
                "samples": [s.sample_id for s in list_samples(here.workspace)],
                "runs": states,
                "queues": [queue.queue_id for queue in list_queues(here.workspace)],
                "forecasts": [f.forecast_id for f in all_forecasts(here.workspace)],
                "registered": [r.registration.forecast_id for r in registrations(here.workspace)],
                "scorecards": [one.scorecard_id for one in scorecards(here.workspace)],
                "changed_after_freezing": broken_records(here.workspace),
            }
        )
        return
    say(f"{here.workspace.root}: {state.headline}")
    for step in state.steps:
        say(f"  {'x' if step.done else ' '} {step.name:<9} {step.says}")
    for about in list_samples(here.workspace):
        say(f"  sample {about.sample_id}  {about.size:,} prefixes per {about.unit}, {about.window()}")
    for run in runs:
        say(f"  run {run.run_id}  {run.lane} by {run.name} on sample {run.sample_id}: {states[run.run_id]}")
        for fact in tool_facts(here.workspace, run.run_id) if "rollouts" in run.settings else ():
            say(f"    {fact}")
    if judged := judging_state(here.workspace).words(collected_by="`grade --batch`"):
        say(f"  judging: {judged}")
    for advice in all_advice(here.workspace, here.settings):
        say(f"  {advice}")
    for queue in list_queues(here.workspace):
        done = queue_standing(here.workspace, queue).progress("").complete
        say(f"  queue {queue.queue_id}  {queue.title}: {done:,} of {len(queue.items):,} labelled")
    _say_forecasts(here)


def _say_forecasts(here: Context) -> None:
    # The first registration of a forecast is the one that counts.
    first = {one.registration.forecast_id: one for one in reversed(registrations(here.workspace))}
    for saved in all_forecasts(here.workspace):
        registered = first.get(saved.forecast_id)
        note = erased_note(here.workspace, saved.forecast.sample_id, since=saved.forecast.created_at)
        said = [registered.line() if registered else f"made {saved.forecast.created_at[:10]}, not registered", note]
        say(f"  forecast {saved.forecast_id[:12]}  {'. '.join(part for part in said if part)}")
    for one in scorecards(here.workspace):
        say(f"  scorecard {one.scorecard_id[:12]}  of forecast {one.scorecard.forecast_id[:12]}")
    for broken in broken_records(here.workspace):
        say(f"  ! {broken}")


def judge_use(
    here: Context,
    *,
    override_privacy: str,
    in_flight: int = 8,
    judges: Judges | None = None,
    budget: Budget | None = None,
    batch: BatchOptions | None = None,
) -> JudgeUse:
    """Return the judges given, or those that the settings name, and how they may be asked."""
    limit = here.settings.leak_limit
    asked = configured_judges(here.settings) if judges is None else judges
    prices = judge_prices(asked, here.settings) if budget else {}
    return JudgeUse(asked, in_flight, limit, override_privacy, budget or Budget(), prices, batch)


def chosen_lanes(here: Context, sample: str | None, candidate: str | None, baseline: str | None) -> Lanes:
    """Return the lanes that the options name, the newest where they name none."""
    sample_id = chosen_sample(here, sample) if sample or not candidate else None
    if candidate:
        run = read_run(here.workspace, find_id(here.workspace.runs, candidate, kind="run"))
        lanes = newest_lanes(here.workspace, sample_id or run.sample_id)
        lanes = Lanes(run.sample_id, run.run_id, lanes.baseline)
    else:
        lanes = newest_lanes(here.workspace, sample_id or "")
    if baseline == "-":
        return Lanes(lanes.sample_id, lanes.candidate)
    if baseline:
        return Lanes(lanes.sample_id, lanes.candidate, find_id(here.workspace.runs, baseline, kind="run"))
    return lanes


def show_forecast(saved: SavedForecast) -> None:
    """Print a forecast as a readable table."""
    forecast = saved.forecast
    say("")
    say(sentence(forecast))
    out.print(_forecast_table(shift_rows(forecast), wide=out.width >= WIDE))
    for lane in forecast.lanes:
        say(f"{lane.lane}: {failures_sentence(lane)}", quiet=not lane.failed)
    models = " → ".join(lane.model for lane in forecast.lanes[-2:])
    gap = "" if forecast.fidelity_corrected else ", fidelity uncorrected: no baseline lane"
    say(
        f"{models}, {forecast.prefixes:,} prefixes, rates per 100,000 {forecast.unit}s{gap}. Forecast {saved.forecast_id[:12]}."
    )
    say("What it assumes:")
    for note in forecast.notes:
        say(f"  - {note}")


def _forecast_table(rows: pl.DataFrame, *, wide: bool) -> Table:
    """Lay the forecast out in one line a category, or in two where the terminal is narrow."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("behaviour", no_wrap=wide)
    columns = ("before → forecast per 100k", "ratio (interval)", "call", "n") if wide else ("forecast per 100k",)
    for column in columns:
        table.add_column(column)
    for row in rows.iter_rows(named=True):
        name, n = f"{row['symbol']} {row['name']}", str(row["n"])
        open_by = f", {row['bounds']} with {row['undetermined']:,} undetermined" if row["undetermined"] else ""
        parts = (row["rates"], row["change"], row["call"], f"{n}{open_by}")
        table.add_row(name, *(parts if wide else (f"{row['rates']}, {row['change']}\n{row['call']}, n {n}{open_by}",)))
    return table
