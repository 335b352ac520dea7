"""The command that shows how good forecasts are, on models whose labels are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from deploysim.cli.console import meter, out, say
from deploysim.errors import InputError
from deploysim.forecast.backtest.labels import COLUMNS, read_labels
from deploysim.forecast.backtest.result import LIMITS, SCORES, differences, table, to_plain
from deploysim.forecast.backtest.run import Backtest, BacktestSettings, backtest
from deploysim.forecast.backtest.scoring import METHODS

SHOWN = ("nll_plug_in", "nll_predictive", "sme_median", "direction_right", "called", "calls_right", "coverage")


def backtest_command(
    labels: Annotated[Path, typer.Argument(help=f"Parquet file of labels with the columns {', '.join(COLUMNS)}.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="File to write all scores to, as JSON.")] = None,
    splits: Annotated[int, typer.Option(help="Random halves of the prompts.")] = 100,
    resamples: Annotated[int, typer.Option(help="Bootstrap samples of the clusters, behind the intervals.")] = 60,
    thin: Annotated[float, typer.Option(help="Share of the first half that is replayed.")] = 1.0,
    certainty: Annotated[float, typer.Option(help="Probability that a call needs; 0.9 in forecasts.")] = 0.8,
    level: Annotated[float, typer.Option(help="Level of all intervals.")] = 0.9,
    seed: Annotated[int, typer.Option(help="Seed of halves and bootstrap.")] = 0,
) -> None:
    """Score forecasts on labels: half of the prompts to forecast from, the other half to see what came.

    Example: python -m deploysim backtest labels.parquet --json scores.json
    """
    settings = BacktestSettings(
        splits=splits, resamples=resamples, thin=thin, certainty=certainty, level=level, seed=seed
    )
    known = read_labels(_read(labels))
    with meter() as show:
        result = backtest(known, settings, report=show)
    if json_file:
        json_file.write_text(json.dumps(to_plain(result), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    _show(result)


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path} cannot be read as Parquet ({type(error).__name__}).",
            expected=f"a Parquet file with the columns {', '.join(COLUMNS)}",
        ) from None


def _show(result: Backtest) -> None:
    say(
        f"{result.responses:,} labels, {result.models} models ({result.pairs} ordered pairs), "
        f"{len(result.categories)} categories, {result.clusters:,} clusters of prompts, {result.settings.splits} halves. "
        f"Directions are called at a certainty of {result.settings.certainty:.0%}."
    )
    for score in SHOWN:
        say("")
        say(f"{score}: {SCORES[score]}")
        out.print(_table(table(result, score)))
    say("")
    for line in differences(result):
        say(line)
    won = result.scores.get("thinning.won_back.nll_plug_in")
    if won and won.value is not None:
        say(
            f"\nOf the plug-in NLL that raw loses by replaying {result.settings.thin:.0%}, ours wins back {won.value:.0%}."
        )
    say("\nWhat this does not show:")
    for limit in LIMITS:
        say(f"- {limit}")


def _table(rows: list[tuple[str, ...]]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("rows", *METHODS):
        shown.add_column(column)
    for row in rows:
        shown.add_row(*row)
    return shown
