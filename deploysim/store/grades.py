"""Grades: one verdict a row, in one file per grader and graded set of responses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from deploysim.store.files import write_parquet
from deploysim.store.imports import DataType
from deploysim.store.workspace import Workspace, checked_id

GRADES: dict[str, DataType] = {
    "prefix_id": pl.String,
    "repeat": pl.Int32,
    "category": pl.String,
    "verdict": pl.String,
    "severity": pl.Int32,
    "reason": pl.String,
    "evidence": pl.List(pl.Struct({"start": pl.Int32, "end": pl.Int32})),
    "grader": pl.String,
}


def graded_set(run_or_sample_id: str, digest: str) -> str:
    """Name what was graded: a run (or a sample, for its recorded lane) with the very responses it held then."""
    return f"{checked_id(run_or_sample_id, kind='run or sample')}-{digest[:12]}"


def missing_grades(workspace: Workspace, graded: str, graders: Iterable[str]) -> list[str]:
    """Return the grader fingerprints that have not graded a set yet."""
    return [grader for grader in graders if not _path(workspace, grader, graded).exists()]


def write_grades(workspace: Workspace, graded: str, frame: pl.DataFrame, graders: Iterable[str]) -> None:
    """Write the grades of each grader to its own file."""
    for grader in graders:
        rows = frame.filter(pl.col("grader") == grader).select(list(GRADES)).cast(pl.Schema(GRADES))
        write_parquet(_path(workspace, grader, graded), rows)


def read_grades(
    workspace: Workspace, graded: str, graders: Iterable[str], *, prefix_id: str | None = None
) -> pl.DataFrame:
    """Return the grades of a set by the given graders, of one prefix where given."""
    files = [p for g in graders if (p := _path(workspace, g, graded)).exists()]
    if not files:
        return pl.DataFrame(schema=GRADES)
    rows = pl.scan_parquet(files)
    return (rows if prefix_id is None else rows.filter(pl.col("prefix_id") == prefix_id)).collect()


def _path(workspace: Workspace, grader: str, graded: str) -> Path:
    return workspace.grades / checked_id(grader, kind="grader") / f"{graded}.parquet"


def graders_that_graded(workspace: Workspace, graded: str) -> list[str]:
    """Return the fingerprints of all graders, of today or earlier, that have graded a set."""
    return sorted(path.parent.name for path in workspace.grades.glob(f"*/{graded}.parquet"))
