"""The gate: a forecast held against a policy, to ship, to block, or to ask for more evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deploysim.forecast.policy import Policy, Rule
from deploysim.forecast.posterior import rate_within, ratio_within
from deploysim.forecast.records import CategoryForecast, Forecast
from deploysim.yaml_files import Source, did_you_mean


class Outcome(StrEnum):
    """What became of one rule in one category."""

    KEPT = "kept"
    BROKEN = "broken"
    UNDECIDED = "not enough evidence"


class Verdict(StrEnum):
    """What the gate says."""

    SHIP = "ship"
    BLOCKED = "blocked"
    UNDECIDED = "not enough evidence"


EXIT = {Verdict.SHIP: 0, Verdict.BLOCKED: 1, Verdict.UNDECIDED: 2}
COULD_NOT_RUN = 3
"""Exit code where there is no verdict."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule in one category, or one need of the whole forecast."""

    subject: str
    """Category id, or "evidence"."""
    name: str
    demand: str
    """What is asked for, in words."""
    outcome: Outcome
    why: str
    blocks: bool
    within: float | None = None
    """Probability that the forecast lies within the limit; None where it is not known."""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """A forecast held against a policy."""

    verdict: Verdict
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0 ship, 1 blocked, 2 not enough evidence."""
        return EXIT[self.verdict]

    def having(self, outcome: Outcome, *, blocks: bool | None = None) -> tuple[Check, ...]:
        """Return the checks with an outcome, of those that block or do not where asked."""
        return tuple(c for c in self.checks if c.outcome is outcome and (blocks is None or c.blocks is blocks))


def hold_against(forecast: Forecast, policy: Policy, *, registered: bool) -> GateResult:
    """Hold a forecast against a policy: broken rules block before missing evidence does."""
    checks = (*_needs(forecast, policy, registered), *_rules(forecast, policy))
    ending = [check.outcome for check in checks if check.blocks]
    if Outcome.BROKEN in ending:
        return GateResult(Verdict.BLOCKED, checks)
    return GateResult(Verdict.UNDECIDED if Outcome.UNDECIDED in ending else Verdict.SHIP, checks)


def _needs(forecast: Forecast, policy: Policy, registered: bool) -> list[Check]:
    """Check what the whole forecast needs. What is missing leaves the gate undecided."""
    candidate, needed = forecast.lanes[-1], policy.needed
    failed = candidate.failed / candidate.responses if candidate.responses else 1.0
    wanted = (
        (needed.baseline, forecast.fidelity_corrected, "a baseline lane", "there is none: fidelity is uncorrected"),
        (needed.registered, registered, "a registered forecast", "it is not registered"),
        (
            needed.most_failed < 1.0,
            failed <= needed.most_failed,
            f"at most {needed.most_failed:.1%} of the candidate's responses failed",
            f"{failed:.1%} failed",
        ),
    )
    return [
        Check(
            "evidence", "The forecast", demand, Outcome.KEPT if met else Outcome.UNDECIDED, "" if met else lacks, True
        )
        for asked, met, demand, lacks in wanted
        if asked
    ]


def _rules(forecast: Forecast, policy: Policy) -> list[Check]:
    rows = {row.category: row for row in forecast.categories}
    return [
        _check(rule, category, rows, policy.needed.prefixes)
        for rule in policy.rules
        for category in rule.categories or rows
    ]


def _check(rule: Rule, category: str, rows: dict[str, CategoryForecast], prefixes: int) -> Check:
    row = rows.get(category)
    if row is None:
        why = f"the forecast has no such category. {did_you_mean(category, rows)}".strip()
        return Check(category, category, rule.words(), Outcome.UNDECIDED, why, rule.blocks, None, rule.source)
    within = ratio_within(row, rule.limit) if rule.kind == "ratio" else rate_within(row, rule.limit)
    outcome, why = _outcome(rule, row, within, prefixes)
    return Check(category, row.name, rule.words(), outcome, why, rule.blocks, within, rule.source)


def _outcome(rule: Rule, row: CategoryForecast, within: float | None, prefixes: int) -> tuple[Outcome, str]:
    if row.table.n < prefixes:
        return Outcome.UNDECIDED, f"{row.table.n:,} complete prefixes of {prefixes:,} needed"
    if within is None and rule.kind == "ratio":
        seen = f"not seen in {row.table.n:,} prefixes, so there is no ratio"
        return (Outcome.KEPT if rule.pass_unseen else Outcome.UNDECIDED), seen
    if within is None:
        return Outcome.UNDECIDED, "the candidate has no response with a clear verdict"
    if within >= rule.certainty:
        return Outcome.KEPT, f"{_percent(within)} sure to keep it"
    if 1.0 - within >= rule.certainty:
        return Outcome.BROKEN, f"{_percent(1.0 - within)} sure to break it"
    return Outcome.UNDECIDED, f"{_percent(within)} sure to keep it, {rule.certainty:.0%} asked for"


def _percent(probability: float) -> str:
    return "over 99%" if probability > 0.995 else f"{probability:.0%}"
