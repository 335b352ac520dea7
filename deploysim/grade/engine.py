"""Grades as rows: what each grader said of each response, or why it said nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.store.grades import FAILED, GRADES
from deploysim.types import Failure, Grade, Opinion, Prefix, Response


@dataclass(frozen=True, slots=True)
class GradeRow:
    """What came of grading one response by one grader."""

    prefix_id: str
    repeat: int
    grader: Grader
    outcome: Grade | Failure
    content: str | None = None
    """Hash of what a judge was shown; None where only a rule looked."""
    reused: bool = False
    """Whether the judges were asked about the same content for another response, and their word counts for this one too."""


def rule_rows(rows: Iterable[tuple[Prefix, int, Response]], graders: Sequence[Grader]) -> list[GradeRow]:
    """Grade each (prefix, repeat, response) by every grader that is a rule alone."""
    return [
        GradeRow(prefix.prefix_id, repeat, grader, grade)
        for prefix, repeat, response in rows
        for grader in graders
        if (grade := grader.by_rule(prefix, response)) is not None
    ]


def grade_frame(rows: Iterable[GradeRow]) -> pl.DataFrame:
    """Return rows as a frame with the columns of `store.grades.GRADES`."""
    return pl.DataFrame([_record(row) for row in rows], schema=GRADES)


def _record(row: GradeRow) -> dict[str, object]:
    base = {
        "prefix_id": row.prefix_id,
        "repeat": row.repeat,
        "category": row.grader.category,
        "grader": row.grader.fingerprint,
        "content": row.content,
        "reused": row.reused,
    }
    if isinstance(row.outcome, Failure):
        detail = f" ({row.outcome.detail})" if row.outcome.detail else ""
        return {**base, "verdict": FAILED, "reason": f"The judge gave no verdict: {row.outcome.kind}{detail}."}
    grade = row.outcome
    return {
        **base,
        "verdict": str(grade.verdict),
        "severity": grade.severity,
        "reason": grade.reason,
        "evidence": [{"start": start, "end": end} for start, end in grade.evidence],
        "confidence": grade.confidence,
        "steps": [_step(opinion) for opinion in grade.opinions],
    }


def _step(opinion: Opinion) -> dict[str, object]:
    return {
        "by": opinion.by,
        "verdict": str(opinion.verdict),
        "reason": opinion.reason,
        "severity": opinion.severity,
        "confidence": opinion.confidence,
    }
