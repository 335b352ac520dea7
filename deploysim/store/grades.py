"""Grades: one verdict a row, in one file per grader and graded set of responses; and what judges replied."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from deploysim.store.files import write_parquet
from deploysim.store.imports import DataType
from deploysim.store.workspace import Workspace, checked_id

FAILED = "failed"
"""In place of a verdict where a judge gave none: counted and shown, and asked about again next time."""

GRADES: dict[str, DataType] = {
    "prefix_id": pl.String,
    "repeat": pl.Int32,
    "category": pl.String,
    "verdict": pl.String,
    "severity": pl.Int32,
    "reason": pl.String,
    "evidence": pl.List(pl.Struct({"start": pl.Int32, "end": pl.Int32})),
    "grader": pl.String,
    "confidence": pl.Float64,
    "steps": pl.List(
        pl.Struct(
            {
                "by": pl.String,
                "verdict": pl.String,
                "reason": pl.String,
                "severity": pl.Int32,
                "confidence": pl.Float64,
            }
        )
    ),
    "content": pl.String,
    "reused": pl.Boolean,
}
"""Files written before a column was there are read with it missing. `content` is the hash of what a judge was shown:
two responses of equal content were judged once, which `reused` says of all but the first."""


def graded_set(run_or_sample_id: str, digest: str) -> str:
    """Name what was graded: a run (or a sample, for its recorded lane) with the very responses it held then."""
    return f"{checked_id(run_or_sample_id, kind='run or sample')}-{digest[:12]}"


def graded_rows(workspace: Workspace, graded: str, graders: Iterable[str]) -> pl.DataFrame:
    """Return grader, prefix_id and repeat of every response of a set that has its verdict."""
    rows = _scan(workspace, graded, graders)
    if rows is None:
        return pl.DataFrame(schema={name: GRADES[name] for name in ("grader", "prefix_id", "repeat")})
    return rows.filter(pl.col("verdict") != FAILED).select("grader", "prefix_id", "repeat").collect()


def write_grades(workspace: Workspace, graded: str, frame: pl.DataFrame, graders: Iterable[str]) -> None:
    """Add grades to the file of each grader; a response that is graded again has only the new one."""
    for grader in graders:
        rows = frame.filter(pl.col("grader") == grader).select(list(GRADES)).cast(pl.Schema(GRADES))
        before = _scan(workspace, graded, [grader])
        if before is not None:
            kept = before.collect().join(rows, on=["prefix_id", "repeat"], how="anti")
            rows = pl.concat([kept, rows])
        write_parquet(grades_path(workspace, grader, graded), rows)


def read_grades(
    workspace: Workspace, graded: str, graders: Iterable[str], *, prefix_id: str | None = None
) -> pl.DataFrame:
    """Return the grades of a set by the given graders, of one prefix where given."""
    rows = _scan(workspace, graded, graders)
    if rows is None:
        return pl.DataFrame(schema=GRADES)
    return (rows if prefix_id is None else rows.filter(pl.col("prefix_id") == prefix_id)).collect()


def replies_path(workspace: Workspace, grader: str) -> Path:
    """Return the journal of what judges replied on behalf of a grader, by content."""
    return workspace.grades / checked_id(grader, kind="grader") / "replies.jsonl"


def _scan(workspace: Workspace, graded: str, graders: Iterable[str]) -> pl.LazyFrame | None:
    files = [p for g in graders if (p := grades_path(workspace, g, graded)).exists()]
    return pl.scan_parquet(files, schema=GRADES, missing_columns="insert") if files else None


def grades_path(workspace: Workspace, grader: str, graded: str) -> Path:
    """Return where the grades of a set by a grader are kept."""
    return workspace.grades / checked_id(grader, kind="grader") / f"{graded}.parquet"


def graders_that_graded(workspace: Workspace, graded: str) -> list[str]:
    """Return the fingerprints of all graders, of today or earlier, that have graded a set."""
    return sorted(path.parent.name for path in workspace.grades.glob(f"*/{graded}.parquet"))
