"""The lanes of one comparison side by side: which prefix was answered how, and what the graders said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.store.grades import GRADES, graded_set, read_grades
from deploysim.store.responses import responses, responses_digest
from deploysim.store.sample_prefixes import prefix_index, recorded_responses
from deploysim.store.tool_records import has_tools
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Verdict

Outcome = Literal["regressed", "improved", "both", "neither", "unclear"]
OUTCOMES: tuple[Outcome, ...] = ("regressed", "improved", "both", "neither", "unclear")
RECORDED_DIGEST = "0" * 12
"""A sample never changes, so its recorded responses need no digest."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Which runs stand beside the recorded responses of a sample."""

    sample_id: str
    candidate: str | None = None
    baseline: str | None = None

    @property
    def compared_with(self) -> Lane:
        """The lane that the candidate is paired with."""
        return Lane.BASELINE if self.baseline else Lane.RECORDED

    def runs(self) -> dict[str, str]:
        """Return the run id of each lane that has one."""
        both = {"baseline": self.baseline, "candidate": self.candidate}
        return {lane: run for lane, run in both.items() if run}


def fitting(workspace: Workspace, sample_id: str, graders: Sequence[Grader]) -> list[Grader]:
    """Return the graders of what can occur in a sample: agents' behaviours need a conversation that has tools."""
    if all(grader.about.applies_to == "everything" for grader in graders) or has_tools(workspace, sample_id):
        return list(graders)
    return [grader for grader in graders if grader.about.applies_to == "everything"]


def joint_verdicts(workspace: Workspace, lanes: Lanes, graders: list[Grader]) -> pl.DataFrame:
    """Return one row per prefix and category that can occur, with the verdict of every lane.

    Columns: prefix_id, conversation_id, position, weight, category, recorded, baseline, candidate. A response that
    failed has the verdict "failed"; one that is not there yet has none; a lane that is not used has none at all.
    """
    index = prefix_index(workspace, lanes.sample_id).select("prefix_id", "conversation_id", "position", "weight")
    graders = fitting(workspace, lanes.sample_id, graders)
    categories = pl.DataFrame({"category": [g.category for g in graders]}, schema={"category": pl.String})
    joint = index.join(categories, how="cross")
    for lane in Lane:
        run = lanes.runs().get(lane)
        if lane is Lane.RECORDED or run:
            verdicts = _verdicts(workspace, lanes.sample_id, run, categories, graders).rename({"verdict": lane})
            joint = joint.join(verdicts, on=["prefix_id", "category"], how="left")
        else:
            joint = joint.with_columns(pl.lit(None, dtype=pl.String).alias(lane))
    return joint.sort("position", "category")


def repeated_verdicts(workspace: Workspace, lanes: Lanes, graders: list[Grader]) -> pl.DataFrame:
    """Return what graders said of the second and later answers: prefix_id, repeat, category, baseline, candidate.

    A lane that was asked less often has nothing there.
    """
    joint: pl.DataFrame | None = None
    for lane in (Lane.BASELINE, Lane.CANDIDATE):
        found = _later_verdicts(workspace, lanes.sample_id, lanes.runs().get(lane), graders).rename({"verdict": lane})
        joint = found if joint is None else joint.join(found, on=list(_ANSWER), how="full", coalesce=True)
    assert joint is not None
    return joint


_ANSWER = {"prefix_id": pl.String, "repeat": pl.Int32, "category": pl.String}


def _later_verdicts(workspace: Workspace, sample_id: str, run_id: str | None, graders: list[Grader]) -> pl.DataFrame:
    name = graded_name(workspace, sample_id, run_id) if run_id else None
    if run_id is None or name is None:
        return pl.DataFrame(schema={**_ANSWER, "verdict": pl.String})
    later = pl.col("repeat") > 0
    graded = read_grades(workspace, name, [g.fingerprint for g in graders]).filter(later)
    failed = responses(workspace, run_id).filter((pl.col("status") == "failed") & later).select("prefix_id", "repeat")
    categories = pl.DataFrame({"category": [g.category for g in graders]}, schema={"category": pl.String})
    rows = failed.join(categories, how="cross").with_columns(verdict=pl.lit("failed"))
    return pl.concat([frame.select(*_ANSWER, "verdict") for frame in (graded, rows)])


def with_outcomes(joint: pl.DataFrame, compared_with: Lane) -> pl.DataFrame:
    """Add a column `outcome` that says what became of each pair."""
    before, after = pl.col(compared_with), pl.col(Lane.CANDIDATE)
    present, absent = Verdict.PRESENT.value, Verdict.ABSENT.value
    outcome = (
        pl.when((before == absent) & (after == present))
        .then(pl.lit("regressed"))
        .when((before == present) & (after == absent))
        .then(pl.lit("improved"))
        .when((before == present) & (after == present))
        .then(pl.lit("both"))
        .when((before == absent) & (after == absent))
        .then(pl.lit("neither"))
        .otherwise(pl.lit("unclear"))
    )
    return joint.with_columns(outcome=outcome)


def lane_texts(workspace: Workspace, lanes: Lanes) -> pl.DataFrame:
    """Return, per prefix, whether the two responses compared are the same and whether one of them failed.

    Columns: prefix_id, position, answered, failed, different, and length: by how many characters they differ.
    """
    index = prefix_index(workspace, lanes.sample_id).select("prefix_id", "position")
    before = _answers(workspace, lanes.sample_id, lanes.baseline).rename({"text": "before", "status": "before_status"})
    after = _answers(workspace, lanes.sample_id, lanes.candidate).rename({"text": "after", "status": "after_status"})
    joined = index.join(before, on="prefix_id", how="left").join(after, on="prefix_id", how="left")
    statuses = pl.concat_list("before_status", "after_status")
    return joined.select(
        "prefix_id",
        "position",
        answered=pl.col("before_status").is_not_null() & pl.col("after_status").is_not_null(),
        failed=statuses.list.contains("failed").fill_null(False),
        different=pl.col("before").ne_missing(pl.col("after")),
        length=(_chars("after") - _chars("before")).abs(),
    ).sort("position")


def _chars(column: str) -> pl.Expr:
    return pl.col(column).str.len_chars().cast(pl.Int64)


def graded_name(workspace: Workspace, sample_id: str, run_id: str | None) -> str | None:
    """Return the name under which the grades of a lane are kept; `run_id` None means the recorded lane.

    A run that still answers has no grades, and None is returned.
    """
    if run_id is None:
        return graded_set(sample_id, RECORDED_DIGEST)
    digest = responses_digest(workspace, run_id)
    return graded_set(run_id, digest) if digest else None


def lane_grades(
    workspace: Workspace, sample_id: str, run_id: str | None, graders: list[Grader], *, prefix_id: str | None = None
) -> pl.DataFrame:
    """Return the grades of a lane, of one prefix where given; none while its run still answers."""
    name = graded_name(workspace, sample_id, run_id)
    if name is None:
        return pl.DataFrame(schema=GRADES)
    grades = read_grades(workspace, name, [g.fingerprint for g in graders], prefix_id=prefix_id)
    return grades.filter(pl.col("repeat") == 0)


def _verdicts(
    workspace: Workspace, sample_id: str, run_id: str | None, categories: pl.DataFrame, graders: list[Grader]
) -> pl.DataFrame:
    graded = lane_grades(workspace, sample_id, run_id, graders).select("prefix_id", "category", "verdict")
    if run_id is None:
        return graded
    failed = responses(workspace, run_id).filter((pl.col("status") == "failed") & (pl.col("repeat") == 0))
    rows = failed.select("prefix_id").join(categories, how="cross").with_columns(verdict=pl.lit("failed"))
    return pl.concat([graded, rows])


def _answers(workspace: Workspace, sample_id: str, run_id: str | None) -> pl.DataFrame:
    if run_id is None:
        return recorded_responses(workspace, sample_id).select("prefix_id", "text", status=pl.lit("ok"))
    return responses(workspace, run_id).filter(pl.col("repeat") == 0).select("prefix_id", "text", "status")
