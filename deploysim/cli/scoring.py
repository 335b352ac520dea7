"""Commands after a release: score, scorecards."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from deploysim.cli.choices import OverrideOption
from deploysim.cli.console import Context, JsonOption, WorkspaceOption, context, meter, out, print_json, say
from deploysim.cli.results import judge_use
from deploysim.errors import InputError
from deploysim.forecast.codec import to_plain
from deploysim.forecast.score_words import (
    against_sentences,
    headline,
    record_sentences,
    score_rows,
    summary_rows,
    unscored_sentence,
)
from deploysim.forecast.stack import frozen_json
from deploysim.forecast.track_record import track_record
from deploysim.pipeline.forecasting import SavedForecast, load_forecast
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.registering import registration_of
from deploysim.pipeline.scorecards import SavedScorecard, scorecards
from deploysim.pipeline.scoring import ScorePlan, score
from deploysim.pipeline.stacks import MeasuringStack, archived_stack, current_stack
from deploysim.pipeline.traffic import Answers, draw_traffic, find_answers
from deploysim.store.workspace import find_id

NOW = "now"
ForecastArgument = Annotated[str, typer.Argument(help="Forecast id or its first characters.")]
StackOption = Annotated[
    str | None,
    typer.Option(
        help="`now` measures old and new traffic anew by the graders in force; left out, by its archived ones."
    ),
]


def score_command(
    forecast: ForecastArgument,
    traffic: Annotated[
        str | None, typer.Option(help="Import of what the new model answered after its release; all of it is measured.")
    ] = None,
    sample: Annotated[str | None, typer.Option(help="A sample of that traffic, in place of --traffic.")] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Measure so many prefixes of the traffic, not all.")] = None,
    challenge: Annotated[
        str | None,
        typer.Option(
            metavar="NEW[,OLD]",
            help="Challenging prompts for the second baseline: a run or import of the new model's answers, and one of "
            "the old model's; of a run alone the log is the old one. Left out, the sample's prefixes on which other "
            "models failed before, where there are any.",
        ),
    ] = None,
    replayed: Annotated[
        str | None, typer.Option(help="Run of the candidate on the new traffic's sample: shows the prefix shift.")
    ] = None,
    stack: StackOption = None,
    seed: Annotated[int, typer.Option(help="Seed of draws and tests.")] = 0,
    in_flight: Annotated[int, typer.Option(min=1, help="Calls to judges at the same time.")] = 8,
    override_privacy: OverrideOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a forecast on the new model's own traffic, measured by the same graders, beside two baselines.

    Example: python -m deploysim score 3f9a12 --traffic 0c11d2e0a7b4
    """
    here = context(workspace)
    saved = chosen_forecast(here, forecast)
    plan = ScorePlan(
        traffic=_traffic(here, saved, traffic, sample, size),
        replayed=find_id(here.workspace.runs, replayed, kind="run") if replayed else None,
        challenge=_challenge(here, saved, challenge),
        regrade=stack == NOW,
    )
    measured_by = chosen_stack(here, saved, stack)
    use = judge_use(here, override_privacy=override_privacy, in_flight=in_flight, judges=measured_by.judges)
    with meter(quiet=as_json) as show:
        card = score(here.workspace, saved, measured_by, plan, now=here.now, use=use, seed=seed, report=show)
    if as_json:
        print_json({"scorecard_id": card.scorecard_id, **json.loads(frozen_json(card.scorecard))})
    else:
        _show(card)


def scorecards_command(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List all scorecards and say how forecasts have done over them: calibration, skill, coverage.

    Example: python -m deploysim scorecards
    """
    here = context(workspace)
    found = scorecards(here.workspace)
    record = track_record([one.scorecard for one in found])
    if as_json:
        print_json({"scorecards": [one.scorecard_id for one in found], "track_record": to_plain(record)})
        return
    for one in found:
        card = one.scorecard
        say(f"{one.scorecard_id[:12]}  {card.old_model} → {card.new_model}, {card.created_at[:10]}, {headline(card)}")
    for line in record_sentences(record):
        say(line)


def chosen_forecast(here: Context, start: str) -> SavedForecast:
    """Return the forecast that an argument names."""
    return load_forecast(here.workspace, find_id(here.workspace.forecasts, start, kind="forecast", suffix=".json"))


def chosen_stack(here: Context, saved: SavedForecast, stack: str | None) -> MeasuringStack:
    """Return the stack that an option names: a forecast's archived one where there is one, or that in force."""
    if stack == NOW:
        return current_stack(here.settings)
    if stack:
        saved = chosen_forecast(here, stack)
    registered = registration_of(here.workspace, saved.forecast_id)
    if registered is None:
        return current_stack(here.settings)
    return archived_stack(here.workspace, registered.registration.stack, here.settings)


def traffic_lanes(here: Context, start: str) -> Lanes:
    """Return a sample of all turns of an import, of which only the log's responses are there."""
    import_id = find_id(here.workspace.conversations, start, kind="import", suffix=".parquet")
    return draw_traffic(here.workspace, import_id, "turn", size=None, now=here.now).lanes()


def _traffic(here: Context, saved: SavedForecast, traffic: str | None, sample: str | None, size: int | None) -> Answers:
    if traffic and not sample:
        import_id = find_id(here.workspace.conversations, traffic, kind="import", suffix=".parquet")
        return draw_traffic(here.workspace, import_id, saved.forecast.unit, size=size, now=here.now)
    if sample and not traffic and size is None:
        return Answers(find_id(here.workspace.samples, sample, kind="sample", suffix=".duckdb"))
    raise InputError(
        "It is not clear what traffic to score on.",
        expected="--traffic with an import (and --size for a part of it), or --sample with a sample of it",
        next_step="import what the new model answered: `python -m deploysim import FILE`",
    )


def _challenge(here: Context, saved: SavedForecast, names: str | None) -> tuple[Answers, Answers] | None:
    if not names:
        return None
    found = [
        find_answers(here.workspace, name.strip(), saved.forecast.unit, now=here.now) for name in names.split(",", 1)
    ]
    if len(found) == 1 and found[0].run_id:
        found.append(Answers(found[0].sample_id, words="the log"))
    if len(found) == 2:
        return found[0], found[1]
    raise InputError(
        "An import alone does not say what the old model answers to the challenging prompts.",
        expected="--challenge NEW,OLD with an import or a run of either model",
    )


def _show(saved: SavedScorecard) -> None:
    card = saved.scorecard
    say("")
    say(f"{card.old_model} → {card.new_model}: {headline(card)}.")
    out.print(_table(score_rows(card)))
    say("")
    out.print(_table(summary_rows(card)))
    for line in (unscored_sentence(card), *against_sentences(card), *card.notes):
        say(line, quiet=not line)
    say(f"Scorecard {saved.scorecard_id[:12]} of forecast {card.forecast_id[:12]}.")


def _table(rows: list[dict[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in rows[0] if rows else ():
        table.add_column(column)
    for row in rows:
        table.add_row(*row.values())
    return table
