"""The forecast of one category: counts and tests first, then what the pooled posterior says, and the direction."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from deploysim.forecast.counts import lane_count, paired_table, previous_rate
from deploysim.forecast.evidence import Evidence
from deploysim.forecast.outcomes import Outcomes
from deploysim.forecast.records import CategoryForecast, Certainty, Direction, Estimate, PairedTable, Posterior
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.arcsine import to_arcsine
from deploysim.stats.clusters import Bools, Floats, effective_n
from deploysim.stats.graders import corrected
from deploysim.stats.lanes import CANDIDATE, LaneMoments, lane_moments, with_recorded
from deploysim.stats.pooling import LanePosterior
from deploysim.stats.quantiles import quantiles
from deploysim.stats.rates import PER_100K
from deploysim.stats.shift import ShiftDraws, equal_tailed, shift_draws
from deploysim.stats.significance import PairedTest, paired_test


def counted_category(
    outcomes: Outcomes, evidence: Evidence, *, category: str, name: str, settings: ForecastSettings, seed: int
) -> CategoryForecast:
    """Count and test one category; what takes the other categories, shift and q-value, is left None.

    Comparisons use prefixes with a clear outcome in all lanes.
    """
    complete = outcomes.complete()
    old, new = complete.present[:, complete.compared_with], complete.present[:, CANDIDATE]
    test = _paired_test(complete, old, new, seed=category_seed(seed, category))
    return CategoryForecast(
        category=category,
        name=name,
        lanes=tuple(lane_count(outcomes, lane, settings.level) for lane in range(len(outcomes.lanes))),
        compared_with=outcomes.lanes[outcomes.compared_with],
        table=paired_table(old, new),
        previous=previous_rate(complete, evidence.recorded, settings.level),
        forecast=None,
        ratio=None,
        fidelity_gap=None,
        p_value=test.p_value if test else None,
        q_value=None,
        test=test.name if test else "none: no complete pairs",
        certainty=None,
        direction=Direction.UNKNOWN,
        n_needed=None,
        label_corrected=bool(evidence.reviews),
    )


def category_moments(outcomes: Outcomes, evidence: Evidence) -> LaneMoments | None:
    """Sum up what was seen of all lanes; None where no complete prefix shows the behaviour in any lane."""
    complete = outcomes.complete()
    if not complete.shares.any():
        return None
    moments = lane_moments(complete.shares, weights=complete.weights, clusters=complete.clusters)
    if evidence.recorded is not None:
        log = evidence.recorded
        moments = with_recorded(moments, centre=to_arcsine(log.share * log.n, log.n), variance=1.0 / log.n_effective)
    return corrected(moments, [evidence.reviews.get(lane) for lane in outcomes.lanes])


def with_shift(
    row: CategoryForecast, outcomes: Outcomes, posterior: LanePosterior, *, settings: ForecastSettings, seed: int
) -> CategoryForecast:
    """Add what the posterior says: forecast rate, ratio, gap, certainty and direction, all from the same draws.

    Where neither compared lane shows the behaviour there is no ratio, no forecast rate and no call: a prior alone is not
    evidence. The draws depend on `seed` and on the category's id, not on its place among the others.
    """
    shift = shift_draws(posterior, draws=settings.draws, seed=category_seed(seed, row.category))
    old_seen = row.previous.present + row.table.both + row.table.improved > 0
    gap = _estimate(shift.gap, settings.level) if shift.gap is not None and old_seen else None
    if row.table.n == row.table.neither:
        return replace(row, fidelity_gap=gap)
    return replace(_with_draws(row, shift, settings), fidelity_gap=gap, n_effective=_pairs_worth(outcomes.complete()))


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


def ratio_certainty(ratio: Floats, material_ratio: float) -> Certainty:
    """Probabilities of each direction, from draws of the ratio."""
    return Certainty(
        up=float((ratio > 1.0).mean()),
        materially_up=float((ratio > material_ratio).mean()),
        materially_down=float((ratio < 1.0 / material_ratio).mean()),
        unchanged=float(((ratio > 1.0 / material_ratio) & (ratio < material_ratio)).mean()),
    )


def category_seed(seed: int, category: str) -> int:
    """Seed of one category's draws, whatever the other categories are."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{category}".encode()).digest()[:8], "big")


def _with_draws(row: CategoryForecast, shift: ShiftDraws, settings: ForecastSettings) -> CategoryForecast:
    certainty = ratio_certainty(shift.ratio, settings.material_ratio)
    return replace(
        row,
        forecast=_estimate(shift.forecast * PER_100K, settings.level),
        ratio=_estimate(shift.ratio, settings.level),
        certainty=certainty,
        direction=direction_call(certainty, row.table, settings),
        posterior=Posterior(
            mean=float(shift.forecast.mean()),
            variance=float(shift.forecast.var()),
            rate=quantiles(shift.forecast * PER_100K),
            ratio=quantiles(shift.ratio),
        ),
    )


def _pairs_worth(complete: Outcomes) -> float:
    """Independent, equally weighted prefixes that the comparison of two lanes rests on."""
    difference = complete.shares[:, CANDIDATE] - complete.shares[:, complete.compared_with]
    mean = complete.weights @ difference / complete.weights.sum()
    return effective_n(difference - mean, weights=complete.weights, clusters=complete.clusters)


def _paired_test(complete: Outcomes, old: Bools, new: Bools, *, seed: int) -> PairedTest | None:
    if old.size == 0:
        return None
    return paired_test(old, new, weights=complete.weights, clusters=complete.clusters, seed=seed)


def _estimate(draws: Floats, level: float) -> Estimate:
    return Estimate(median=float(np.median(draws)), interval=equal_tailed(draws, level=level))
