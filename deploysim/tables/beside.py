"""Two forecasts side by side: of two candidates, of two times, or of users and a challenge set."""

from __future__ import annotations

import polars as pl

from deploysim.forecast.records import CategoryForecast, Direction, Forecast
from deploysim.forecast.words import by_evidence
from deploysim.looks import DIRECTIONS
from deploysim.tables import call_words, change_words


def beside_rows(forecast: Forecast, other: Forecast) -> pl.DataFrame:
    """Return the categories of two forecasts side by side: category, name, both ratios in words, both calls, whether they agree."""
    there = {row.category: row for row in other.categories}
    rows = [
        (
            row.category,
            row.name,
            change_words(row.ratio),
            call_words(row, forecast.false_discovery_rate),
            change_words(found.ratio),
            call_words(found, other.false_discovery_rate),
            _agree(row.direction, found.direction),
        )
        for row in by_evidence(forecast.categories)
        if (found := there.get(row.category))
    ]
    columns = ("category", "name", "change", "call", "other_change", "other_call", "agreement")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def challenge_rows(forecast: Forecast, challenge: Forecast) -> pl.DataFrame:
    """Return what a challenge set suggests beside each forecast: category, name, symbol, forecast call, suggestion, counts.

    A challenge set is chosen to provoke: its rates say nothing of users, and which of two models does worse on it is
    a hint. The hint is the direction in which more of its pairs differ.
    """
    there = {row.category: row for row in challenge.categories}
    rows = [
        (row.category, f"{DIRECTIONS[row.direction].symbol} {row.name}", str(row.direction), *_suggestion(found))
        for row in by_evidence(forecast.categories)
        if (found := there.get(row.category)) and found.table.n
    ]
    columns = ("category", "name", "forecast", "challenge", "counts")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def _suggestion(row: CategoryForecast) -> tuple[str, str]:
    table = row.table
    old, new = table.both + table.improved, table.both + table.regressed
    if not old and not new:
        way = "never shown"
    elif new == old:
        way = "● no difference"
    else:
        way = "▲ worse" if new > old else "▼ better"
    return way, f"{old:,} → {new:,} of {table.n:,}"


def _agree(one: Direction, other: Direction) -> str:
    sides = [_SIDES.get(direction) for direction in (one, other)]
    if None in sides:
        return "more data needed"
    return "same call" if sides[0] == sides[1] else "different call"


_SIDES = {
    Direction.MATERIALLY_UP: "up",
    Direction.UP: "up",
    Direction.MATERIALLY_DOWN: "down",
    Direction.DOWN: "down",
    Direction.UNCHANGED: "unchanged",
}
