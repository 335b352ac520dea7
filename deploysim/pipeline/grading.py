"""Grade: every lane of a comparison with the same frozen graders, each response once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from deploysim.errors import NotFoundError
from deploysim.grade.engine import grade_frame
from deploysim.grade.grader import Grader
from deploysim.pipeline.lanes import Lanes, graded_name
from deploysim.store.grades import GRADES, missing_grades, write_grades
from deploysim.store.imports import decode_tool_calls
from deploysim.store.runs import responses
from deploysim.store.samples import SampledPrefix, prefixes, recorded_responses
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Prefix, Response

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done and how much there is."""

BATCH = 200


def silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


def grade_lanes(workspace: Workspace, lanes: Lanes, graders: list[Grader], *, report: Report = silent) -> int:
    """Grade what has no grades yet, in all lanes, and return how many grades were made."""
    made = 0
    for lane in Lane:
        run = lanes.runs().get(lane)
        if lane is Lane.RECORDED or run:
            made += _grade_lane(workspace, lanes.sample_id, run, graders, lane, report)
    return made


def _grade_lane(
    workspace: Workspace, sample_id: str, run_id: str | None, graders: list[Grader], lane: Lane, report: Report
) -> int:
    name = graded_name(workspace, sample_id, run_id)
    if name is None:
        raise NotFoundError(
            f"Run {run_id} still has prefixes to answer.",
            expected="runs that are done or were stopped",
            next_step="wait for it, stop it, or resume it with the same `replay` command",
        )
    missing = set(missing_grades(workspace, name, [g.fingerprint for g in graders]))
    wanted = [g for g in graders if g.fingerprint in missing]
    answers = _answers(workspace, sample_id, run_id)
    if not wanted:
        report(f"grading {lane}", answers.height, answers.height)
        return 0
    frames = []
    done = 0
    for rows in _batches(_rows(workspace, sample_id, answers)):
        frames.append(grade_frame(rows, wanted))
        done += len(rows)
        report(f"grading {lane}", done, answers.height)
    grades = pl.concat(frames) if frames else pl.DataFrame(schema=GRADES)
    write_grades(workspace, name, grades, [g.fingerprint for g in wanted])
    return grades.height


def _answers(workspace: Workspace, sample_id: str, run_id: str | None) -> pl.DataFrame:
    """Return the responses to grade: failures are no responses."""
    if run_id is None:
        return recorded_responses(workspace, sample_id).with_columns(repeat=pl.lit(0, dtype=pl.Int32))
    return responses(workspace, run_id).filter(pl.col("status") == "ok")


def _rows(workspace: Workspace, sample_id: str, answers: pl.DataFrame) -> Iterator[tuple[Prefix, int, Response]]:
    by_prefix = answers.partition_by("prefix_id", as_dict=True)
    for sampled in prefixes(workspace, sample_id):
        rows = by_prefix.get((sampled.prefix.prefix_id,))
        if rows is not None:
            yield from _responses(sampled, rows)


def _responses(sampled: SampledPrefix, rows: pl.DataFrame) -> Iterator[tuple[Prefix, int, Response]]:
    for row in rows.iter_rows(named=True):
        response = Response(
            text=row["text"] or "",
            tool_calls=decode_tool_calls(row["tool_calls"]),
            finish_reason=row["finish_reason"],
        )
        yield sampled.prefix, row["repeat"], response


def _batches(rows: Iterator[tuple[Prefix, int, Response]]) -> Iterator[list[tuple[Prefix, int, Response]]]:
    batch: list[tuple[Prefix, int, Response]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
