"""What the graders' verdicts say of where people should look: flagged, disputed among graders, doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.pipeline.choosing import DOUBTFUL
from deploysim.pipeline.lanes import graded_name
from deploysim.store.grades import graders_that_graded, read_grades
from deploysim.store.queues import RECORDED
from deploysim.store.workspace import Workspace
from deploysim.types import Verdict

MARKS = {
    "prefix_id": pl.String,
    "run": pl.String,
    "category": pl.String,
    "verdict": pl.String,
    "flagged": pl.Boolean,
    "disputed": pl.Boolean,
    "doubtful": pl.Boolean,
}


def marks_of(workspace: Workspace, sample_id: str, runs: Iterable[str], graders: Sequence[Grader]) -> pl.DataFrame:
    """Return what the graders in force say of each response, with the columns of `MARKS`.

    Disputed is a response of which two graders, of today or earlier, say opposite things. Doubtful is one of which
    the grader in force is unsure, or says itself that it is not confident.
    """
    parts = [_marks(workspace, sample_id, run, graders) for run in runs]
    return pl.concat(parts) if parts else pl.DataFrame(schema=MARKS)


def _marks(workspace: Workspace, sample_id: str, run: str, graders: Sequence[Grader]) -> pl.DataFrame:
    name = graded_name(workspace, sample_id, None if run == RECORDED else run)
    if name is None:
        return pl.DataFrame(schema=MARKS)
    everyone = read_grades(workspace, name, graders_that_graded(workspace, name)).filter(pl.col("repeat") == 0)
    now = everyone.filter(pl.col("grader").is_in([g.fingerprint for g in graders]))
    both = everyone.filter(pl.col("verdict").is_in([Verdict.PRESENT, Verdict.ABSENT]))
    disputed = both.group_by("prefix_id", "category").agg(disputed=pl.col("verdict").n_unique() > 1)
    return (
        now.join(disputed, on=["prefix_id", "category"], how="left")
        .select(
            "prefix_id",
            "category",
            "verdict",
            run=pl.lit(run),
            flagged=pl.col("verdict") == Verdict.PRESENT,
            disputed=pl.col("disputed").fill_null(False),
            doubtful=_doubtful(now),
        )
        .select(list(MARKS))
    )


def _doubtful(grades: pl.DataFrame) -> pl.Expr:
    unsure = pl.col("verdict") == Verdict.UNSURE
    return unsure | (pl.col("confidence") < DOUBTFUL).fill_null(False) if "confidence" in grades.columns else unsure
