"""One category after the release: its realised rate beside what was forecast, and the error taken apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deploysim.forecast.category import category_seed
from deploysim.forecast.posterior import posterior_of
from deploysim.forecast.records import CategoryForecast, Estimate, LaneCount, Rate
from deploysim.forecast.scorecard import ErrorSplit, ScoredCategory
from deploysim.stats.clusters import Floats
from deploysim.stats.quantiles import draws_of
from deploysim.stats.rates import PER_100K
from deploysim.stats.shift import equal_tailed

DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Came:
    """What was measured of one category after the release."""

    realised: LaneCount
    replayed: Rate | None = None
    """The candidate's rate when it answers the new traffic's prefixes again; None where it was not replayed."""
    corrected: Estimate | None = None
    """Corrected over flagged realised rate; None without human labels."""


def scored_category(row: CategoryForecast, came: Came, *, level: float, seed: int) -> ScoredCategory:
    """Line up forecast and realised; what the methods scored is added by whoever sees all rows."""
    rate, own = came.realised.rate, category_seed(seed, row.category)
    ratio = _ratio_draws(rate, row.previous, own)
    return ScoredCategory(
        category=row.category,
        name=row.name,
        previous=row.previous,
        forecast=row.forecast,
        realised=rate,
        undetermined=came.realised.unsure + came.realised.not_comparable + came.realised.failed,
        direction=row.direction,
        forecast_ratio=row.ratio,
        realised_ratio=None if ratio is None else _estimate(ratio, level),
        rose=None if ratio is None else float((ratio > 1.0).mean()),
        methods=(),
        error=_split(row, came, level, own),
        notes=_notes(row, rate),
    )


def rate_draws(rate: Rate, seed: int) -> Floats | None:
    """Draw a rate, as a share, from its posterior; None where it has no response."""
    if rate.per_100k is None or not rate.n_effective:
        return None
    mean, worth = rate.per_100k / PER_100K, rate.n_effective + 1.0
    return np.asarray(np.random.default_rng(seed).beta(mean * worth, (1.0 - mean) * worth, DRAWS))


def with_registered(row: ScoredCategory, registered: CategoryForecast | None) -> ScoredCategory:
    """Add what was registered, where the forecast was estimated anew."""
    return row if registered is None else replace(row, registered=registered.forecast)


def _ratio_draws(rate: Rate, before: Rate, seed: int) -> Floats | None:
    new, old = rate_draws(rate, seed), rate_draws(before, seed + 1)
    return None if new is None or old is None else new / np.maximum(old, 1e-12)


def _split(row: CategoryForecast, came: Came, level: float, seed: int) -> ErrorSplit | None:
    posterior, realised = posterior_of(row), rate_draws(came.realised.rate, seed)
    if posterior is None or realised is None:
        return None
    forecast = draws_of(posterior.rate, draws=DRAWS, seed=seed + 2) / PER_100K
    shift = _ratio_draws(came.replayed, row.lanes[-1].rate, seed + 3) if came.replayed else None
    return ErrorSplit(
        total=_estimate(realised / forecast, level),
        fidelity=row.fidelity_gap,
        prefix_shift=None if shift is None else _estimate(shift, level),
        grader=came.corrected,
    )


def _notes(row: CategoryForecast, realised: Rate) -> tuple[str, ...]:
    if realised.n == 0:
        return ("No realised response has a clear verdict.",)
    if row.label_corrected and row.forecast is not None:
        return (
            "Not scored: human labels corrected the forecast, so it is of what people would say, and the realised rate is "
            "of what the grader flagged.",
        )
    if row.forecast is None and realised.present:
        return (
            f"Missed: no compared lane showed it, and {realised.present:,} of {realised.n:,} realised responses do.",
        )
    if row.forecast is None:
        return ("Not scored: no compared lane showed it, so no rate was forecast.",)
    return ()


def _estimate(draws: Floats, level: float) -> Estimate:
    return Estimate(float(np.median(draws)), equal_tailed(draws, level=level))
