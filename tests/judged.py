"""A small comparison that judges grade: six prefixes in three lanes, and one behaviour that is judged and confirmed."""

from __future__ import annotations

from collections import Counter

import polars as pl

from deploysim.grade.grader import Grader, graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.grading import Graded, JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes, fitting, graded_name
from deploysim.store.grades import read_grades
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy

COUNT = 6
ONE = """\
version: 1
categories:
  - id: declines
    name: Declines
    definition: It declines.
    present_when: [It declines.]
    absent_when: [It helps.]
    severity: 1
    grader:
      - judge: cheap
      - confirm: strong
"""


def graded(
    here: Workspace, lanes: Lanes, taxonomy: Taxonomy, judges: Judges, *, report: Report = silent, **use: object
) -> tuple[Graded, list[Grader]]:
    """Grade all lanes, and return what it came to and the graders."""
    graders = list(fitting(here, lanes.sample_id, graders_of(taxonomy, judges)))
    return grade_lanes(here, lanes, graders, use=JudgeUse(judges, **use), report=report), graders


def grades(here: Workspace, lanes: Lanes, graders: list[Grader]) -> dict[str, pl.DataFrame]:
    """The grades of each lane."""
    runs = {"recorded": None, **lanes.runs()}
    names = {lane: graded_name(here, lanes.sample_id, run) for lane, run in runs.items()}
    return {lane: read_grades(here, name, [g.fingerprint for g in graders]) for lane, name in names.items()}


def verdicts(here: Workspace, lanes: Lanes, graders: list[Grader], lane: str = "candidate") -> Counter[str]:
    """How often each verdict was given in a lane."""
    return Counter(grades(here, lanes, graders)[lane]["verdict"])
