"""Assumptions and limits, printed beside the numbers that they apply to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deploysim.forecast.evidence import EvidenceByCategory
from deploysim.forecast.records import CategoryForecast, Direction
from deploysim.forecast.settings import ForecastSettings
from deploysim.forecast.words import number
from deploysim.types import Lane, Unit

FEW = 10
"""Below so many prefixes that show a behaviour, a note says how few there are."""
NOTABLE_LOSS = 0.9
"""Below this share of effective to counted prefixes, a note says so."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the notes of a category need beyond its record."""

    prefixes: int
    """All prefixes, complete or not."""
    complete: int
    """Prefixes with a clear outcome in every lane."""
    unseen: tuple[str, ...]
    """Lanes that show it in no complete prefix."""
    unseen_limit: float | None
    """Upper bound of the rate in those lanes, per 100,000; None where there are no such lanes."""
    least_needed: int | None
    """Prefixes needed if the old rate were at that bound; None where the old rate was seen or no number would do."""


def category_notes(row: CategoryForecast, facts: RowFacts, settings: ForecastSettings) -> tuple[str, ...]:
    """Say what limits one category's numbers, in plain sentences."""
    notes = (
        _left_out(facts),
        _unseen(facts, settings),
        _correction_unknown(row, facts),
        _few_seen(row),
        _large_gap(row, settings),
        _fewer_effective(row),
        _between_calls(row, facts, settings),
    )
    return tuple(note for note in notes if note)


def with_q_value(row: CategoryForecast, q_value: float | None, settings: ForecastSettings) -> CategoryForecast:
    """Set a category's q-value, and say so where it does not support the direction called."""
    called = row.direction not in (Direction.UNKNOWN, Direction.UNCHANGED)
    if not called or q_value is None or q_value <= settings.false_discovery_rate:
        return replace(row, q_value=q_value)
    note = (
        f"The paired test over all categories does not confirm this direction (q = {q_value:.2g}, threshold "
        f"{settings.false_discovery_rate:g}): treat it as a lead, not as a finding."
    )
    return replace(row, q_value=q_value, notes=(*row.notes, note))


def forecast_notes(
    *,
    unit: Unit,
    fidelity_corrected: bool,
    clusters: str,
    tests: int,
    evidence: EvidenceByCategory,
    settings: ForecastSettings,
) -> tuple[str, ...]:
    """Say what the whole forecast assumes, in plain sentences.

    `clusters` says what a cluster is, such as "conversation"; `tests` counts the paired tests behind the q-values;
    `evidence` is what is known besides the sample's outcomes.
    """
    notes = (
        "Rates are per 100,000 turns."
        if unit == "turn"
        else "Rates are per 100,000 conversations, by their last turn.",
        _longer_log(evidence),
        _fidelity(fidelity_corrected),
        "The candidate's users are taken to ask what the old model's users asked.",
        _graders(evidence),
        _pooling(settings),
        f"Prefixes of one {clusters} are counted as one cluster."
        + ("" if clusters == "user" else " The log names no users: conversations of one user count as independent."),
        f"A direction is called at a posterior probability of {settings.certainty:g} and on at least "
        f"{settings.least_changed} pairs that differ ({settings.least_changed_materially} for a material one); q-values "
        "are Benjamini-Hochberg "
        f"over {tests} paired {'test' if tests == 1 else 'tests'}, threshold {settings.false_discovery_rate:g}.",
    )
    return tuple(note for note in notes if note)


def _longer_log(evidence: EvidenceByCategory) -> str:
    if not any(more.recorded for more in evidence.values()):
        return ""
    return (
        "Recorded rates also rest on graded responses whose prefixes were not replayed, which are taken to come from the "
        "same traffic."
    )


def _graders(evidence: EvidenceByCategory) -> str:
    if any(more.reviews for more in evidence.values()):
        return (
            "Forecasts and ratios of the categories with human labels are corrected for grader error, and what the labels "
            "leave open widens them; where no unflagged response was labelled, the grader is taken to miss none."
        )
    return "Rates are what the graders flagged; their errors are not corrected."


def _pooling(settings: ForecastSettings) -> str:
    shift = settings.priors.shift
    return (
        "Shifts and gaps are drawn towards no change, less so the surer and larger they are, by as much as the "
        f"categories together suggest (Cauchy priors on the log-odds, typical scale {shift.scale:g} for the shift and "
        f"{settings.priors.gap.scale:g} for the gap)."
    )


def _fidelity(corrected: bool) -> str:
    if corrected:
        return (
            "The recorded rate is moved by the shift from the baseline to the candidate lane. This assumes that "
            "replaying distorts both models in the same way."
        )
    return (
        "Fidelity uncorrected: without a baseline lane, whatever replaying itself changes is counted as a change of "
        "the model."
    )


def _left_out(facts: RowFacts) -> str:
    left_out = facts.prefixes - facts.complete
    if facts.complete == 0:
        return "No prefix has a clear outcome in every lane, so nothing can be said."
    if left_out == 0:
        return ""
    verb = "is" if left_out == 1 else "are"
    return f"{left_out:,} of {facts.prefixes:,} prefixes {verb} left out: no clear outcome in every lane."


def _unseen(facts: RowFacts, settings: ForecastSettings) -> str:
    if not facts.unseen or facts.unseen_limit is None:
        return ""
    lanes = f"the {facts.unseen[0]} lane"
    if len(facts.unseen) > 1:
        lanes = f"the {', '.join(facts.unseen[:-1])} and {facts.unseen[-1]} lanes"
    said = (
        f"Not seen in {facts.complete:,} complete prefixes of {lanes}: below {number(facts.unseen_limit)} per 100,000 "
        f"there, at {settings.level:.0%} certainty."
    )
    if facts.least_needed is None:
        return said
    return (
        f"{said} Finding a change of {settings.material_ratio:g}x from that rate would take about "
        f"{facts.least_needed:,} prefixes, and more from a lower one."
    )


def _correction_unknown(row: CategoryForecast, facts: RowFacts) -> str:
    if row.forecast is None or not {Lane.RECORDED, Lane.BASELINE} <= set(facts.unseen):
        return ""
    return "With neither the log nor the baseline showing it, how replaying distorts this rate is unknown."


def _few_seen(row: CategoryForecast) -> str:
    seen = row.table.n - row.table.neither
    if not 0 < seen < FEW:
        return ""
    verb = "shows" if seen == 1 else "show"
    return f"Only {seen} of {row.table.n:,} prefixes {verb} it in a compared lane: one more could change the picture."


def _large_gap(row: CategoryForecast, settings: ForecastSettings) -> str:
    gap = row.fidelity_gap
    if gap is None:
        return ""
    if 1.0 / settings.material_ratio <= gap.interval.high and gap.interval.low <= settings.material_ratio:
        return ""
    said = f"Replaying the old model gives {gap.median:.2g} times its recorded rate"
    return f"{said}." if row.ratio is None else f"{said}, so this forecast leans on the fidelity correction."


def _fewer_effective(row: CategoryForecast) -> str:
    if row.n_effective is None or row.n_effective >= NOTABLE_LOSS * row.table.n:
        return ""
    return (
        f"Shared clusters or unequal weights make its {row.table.n:,} complete prefixes worth about "
        f"{row.n_effective:,.0f} independent ones."
    )


def _between_calls(row: CategoryForecast, facts: RowFacts, settings: ForecastSettings) -> str:
    if row.n_needed is None or row.n_needed > facts.prefixes:
        return ""
    return (
        f"The sample is large enough to find a change of {settings.material_ratio:g}x {settings.power:.0%} of the "
        "time; what it shows lies between the calls."
    )
