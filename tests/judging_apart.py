"""Judging in batches in a process of its own that can be killed."""

from __future__ import annotations

from multiprocessing.process import BaseProcess
from pathlib import Path

from forked import FORKED

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.settings import ModelSettings
from deploysim.grade.grader import graders_of
from deploysim.grade.judging.judges import Judge, Judges
from deploysim.pipeline.grading import JudgeUse, grade_lanes
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy

QUICK = BatchOptions(first_poll_s=0.01, longest_poll_s=0.02)


def panel(url: str) -> Judges:
    """Return a cheap judge and a strong one at an endpoint."""
    cheap, strong = (Judge(name, ModelSettings(name, name, url, timeout_s=20)) for name in ("a", "b"))
    return Judges((cheap,), (strong,))


def start(root: Path, taxonomy: Path, lanes: Lanes, url: str) -> BaseProcess:
    """Start grading in batches and return its process."""
    process = FORKED.Process(target=_grade, args=(root, taxonomy, lanes, url))
    process.start()
    return process


def _grade(root: Path, taxonomy: Path, lanes: Lanes, url: str) -> None:
    judges = panel(url)
    grade_lanes(Workspace(root), lanes, graders_of(load_taxonomy(taxonomy), judges), use=JudgeUse(judges, batch=QUICK))
