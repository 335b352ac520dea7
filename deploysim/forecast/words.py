"""A forecast in plain words, and the order in which it is read."""

from __future__ import annotations

import math
from collections.abc import Iterable

from deploysim.forecast.records import CategoryForecast, Direction, Forecast, Rate, RunInputs
from deploysim.stats.rates import PER_100K
from deploysim.types import Unit

WORSE = (Direction.MATERIALLY_UP, Direction.UP)
BETTER = (Direction.MATERIALLY_DOWN, Direction.DOWN)


def sentence(forecast: Forecast) -> str:
    """Say in one sentence how many behaviours get worse or better, stay, or need more data."""
    called = [row.direction for row in forecast.categories]
    worse = sum(direction in WORSE for direction in called)
    better = sum(direction in BETTER for direction in called)
    unchanged = called.count(Direction.UNCHANGED)
    unknown = called.count(Direction.UNKNOWN)
    likely = "" if worse else "likely "
    parts = [
        (worse, "likely worse"),
        (better, f"{likely}better"),
        (unchanged, f"unchanged within {forecast.material_ratio:g}x"),
        (unknown, "needs more data" if unknown == 1 else "need more data"),
    ]
    said = [(count, words) for count, words in parts if count]
    if not said:
        return "No behaviours to forecast."
    first, words = said[0]
    noun = "behaviour" if first == 1 else "behaviours"
    rest = "".join(f", {count} {words}" for count, words in said[1:])
    return f"{first} {noun} {words}{rest}."


def leads_sentence(forecast: Forecast) -> str:
    """Say how many of the calls the paired test over all categories does not bear out; nothing where it bears out all."""
    called = [row for row in forecast.categories if row.direction in (*WORSE, *BETTER)]
    leads = sum(row.q_value is not None and row.q_value > forecast.false_discovery_rate for row in called)
    if not leads:
        return ""
    which = "It is a lead" if len(called) == 1 else f"{leads} of {len(called)} calls are leads"
    which = f"1 of {len(called)} calls is a lead" if leads == 1 < len(called) else which
    return f"{which} and no finding: among so many behaviours some move by chance, and the paired test allows for that."


def evidence(row: CategoryForecast) -> float:
    """How far a ratio is from 1, in widths of its own interval on the log scale; 0 where there is no ratio."""
    if row.ratio is None:
        return 0.0
    distance = abs(math.log(row.ratio.median))
    width = math.log(row.ratio.interval.high / row.ratio.interval.low)
    if distance == 0.0:
        return 0.0
    return distance / width if width > 0.0 else math.inf


def by_evidence(rows: Iterable[CategoryForecast]) -> tuple[CategoryForecast, ...]:
    """Order categories for chart and table: called shifts, then unchanged ones, then those without enough evidence.

    Within each group the best supported change comes first; equals are ordered by category id.
    """
    groups = {Direction.UNCHANGED: 1, Direction.UNKNOWN: 2}
    return tuple(sorted(rows, key=lambda row: (groups.get(row.direction, 0), -evidence(row), row.category)))


def summary(row: CategoryForecast, *, unit: Unit, material_ratio: float) -> str:
    """Say one category's forecast in a line, such as "210 → 620 per 100,000 turns, likely up"."""
    if row.previous.n == 0:
        return "n/a (n = 0)"
    if row.forecast is None:
        return f"{_rate_words(row.previous)} per 100,000 {unit}s, {row.direction}"
    rates = f"{_rate_words(row.previous)} → {number(row.forecast.median)} per 100,000 {unit}s"
    needed = "" if row.n_needed is None else f" (about {number(row.n_needed)} prefixes needed)"
    return f"{rates}, {_direction_words(row.direction, material_ratio)}{needed}"


def number(value: float) -> str:
    """Write a rate for reading: two significant digits, thousands apart ("1,200", "4.3", "0.27")."""
    if value <= 0.0:
        return "0"
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.{max(0, 1 - math.floor(math.log10(rounded)))}f}"


def _rate_words(rate: Rate) -> str:
    if rate.per_100k is None or rate.interval is None:
        return "n/a"
    if rate.present == 0:
        return f"none seen (below {number(rate.interval.high)})"
    return number(rate.per_100k)


def _direction_words(direction: Direction, material_ratio: float) -> str:
    match direction:
        case Direction.MATERIALLY_UP:
            return f"likely up more than {material_ratio:g}x"
        case Direction.MATERIALLY_DOWN:
            return f"likely down more than {material_ratio:g}x"
        case Direction.UP | Direction.DOWN:
            return f"likely {direction}"
        case _:
            return direction.value


def failures_sentence(lane: RunInputs) -> str:
    """Say what share of a lane failed and what that leaves open of its rates; nothing where none failed.

    With every failure flagged, or none, each rate of the lane lies between present / all and (present + failed) / all.
    """
    if not lane.failed:
        return ""
    share = lane.failed / lane.responses
    percent = f"{100 * share:.2g}" if share < 0.1 else f"{100 * share:.0f}"
    return (
        f"{lane.failed:,} of {lane.responses:,} responses failed ({percent} %). Between none and all of them flagged, "
        f"each rate of this lane is open by about {number(share * PER_100K)} per 100,000."
    )
