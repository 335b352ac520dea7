"""How often two answers of the same run differ by category: from the grades of its repeats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from deploysim.grade.grader import Grader
from deploysim.pipeline.lanes import graded_name
from deploysim.stats.noise_floor import NO_REPEATS, NoiseFloor, noise_floor
from deploysim.store.grades import read_grades
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.types import Verdict

CLEAR = (Verdict.PRESENT.value, Verdict.ABSENT.value)


def noise_floors(
    workspace: Workspace, sample_id: str, run_id: str, graders: Sequence[Grader], *, level: float
) -> dict[str, NoiseFloor]:
    """Return the noise floor of a run in every category that has a grader; of one without repeats nothing is known.

    Pairs are clustered by user where the log names them, else by conversation.
    """
    name = graded_name(workspace, sample_id, run_id)
    if name is None:
        return {grader.category: NO_REPEATS for grader in graders}
    clear = read_grades(workspace, name, [g.fingerprint for g in graders]).filter(pl.col("verdict").is_in(CLEAR))
    repeated = clear.filter(pl.len().over("prefix_id", "category") > 1).select("prefix_id", "category", "verdict")
    rows = repeated.join(_prefixes(workspace, sample_id), on="prefix_id").sort("prefix_id")
    return {grader.category: _floor(rows.filter(pl.col("category") == grader.category), level) for grader in graders}


def _prefixes(workspace: Workspace, sample_id: str) -> pl.DataFrame:
    cluster = pl.coalesce(pl.concat_str(pl.lit("user "), "user_key"), "conversation_id")
    return prefix_index(workspace, sample_id).select("prefix_id", "weight", cluster=cluster)


def _floor(rows: pl.DataFrame, level: float) -> NoiseFloor:
    codes = rows.select(pl.col("prefix_id", "cluster").rank("dense").cast(pl.Int64))
    return noise_floor(
        (rows["verdict"] == Verdict.PRESENT.value).to_numpy().astype(np.bool_),
        prefixes=codes["prefix_id"].to_numpy(),
        clusters=codes["cluster"].to_numpy(),
        weights=rows["weight"].cast(pl.Float64).to_numpy(),
        level=level,
    )
