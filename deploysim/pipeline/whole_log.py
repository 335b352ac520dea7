"""The whole log behind a sample: its recorded responses graded, replayed or not, so that recorded rates are sharp."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from deploysim.grade.grader import Grader
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.grading import RULES_ONLY, Graded, JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes
from deploysim.sampling import whole_log_spec
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import SampleAbout, list_samples, read_sample
from deploysim.store.workspace import Workspace


def grade_whole_log(
    workspace: Workspace,
    sample_id: str,
    graders: Sequence[Grader],
    *,
    now: datetime,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> tuple[SampleAbout, Graded]:
    """Grade every recorded response that a sample was, or could have been, drawn from.

    They are kept as a sample of their own that holds everything eligible under the same unit and filters, so that
    withholding, erasing and grading again work as with any other.

    Raises:
        InputError: where the workspace has no imported conversations that pass the sample's filters.
    """
    log = draw(workspace, whole_log_spec(read_sample(workspace, sample_id)), now=now)
    return log, grade_lanes(workspace, Lanes(log.sample_id), graders, use=use, report=report)


def whole_log_of(workspace: Workspace, about: SampleAbout, prefix_ids: Collection[str]) -> SampleAbout | None:
    """Return the smallest whole log under the sample's unit and filters that holds these prefixes, if there is one."""
    wanted = whole_log_spec(about)
    logs = [
        log
        for log in list_samples(workspace)
        if log.whole_log and log.unit == about.unit and log.filters == wanted.filters() and log.size > about.size
    ]
    held = set(prefix_ids)
    for log in sorted(logs, key=lambda log: log.size):
        if held <= set(prefix_index(workspace, log.sample_id)["prefix_id"]):
            return log
    return None
