"""From graded lanes to a forecast over all categories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from deploysim import __version__
from deploysim.errors import InputError
from deploysim.forecast.category import category_moments, counted_category, with_shift
from deploysim.forecast.evidence import NOTHING_MORE, EvidenceByCategory
from deploysim.forecast.needs import with_needs
from deploysim.forecast.notes import forecast_notes, with_q_value
from deploysim.forecast.outcomes import USER, Outcomes, category_outcomes, check_outcomes, used_lanes
from deploysim.forecast.records import CategoryForecast, Forecast, PriorUsed, RunInputs
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.lanes import stack
from deploysim.stats.pooling import Priors, pool
from deploysim.stats.significance import benjamini_hochberg
from deploysim.types import Lane, Unit

DEFAULT_SETTINGS = ForecastSettings()


@dataclass(frozen=True, slots=True)
class ForecastInputs:
    """What a forecast rests on, besides the outcomes."""

    sample_id: str
    unit: Unit
    window: str
    """The time that the sample's conversations cover, or that it is unknown."""
    lanes: tuple[RunInputs, ...]
    """In the order recorded, baseline (where there is one), candidate."""
    taxonomy: str
    """Fingerprint of the taxonomy."""
    graders: tuple[tuple[str, str], ...]
    """(category id, grader fingerprint)."""
    names: tuple[tuple[str, str], ...]
    """(category id, name) of every category to forecast, in the taxonomy's order."""


def make_forecast(
    frame: pl.DataFrame,
    inputs: ForecastInputs,
    *,
    seed: int,
    now: datetime,
    settings: ForecastSettings = DEFAULT_SETTINGS,
    evidence: EvidenceByCategory | None = None,
) -> Forecast:
    """Forecast every category from the outcomes of all lanes, and from more `evidence` where there is any.

    `frame` has one row for each prefix and category, with the columns prefix_id, conversation_id, weight, category and
    one a lane (recorded, baseline, candidate) that says present, absent, unsure, not comparable or failed; a lane that
    is not used is null throughout. An optional column user_key makes users the clusters; an optional column repeat
    allows several rows for a prefix that was answered several times. The same arguments give the same forecast.

    Raises:
        InputError: the frame is incomplete or contradicts `inputs`, or `now` has no time zone.
    """
    check_outcomes(frame)
    lanes = used_lanes(frame)
    _check_inputs(frame, inputs, lanes=lanes, now=now)
    known = evidence or {}
    rows = _rows(frame, inputs, lanes, known, settings=settings, seed=seed)
    q_values = benjamini_hochberg([row.p_value for row in rows])
    corrected = Lane.BASELINE in lanes
    users = USER in frame.columns and bool(frame[USER].is_not_null().any())
    return Forecast(
        sample_id=inputs.sample_id,
        unit=inputs.unit,
        prefixes=frame["prefix_id"].n_unique(),
        conversations=frame["conversation_id"].n_unique(),
        window=inputs.window,
        lanes=inputs.lanes,
        taxonomy=inputs.taxonomy,
        graders=inputs.graders,
        categories=tuple(with_q_value(row, q, settings) for row, q in zip(rows, q_values, strict=True)),
        fidelity_corrected=corrected,
        material_ratio=settings.material_ratio,
        certainty_required=settings.certainty,
        level=settings.level,
        false_discovery_rate=settings.false_discovery_rate,
        seed=seed,
        created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        notes=forecast_notes(
            unit=inputs.unit,
            fidelity_corrected=corrected,
            clusters="user" if users else "conversation",
            tests=sum(q is not None for q in q_values),
            evidence=known,
            settings=settings,
        ),
        power=settings.power,
        draws=settings.draws,
        prior=_prior_used(settings.priors),
    )


def _rows(
    frame: pl.DataFrame,
    inputs: ForecastInputs,
    lanes: tuple[Lane, ...],
    evidence: EvidenceByCategory,
    *,
    settings: ForecastSettings,
    seed: int,
) -> list[CategoryForecast]:
    """Forecast every category, but for the q-values, which need all p-values."""
    outcomes = {category: category_outcomes(frame, category, lanes) for category, _ in inputs.names}
    counted = [
        counted_category(
            outcomes[category],
            evidence.get(category, NOTHING_MORE),
            category=category,
            name=name,
            settings=settings,
            seed=seed,
        )
        for category, name in inputs.names
    ]
    shifted = _with_shifts(counted, outcomes, evidence, settings=settings, seed=seed)
    if any(more.reviews for more in evidence.values()):
        unlabelled = {category: replace(more, reviews={}) for category, more in evidence.items()}
        by_grader = _with_shifts(counted, outcomes, unlabelled, settings=settings, seed=seed)
        shifted = [
            _with_correction(row, alone) if evidence.get(row.category, NOTHING_MORE).reviews else row
            for row, alone in zip(shifted, by_grader, strict=True)
        ]
    return [with_needs(row, outcomes[row.category], settings) for row in shifted]


def _with_correction(row: CategoryForecast, by_grader: CategoryForecast) -> CategoryForecast:
    """Add by how much human labels move the forecast rate."""
    if row.forecast is None or by_grader.forecast is None:
        return row
    return replace(row, grader_correction=row.forecast.median / by_grader.forecast.median)


def _with_shifts(
    rows: list[CategoryForecast],
    outcomes: dict[str, Outcomes],
    evidence: EvidenceByCategory,
    *,
    settings: ForecastSettings,
    seed: int,
) -> list[CategoryForecast]:
    """Pool the categories that were seen at all, and add to each what the posterior says."""
    moments = {
        category: seen
        for category, of in outcomes.items()
        if (seen := category_moments(of, evidence.get(category, NOTHING_MORE))) is not None
    }
    if not moments:
        return rows
    posterior = pool(stack(list(moments.values())), settings.priors)
    place = {category: index for index, category in enumerate(moments)}
    return [
        with_shift(row, outcomes[row.category], posterior.of(place[row.category]), settings=settings, seed=seed)
        if row.category in place
        else row
        for row in rows
    ]


def _prior_used(priors: Priors) -> PriorUsed:
    return PriorUsed(priors.shift.scale, priors.shift.doubt, priors.gap.scale, priors.gap.doubt)


def _check_inputs(frame: pl.DataFrame, inputs: ForecastInputs, *, lanes: tuple[Lane, ...], now: datetime) -> None:
    if now.tzinfo is None:
        raise InputError("The time of the forecast has no time zone.", expected="an aware time, such as one in UTC.")
    described = tuple(lane.lane for lane in inputs.lanes)
    if described != lanes:
        raise InputError(
            f"The outcomes hold the lanes {', '.join(lanes)}, but {', '.join(described)} are described.",
            expected="a description of each lane used, in the order recorded, baseline, candidate.",
            next_step="Forecast from the runs that were graded.",
        )
    known = {category for category, _ in inputs.names}
    strangers = sorted(set(frame["category"].unique()) - known)
    if strangers:
        raise InputError(
            f"The taxonomy does not know the category {', '.join(strangers)}.",
            expected=f"categories among: {', '.join(sorted(known))}.",
            next_step="Grade all lanes with the taxonomy of this forecast, then forecast again.",
        )
