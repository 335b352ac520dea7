"""What people's labels come to: one word per response and category, or none while they disagree."""

from __future__ import annotations

import polars as pl

from deploysim.store.labels import label_rows
from deploysim.store.queues import list_queues
from deploysim.store.workspace import Workspace

RESPONSE = ("prefix_id", "run", "repeat", "category")
"""What a label is about."""
SETTLED, AGREED, OPEN = "settled", "agreed", "open"


def truth_of(labels: pl.DataFrame) -> pl.DataFrame:
    """Return one row per response and category that people labelled.

    The last adjudication decides; without one, all that were asked must say the same word.

    Columns: those of RESPONSE, lane, truth (missing while open), how (settled, agreed or open), reviewers (how many,
    those who settled aside), inclusion (probability of the draw, where one queue drew it) and at (of the last label).
    """
    settling, own = pl.col("adjudicates"), ~pl.col("adjudicates")
    said = (
        labels.sort("at")
        .group_by(*RESPONSE, maintain_order=True)
        .agg(
            pl.col("lane").first(),
            last=pl.col("label").filter(settling).last(),
            word=pl.col("label").filter(own).first(),
            words=pl.col("label").filter(own).n_unique(),
            reviewers=pl.col("reviewer").filter(own).n_unique(),
            inclusion=pl.col("inclusion").filter(own).drop_nulls().first(),
            at=pl.col("at").last(),
        )
    )
    agreed = pl.col("words") == 1
    how = pl.when(pl.col("last").is_not_null()).then(pl.lit(SETTLED)).when(agreed).then(pl.lit(AGREED))
    return said.select(
        *RESPONSE,
        "lane",
        truth=pl.coalesce("last", pl.when(agreed).then("word")),
        how=how.otherwise(pl.lit(OPEN)),
        reviewers=pl.col("reviewers"),
        inclusion="inclusion",
        at="at",
    )


def labels_since(workspace: Workspace, sample_id: str, since: str) -> int:
    """Return how many labels of a sample's responses were given or taken back after a moment."""
    queues = [queue.queue_id for queue in list_queues(workspace) if queue.sample_id == sample_id]
    return sum(row["at"] > since for queue in queues for row in label_rows(workspace, queue=queue))
