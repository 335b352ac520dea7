"""Draw by risk: prefixes that resemble those which showed a behaviour in the log are drawn more often.

The score of a prefix rests on the recorded responses to *other* prefixes of the same user (of the same conversation
where the log names no users) and on the words of what was asked, learned from other users. Its own response, recorded
or replayed, is never looked at. Chances are frozen in the sample as weights, and forecasts divide by them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl

from deploysim.errors import InputError
from deploysim.grade.grader import Grader
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.grading import RULES_ONLY, JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes, lane_grades
from deploysim.sampling import SampleSpec
from deploysim.stats.topics import risk_scores
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import SampleAbout
from deploysim.store.searching import last_user_messages
from deploysim.store.workspace import Workspace
from deploysim.types import Verdict


def draw_by_risk(
    workspace: Workspace,
    spec: SampleSpec,
    grader: Grader,
    *,
    now: datetime,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> SampleAbout:
    """Grade the whole log in one category, score its prefixes and draw by the scores.

    Raises:
        InputError: where the log shows the behaviour nowhere, so that nothing tells where it is likely.
    """
    log = draw(workspace, replace(spec, size=None, seed=0, risk=None, whole_log=True), now=now)
    grade_lanes(workspace, Lanes(log.sample_id), [grader], use=use, report=report)
    grades = lane_grades(workspace, log.sample_id, None, [grader]).select("prefix_id", "verdict")
    index = prefix_index(workspace, log.sample_id).join(grades, on="prefix_id", how="left")
    index = index.join(last_user_messages(workspace, log.sample_id), on="prefix_id", how="left")
    present = (index["verdict"] == Verdict.PRESENT.value).fill_null(False).to_numpy()
    if not present.any():
        raise InputError(
            f"The log shows “{grader.about.name}” in none of its {log.size:,} recorded responses.",
            expected="a category that the log shows now and then, so that it is known where to look",
            next_step="draw uniformly: leave out --risk",
        )
    cluster = pl.coalesce(pl.concat_str(pl.lit("user "), "user_key"), "conversation_id")
    clusters = index.select(cluster.rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    scores = risk_scores(index["asked"].fill_null("").to_list(), present, clusters)
    return draw(workspace, spec, now=now, risk=index.select("prefix_id", score=pl.Series(scores)))
