"""From the recorded rate to the forecast, step by step: what replaying shows, and what the forecast makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.forecast.records import CategoryForecast
from deploysim.stats.power import moved_rate
from deploysim.stats.rates import PER_100K
from deploysim.types import Lane

HARDLY = 1.01
"""A step by less than this factor is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, in rates per 100,000."""

    name: str
    before: float
    after: float
    is_rate: bool = False
    """A rate to start or end with, and no move."""


def steps(row: CategoryForecast) -> tuple[Step, ...]:
    """Lead from the recorded rate to the forecast; empty where there is no forecast rate.

    As replayed, the candidate shows its own lane's rate. The fidelity step takes back what replaying the old model
    changed, on the log-odds scale. Labels on graders move what is left by the factor that they move the forecast; the
    rest is the pooling's, which draws what is not sure towards no change, and the rest of the log's.
    """
    rates = {lane.lane: lane.rate.per_100k for lane in row.lanes}
    recorded, replayed = row.previous.per_100k, rates.get(Lane.CANDIDATE)
    if row.forecast is None or recorded is None or replayed is None:
        return ()
    forecast = row.forecast.median
    by_grader = forecast / (row.grader_correction or 1.0)
    found = [
        Step("Recorded in the log", recorded, recorded, is_rate=True),
        Step("New model as replayed", recorded, replayed),
    ]
    at = replayed
    if (baseline := rates.get(Lane.BASELINE)) is not None:
        corrected = _moved(replayed, baseline, recorded)
        found.append(Step("What replaying changes, taken back", at, corrected))
        at = corrected
    found.append(Step("What is not sure, drawn to no change", at, by_grader))
    if row.grader_correction is not None:
        found.append(Step("Human labels on the grader", by_grader, forecast))
    found.append(Step("Forecast", forecast, forecast, is_rate=True))
    return tuple(found)


def _moved(rate: float, old: float, new: float) -> float:
    """Move a rate by the log-odds from `old` to `new`, all per 100,000."""
    moved = moved_rate(rate / PER_100K, of=old / PER_100K, ratio=new / old)
    return rate if moved is None else moved * PER_100K
