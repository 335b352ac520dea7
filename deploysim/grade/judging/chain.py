"""How the steps of a chain make up one grade: who is still to be asked, and what follows from what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median_low

from deploysim.grade.judging.judges import Judge
from deploysim.types import Failure, Grade, Opinion, Verdict

DIVIDED = "The panel is divided."


@dataclass(frozen=True, slots=True)
class JudgingStep:
    """Judges who are asked about what the step before passes on; several decide by majority."""

    confirms: bool
    """Whether they hear what was found present or left unsure, and not only the latter."""
    judges: tuple[Judge, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """One judge in one step."""

    step: int
    judge: int


Vote = Grade | Failure
"""What came of asking one judge."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a chain is with one response."""

    grade: Grade | None = None
    """Where it has come to an end."""
    open: tuple[Seat, ...] = ()
    """Who is to be asked before it goes on."""
    failure: Failure | None = None
    """Why it cannot go on, where everybody was asked and a judge that it needs gave nothing."""


def state(
    by_rule: Opinion | None, steps: Sequence[JudgingStep], votes: Mapping[Seat, Vote], first: Grade | None
) -> State:
    """Return how far a chain is.

    Args:
        by_rule: What its rule said; None where it has none.
        steps: Its judges.
        votes: What was said so far.
        first: The rule's grade; None where it has none.
    """
    opinions = [by_rule] if by_rule else []
    grade = first
    for number, step in enumerate(steps):
        if not _is_asked(step, grade):
            continue
        seats = [Seat(number, judge) for judge in range(len(step.judges))]
        missing = tuple(seat for seat in seats if seat not in votes)
        if missing:
            return State(open=missing)
        given = [votes[seat] for seat in seats]
        opinions += [
            _opinion(judge, vote) for judge, vote in zip(step.judges, given, strict=True) if isinstance(vote, Grade)
        ]
        agreed = majority(given)
        if isinstance(agreed, Failure):
            return State(failure=agreed)
        grade = agreed
    assert grade is not None, "a chain begins with a rule, or with a judge who hears everything"
    return State(grade=replace(grade, opinions=tuple(opinions)))


def majority(votes: Sequence[Vote]) -> Vote:
    """Return what more than half of the judges say, unsure where they are divided, or why that is not known.

    Severity is the middle one of those who agree, the lower of two; confidence is their mean; reason is the first one's.
    """
    grades = [vote for vote in votes if isinstance(vote, Grade)]
    verdict, most = Counter(grade.verdict for grade in grades).most_common(1)[0] if grades else (None, 0)
    if 2 * most <= len(votes):
        failure = next((vote for vote in votes if isinstance(vote, Failure)), None)
        return failure or Grade(Verdict.UNSURE, DIVIDED)
    agreeing = [grade for grade in grades if grade.verdict is verdict]
    levels = [grade.severity for grade in agreeing if grade.severity is not None]
    sure = [grade.confidence for grade in agreeing if grade.confidence is not None]
    spans = dict.fromkeys(span for grade in agreeing for span in grade.evidence)
    return replace(
        agreeing[0],
        severity=median_low(levels) if levels else None,
        confidence=fmean(sure) if sure else None,
        evidence=tuple(spans),
    )


def _is_asked(step: JudgingStep, grade: Grade | None) -> bool:
    if grade is None or grade.verdict is Verdict.UNSURE:
        return True
    return step.confirms and grade.verdict is Verdict.PRESENT


def _opinion(judge: Judge, grade: Grade) -> Opinion:
    return Opinion(f"judge {judge.name}", grade.verdict, grade.reason, grade.severity, grade.confidence)
