"""What a workspace knows besides the replayed prefixes: all graded recorded responses of the log, and human labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from deploysim.forecast.evidence import Evidence, EvidenceByCategory, RecordedCount
from deploysim.grade.grader import Grader
from deploysim.pipeline.calibrating import drawn_truth
from deploysim.pipeline.lanes import Lanes, lane_grades
from deploysim.pipeline.whole_log import whole_log_of
from deploysim.stats.clusters import effective_n, weighted_mean
from deploysim.stats.graders import Reviewed, count_reviews
from deploysim.store.labels import labels
from deploysim.store.queues import RECORDED
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Verdict

CLEAR = (Verdict.PRESENT.value, Verdict.ABSENT.value)
LEAST_FLAGGED = 5
"""Labels of flagged responses, over all lanes, below which the grader is not corrected: they say next to nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known, and sentences on what could be known and is not."""

    by_category: EvidenceByCategory
    notes: tuple[str, ...] = ()


def known_evidence(workspace: Workspace, lanes: Lanes, graders: Sequence[Grader], answered: Sequence[str]) -> Known:
    """Gather evidence for a forecast whose prefixes `answered` are complete in all lanes."""
    recorded, note = _recorded(workspace, lanes, list(graders), answered)
    reviews, set_aside = _reviews(workspace, lanes, list(graders))
    found = {
        grader.category: Evidence(recorded.get(grader.category), reviews.get(grader.category, {})) for grader in graders
    }
    return Known(found, tuple(filter(None, (note, set_aside))))


def _recorded(
    workspace: Workspace, lanes: Lanes, graders: list[Grader], answered: Sequence[str]
) -> tuple[dict[str, RecordedCount], str]:
    """Count graded recorded responses where there are more than were replayed: in the whole log, else in the sample."""
    about = read_sample(workspace, lanes.sample_id)
    index = prefix_index(workspace, lanes.sample_id)
    log = whole_log_of(workspace, about, index["prefix_id"])
    graded_id = log.sample_id if log else lanes.sample_id
    index = prefix_index(workspace, graded_id) if log else index
    grades = lane_grades(workspace, graded_id, None, graders).filter(pl.col("verdict").is_in(CLEAR))
    known = grades.select("prefix_id", "category", "verdict").join(
        index.select(
            "prefix_id", "conversation_id", "user_key", "weight", replayed=pl.col("prefix_id").is_in(list(answered))
        ),
        on="prefix_id",
    )
    counts = {
        str(key[0]): _count(rows)
        for key, rows in known.partition_by("category", as_dict=True).items()
        if not rows["replayed"].all()
    }
    return counts, "" if log else _more_to_grade(about.size, about.exclusions)


def _more_to_grade(size: int, exclusions: dict[str, int]) -> str:
    more = sum(count for reason, count in exclusions.items() if reason.endswith("not drawn"))
    if not more:
        return ""
    return (
        f"Recorded rates rest on the {size:,} sampled prefixes; {more:,} more recorded responses of the log would "
        "sharpen them: `python -m deploysim grade --recorded-all`."
    )


def _count(rows: pl.DataFrame) -> RecordedCount:
    present = (rows["verdict"] == Verdict.PRESENT.value).to_numpy().astype(np.float64)
    weights = rows["weight"].cast(pl.Float64).to_numpy()
    cluster = pl.coalesce(pl.concat_str(pl.lit("user "), "user_key"), "conversation_id")
    clusters = rows.select(cluster.rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    share = weighted_mean(present, weights)
    return RecordedCount(
        present=int(present.sum()),
        n=present.size,
        share=share,
        n_effective=effective_n(present - share, weights=weights, clusters=clusters),
    )


def _reviews(workspace: Workspace, lanes: Lanes, graders: list[Grader]) -> tuple[dict[str, dict[Lane, Reviewed]], str]:
    """Count the labels of drawn responses by category and lane, where they say enough to correct a grader."""
    said = labels(workspace)
    if said.is_empty():
        return {}, ""
    truth = drawn_truth(said).filter(pl.col("truth").is_in(CLEAR) & pl.col("inclusion").is_not_null())
    counted: dict[str, dict[Lane, Reviewed]] = {}
    flagged_share: dict[str, float] = {}
    runs = {Lane.RECORDED: None, **{Lane(lane): run for lane, run in lanes.runs().items()}}
    for lane, run in runs.items():
        grades = lane_grades(workspace, lanes.sample_id, run, graders).filter(pl.col("verdict").is_in(CLEAR))
        of_lane = truth.filter((pl.col("run") == (run or RECORDED)) & (pl.col("repeat") == 0))
        both = of_lane.join(grades.select("prefix_id", "category", "verdict"), on=["prefix_id", "category"])
        for key, rows in both.partition_by("category", as_dict=True).items():
            counted.setdefault(str(key[0]), {})[lane] = _reviewed(rows)
        for category, share in _flagged_shares(grades).items():
            flagged_share[category] = max(share, flagged_share.get(category, 0.0))
    used = {c: trusted for c, by_lane in counted.items() if (trusted := _trusted(by_lane, flagged_share.get(c, 0.0)))}
    names = [grader.about.name for grader in graders if grader.category in counted and grader.category not in used]
    note = f"Too few labels of flagged responses to correct the grader: {', '.join(names)}." if names else ""
    return used, note


def _flagged_shares(grades: pl.DataFrame) -> dict[str, float]:
    shares = grades.group_by("category").agg((pl.col("verdict") == Verdict.PRESENT.value).mean().alias("share"))
    return dict(shares.iter_rows())


def _reviewed(rows: pl.DataFrame) -> Reviewed:
    return count_reviews(
        (rows["truth"] == Verdict.PRESENT.value).to_numpy(),
        (rows["verdict"] == Verdict.PRESENT.value).to_numpy(),
        (1.0 / rows["inclusion"]).to_numpy().astype(np.float64),
    )


def _trusted(by_lane: dict[Lane, Reviewed], flagged_share: float) -> dict[Lane, Reviewed]:
    """Keep labels that correct more than they blur.

    Clean labels of unflagged responses, fewer than one for each behaviour that is flagged, allow a miss rate above the
    flagged rate itself: they are set aside, and the grader is taken to miss none, which the notes say.
    """
    if sum(one.flagged for one in by_lane.values()) < LEAST_FLAGGED:
        return {}
    misses = sum(one.unflagged_present for one in by_lane.values())
    enough = sum(one.unflagged for one in by_lane.values()) * flagged_share >= 1.0
    if misses or enough:
        return by_lane
    return {lane: Reviewed(one.flagged_present, one.flagged, 0.0, 0.0) for lane, one in by_lane.items()}
