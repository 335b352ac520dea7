"""What would change a call: how few pairs it hangs on, and what is not known yet."""

from __future__ import annotations

from scipy.special import betaincc

from deploysim.forecast.records import CategoryForecast, Direction, Forecast
from deploysim.forecast.words import BETTER, WORSE, number
from deploysim.types import Lane
from deploysim.wording import counted

_MOST = 10_000


def what_would_change(row: CategoryForecast, forecast: Forecast) -> tuple[str, ...]:
    """Say in sentences what would change a category's call, the likeliest first."""
    return tuple(
        filter(
            None,
            (
                _other_way(row, forecast),
                _more_prefixes(row, forecast),
                _undetermined(row),
                ""
                if forecast.fidelity_corrected
                else "A baseline lane: without one, what replaying itself changes counts as the model's change.",
                ""
                if row.grader_correction is not None
                else "Human labels on responses that the grader flags: false alarms dilute the change.",
            ),
        )
    )


def pairs_to_undo(regressed: int, improved: int, certainty: float) -> int:
    """Fewest further pairs the other way after which the sign of the change is not that certain any more.

    From the posterior of the share of differing pairs that regressed, Beta(regressed + 1/2, improved + 1/2): without the
    pooling, so a rough number. 0 where it is not that certain to begin with.
    """
    more, fewer = max(regressed, improved), min(regressed, improved)
    for extra in range(_MOST):
        if betaincc(more + 0.5, fewer + extra + 0.5, 0.5) < certainty:
            return extra
    return _MOST


def _other_way(row: CategoryForecast, forecast: Forecast) -> str:
    if row.direction not in (*WORSE, *BETTER):
        return ""
    few = pairs_to_undo(row.table.regressed, row.table.improved, forecast.certainty_required)
    if not few:
        return "Hardly anything: the pairs alone are not certain, the call leans on what else is known."
    way = "improved" if row.direction in WORSE else "regressed"
    return (
        f"About {counted(few, 'more pair')} that {way}: the call rests on {row.table.regressed:,} regressed and "
        f"{row.table.improved:,} improved."
    )


def _more_prefixes(row: CategoryForecast, forecast: Forecast) -> str:
    if row.direction is not Direction.UNKNOWN:
        return ""
    if row.n_needed is None:
        return "A sample in which it shows: its old rate is too uncertain to say how many prefixes that takes."
    if row.n_needed <= forecast.prefixes:
        return "A clearer difference: the sample is large enough, and what it shows lies between the calls."
    return (
        f"About {row.n_needed - forecast.prefixes:,} more prefixes: {row.n_needed:,} would find a change of "
        f"{forecast.material_ratio:g}x {forecast.power:.0%} of the time."
    )


def _undetermined(row: CategoryForecast) -> str:
    lane = next((lane for lane in row.lanes if lane.lane == Lane.CANDIDATE), None)
    if lane is None or lane.low_per_100k is None or lane.high_per_100k is None:
        return ""
    open_ones = lane.failed + lane.unsure + lane.not_comparable
    if not open_ones:
        return ""
    return (
        f"{counted(open_ones, 'response')} without a clear verdict: all absent, the new model's rate as replayed would be "
        f"{number(lane.low_per_100k)}; all present, {number(lane.high_per_100k)} per 100,000."
    )
