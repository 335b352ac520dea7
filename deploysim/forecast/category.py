"""The forecast of one category: rates, shift, test, direction, and how many prefixes are still needed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from deploysim.forecast.counts import lane_count, lane_rate, paired_table
from deploysim.forecast.needs import with_needs
from deploysim.forecast.outcomes import Outcomes
from deploysim.forecast.records import (
    CategoryForecast,
    Certainty,
    Direction,
    Estimate,
    PairedTable,
)
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.clusters import Bools, Floats
from deploysim.stats.joint import CANDIDATE, RECORDED, ShiftDraws, equal_tailed, shift_draws
from deploysim.stats.rates import (
    PER_100K,
)
from deploysim.stats.significance import PairedTest, paired_test


def forecast_category(
    outcomes: Outcomes, *, category: str, name: str, settings: ForecastSettings, seed: int
) -> CategoryForecast:
    """Forecast one category; its q-value needs the other categories and is left None.

    Comparisons use prefixes with a clear outcome in all lanes. Where neither compared lane shows the behaviour there is
    no ratio, no forecast rate and no call: a prior alone is not evidence. The draws depend on `seed` and on the
    category's id, so that adding a category to the taxonomy changes no other's numbers.
    """
    complete = outcomes.complete()
    old, new = complete.present[:, complete.compared_with], complete.present[:, CANDIDATE]
    own_seed = _category_seed(seed, category)
    test = _paired_test(complete, old, new, seed=own_seed)
    row = CategoryForecast(
        category=category,
        name=name,
        lanes=tuple(lane_count(outcomes, lane, settings.level) for lane in range(len(outcomes.lanes))),
        compared_with=outcomes.lanes[outcomes.compared_with],
        table=paired_table(old, new),
        previous=lane_rate(complete, RECORDED, settings.level),
        forecast=None,
        ratio=None,
        fidelity_gap=None,
        p_value=test.p_value if test else None,
        q_value=None,
        test=test.name if test else "none: no complete pairs",
        certainty=None,
        direction=Direction.UNKNOWN,
        n_needed=None,
    )
    if complete.present.any():
        shift = shift_draws(
            complete.present,
            weights=complete.weights,
            clusters=complete.clusters,
            draws=settings.draws,
            seed=own_seed,
        )
        row = _with_shift(row, shift, settings)
    return with_needs(row, outcomes, settings)


def direction_call(certainty: Certainty, table: PairedTable, settings: ForecastSettings) -> Direction:
    """Call the direction that reaches the certainty required; a material one before any, any before "no change".

    A call also needs as many pairs behind it as the settings say: on fewer, the posterior is mostly the prior's.
    """
    changed = table.regressed + table.improved
    seen = changed + table.both
    material = changed >= settings.least_changed_materially
    called = changed >= settings.least_changed
    calls = (
        (certainty.materially_up, material, Direction.MATERIALLY_UP),
        (certainty.materially_down, material, Direction.MATERIALLY_DOWN),
        (certainty.up, called, Direction.UP),
        (1.0 - certainty.up, called, Direction.DOWN),
        (certainty.unchanged, seen >= settings.least_seen, Direction.UNCHANGED),
    )
    reached = (direction for p, evidence, direction in calls if evidence and p >= settings.certainty)
    return next(reached, Direction.UNKNOWN)


def _with_shift(row: CategoryForecast, shift: ShiftDraws, settings: ForecastSettings) -> CategoryForecast:
    old_seen = row.previous.present + row.table.both + row.table.improved > 0
    gap = _estimate(shift.gap, settings.level) if shift.gap is not None and old_seen else None
    if row.table.n == row.table.neither:
        return replace(row, fidelity_gap=gap)
    certainty = _certainty(shift.ratio, settings.material_ratio)
    return replace(
        row,
        forecast=_estimate(shift.forecast * PER_100K, settings.level),
        ratio=_estimate(shift.ratio, settings.level),
        fidelity_gap=gap,
        certainty=certainty,
        direction=direction_call(certainty, row.table, settings),
        n_effective=shift.n_effective,
    )


def _paired_test(complete: Outcomes, old: Bools, new: Bools, *, seed: int) -> PairedTest | None:
    if old.size == 0:
        return None
    return paired_test(old, new, weights=complete.weights, clusters=complete.clusters, seed=seed)


def _estimate(draws: Floats, level: float) -> Estimate:
    return Estimate(median=float(np.median(draws)), interval=equal_tailed(draws, level=level))


def _certainty(ratio: Floats, material_ratio: float) -> Certainty:
    materially_up = float((ratio > material_ratio).mean())
    materially_down = float((ratio < 1.0 / material_ratio).mean())
    return Certainty(
        up=float((ratio > 1.0).mean()),
        materially_up=materially_up,
        materially_down=materially_down,
        unchanged=float(((ratio > 1.0 / material_ratio) & (ratio < material_ratio)).mean()),
    )


def _category_seed(seed: int, category: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{category}".encode()).digest()[:8], "big")
