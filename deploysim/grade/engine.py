"""Grades many responses: every grader on every response, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.store.grades import GRADES
from deploysim.types import Grade, Prefix, Response


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One grader's grade of one response."""

    prefix_id: str
    repeat: int
    category: str
    grader: str
    """The grader's fingerprint."""
    grade: Grade


def grade_responses(rows: Iterable[tuple[Prefix, int, Response]], graders: Sequence[Grader]) -> Iterator[GradeRow]:
    """Grade each (prefix, repeat, response) by every grader, as the rows arrive."""
    for prefix, repeat, response in rows:
        for grader in graders:
            grade = grader.grade(prefix, response)
            yield GradeRow(prefix.prefix_id, repeat, grader.category, grader.fingerprint, grade)


def grade_frame(rows: Iterable[tuple[Prefix, int, Response]], graders: Sequence[Grader]) -> pl.DataFrame:
    """Grade each (prefix, repeat, response) by every grader; the result has the columns of `store.grades.GRADES`."""
    return pl.DataFrame([_record(row) for row in grade_responses(rows, graders)], schema=GRADES)


def _record(row: GradeRow) -> dict[str, object]:
    return {
        "prefix_id": row.prefix_id,
        "repeat": row.repeat,
        "category": row.category,
        "verdict": str(row.grade.verdict),
        "severity": row.grade.severity,
        "reason": row.grade.reason,
        "evidence": [{"start": start, "end": end} for start, end in row.grade.evidence],
        "grader": row.grader,
    }
