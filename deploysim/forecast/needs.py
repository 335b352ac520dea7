"""What one category's forecast still lacks: prefixes needed, rates that were never seen, and the notes that say so."""

from __future__ import annotations

import math
from dataclasses import replace

from deploysim.forecast.counts import lane_rate
from deploysim.forecast.notes import RowFacts, category_notes
from deploysim.forecast.outcomes import Outcomes
from deploysim.forecast.records import CategoryForecast, Direction, Rate
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.lanes import RECORDED
from deploysim.stats.power import moved_rate, pairs_needed
from deploysim.stats.rates import PER_100K


def with_needs(row: CategoryForecast, outcomes: Outcomes, settings: ForecastSettings) -> CategoryForecast:
    """Add the prefixes still needed and the notes.

    Power depends on the old rate. Where no prefix shows the behaviour in the recorded lane or in the lane compared
    with, that rate is unknown and so is the number needed; a note gives the least number, at the rate's upper bound.
    """
    complete = outcomes.complete()
    rates = [lane_rate(complete, lane, settings.level) for lane in range(len(outcomes.lanes))]
    old = rates[outcomes.compared_with]
    old_seen = rates[RECORDED].present > 0 and old.present > 0
    undecided = row.direction is Direction.UNKNOWN
    needed = _prefixes_needed(row, old, outcomes.weights.size, settings) if undecided else None
    unseen = {lane: rate.interval for lane, rate in zip(outcomes.lanes, rates, strict=True) if not rate.present}
    limit = next(iter(unseen.values()), None)
    facts = RowFacts(
        prefixes=outcomes.weights.size,
        complete=complete.weights.size,
        unseen=tuple(unseen),
        unseen_limit=limit.high if limit else None,
        least_needed=None if old_seen else needed,
    )
    row = replace(row, n_needed=needed if old_seen else None)
    return replace(row, notes=category_notes(row, facts, settings))


def _prefixes_needed(row: CategoryForecast, old: Rate, prefixes: int, settings: ForecastSettings) -> int | None:
    """Prefixes in all for the power asked for, if lost outcomes, completeness, clusters and weights stay as seen."""
    recorded_rate, old_rate = _working_rate(row.previous), _working_rate(old)
    if recorded_rate is None or old_rate is None:
        return None
    new_rate = moved_rate(old_rate, of=recorded_rate, ratio=settings.material_ratio)
    if new_rate is None:
        return None
    lost = (row.table.improved + 0.25) / (row.table.both + row.table.improved + 0.5)
    pairs = pairs_needed(
        old_rate=old_rate, new_rate=new_rate, lost=lost, certainty=settings.certainty, power=settings.power
    )
    if pairs is None:
        return None
    worth = (row.n_effective or row.previous.n_effective or row.table.n) / prefixes
    return math.ceil(pairs / worth)


def _working_rate(rate: Rate) -> float | None:
    """A rate's point estimate as a share, or its upper bound where it was never seen; None where n is 0."""
    if rate.per_100k is None or rate.interval is None:
        return None
    return (rate.per_100k if rate.present else rate.interval.high) / PER_100K
