"""Calibrate: graders against what people's labels come to, on the responses that the labels were drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from deploysim.grade.calibration import RESPONSE, GraderCalibration, calibrations
from deploysim.grade.grader import Grader
from deploysim.pipeline.lanes import Lanes, lane_grades
from deploysim.pipeline.truth import truth_of
from deploysim.store.labels import labels
from deploysim.store.queues import RECORDED, Queue
from deploysim.store.workspace import Workspace

_GRADES = {name: pl.String for name in ("prefix_id", "run", "category", "grader", "verdict")} | {"repeat": pl.Int32}


def calibrate(
    workspace: Workspace, lanes: Lanes, graders: Sequence[Grader], *, level: float = 0.95, seed: int = 0
) -> list[GraderCalibration]:
    """Return how every grader does that graded labelled responses of these lanes, all lanes together.

    In each category the labels of one queue are weighted, the one with most of them: the chance of being drawn by one
    of several queues is not known. Labels of other queues, and of responses that somebody chose, are counted beside.
    """
    sources = [(lanes.sample_id, run) for run in (RECORDED, *lanes.runs().values())]
    return _calibrate(workspace, labels(workspace), sources, graders, level=level, seed=seed)


def calibrate_queues(
    workspace: Workspace,
    said: pl.DataFrame,
    queues: Sequence[Queue],
    graders: Sequence[Grader],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> list[GraderCalibration]:
    """Return the same for some labels, of the responses that their queues were drawn from."""
    used = set(said["queue"])
    sources = {(queue.sample_id, run) for queue in queues if queue.queue_id in used for run in queue.runs}
    return _calibrate(workspace, said, sorted(sources), graders, level=level, seed=seed)


def _calibrate(
    workspace: Workspace,
    said: pl.DataFrame,
    sources: Iterable[tuple[str, str]],
    graders: Sequence[Grader],
    *,
    level: float,
    seed: int,
) -> list[GraderCalibration]:
    grades = [_lane(workspace, sample, run, graders) for sample, run in sources]
    if not grades:
        return []
    population = _of_labelled_lanes(pl.concat(grades), said)
    return calibrations(drawn_truth(said), population, level=level, seed=seed)


def drawn_truth(said: pl.DataFrame) -> pl.DataFrame:
    """Return what labels come to, with the chance of the draw of the queue that counts in the category.

    Columns: those of RESPONSE, truth and inclusion, which is missing where that queue did not draw the response.
    """
    own = said.filter(~pl.col("adjudicates") & pl.col("inclusion").is_not_null())
    sizes = own.group_by("category", "queue").len().sort("len", "queue", descending=[True, False])
    chosen = sizes.group_by("category", maintain_order=True).agg(pl.col("queue").first())
    drawn = own.join(chosen, on=["category", "queue"]).group_by(*RESPONSE).agg(pl.col("inclusion").first())
    return truth_of(said).select(*RESPONSE, "truth").join(drawn, on=list(RESPONSE), how="left")


def _of_labelled_lanes(grades: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Keep the lanes from which something was labelled: a queue that did not draw from a lane says nothing of it."""
    return grades.join(said.select("run", "category").unique(), on=["run", "category"], how="semi")


def _lane(workspace: Workspace, sample_id: str, run: str, graders: Sequence[Grader]) -> pl.DataFrame:
    found = lane_grades(workspace, sample_id, None if run == RECORDED else run, list(graders))
    return found.with_columns(run=pl.lit(run)).select(list(_GRADES)).cast(pl.Schema(_GRADES))
