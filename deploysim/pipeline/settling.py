"""Queues in which disagreements are settled: one more look, with what was said before and without names."""

from __future__ import annotations

import hashlib
from datetime import datetime

import polars as pl

from deploysim.errors import InputError
from deploysim.pipeline.queueing import published
from deploysim.store.queues import Queue, queue_item, read_queue
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy

RULE = "disagreements"


def settling_queue(
    workspace: Workspace, rows: pl.DataFrame, taxonomy: Taxonomy, *, by: str, now: datetime, title: str = ""
) -> Queue:
    """Make a queue of responses that people, or people and a grader, disagree on; what is said there decides.

    Args:
        workspace: Where it is written.
        rows: Disagreements, as `disagreements` gives them.
        taxonomy: Whose definitions are shown.
        by: Who makes it.
        now: When.
        title: What it is called.

    Raises:
        InputError: where there is nothing to settle, or it lies in several samples.
    """
    samples = {read_queue(workspace, queue).sample_id for queue in rows["queue"].unique()}
    if len(samples) != 1:
        raise InputError(
            "There is nothing to settle." if not samples else "These disagreements lie in several samples.",
            expected="open disagreements of one sample",
            next_step="choose one queue at the top of the page" if samples else "",
        )
    grouped = rows.group_by("prefix_id", "run", "repeat", maintain_order=True).agg(
        pl.col("category"), pl.col("inclusion").first()
    )
    items = [
        queue_item(
            row["prefix_id"],
            [row["run"]],
            seed=0,
            repeat=row["repeat"],
            categories=tuple(sorted(row["category"])),
            inclusion=row["inclusion"],
        )
        for row in grouped.iter_rows(named=True)
    ]
    order = sorted(items, key=lambda item: hashlib.sha256(item.item.encode()).digest())
    queue = Queue(
        queue_id="",
        title=title or f"Settle {len(items)} disagreements",
        mode="adjudication",
        sample_id=samples.pop(),
        runs=tuple(sorted({run for item in items for run in item.runs})),
        rule=RULE,
        seed=0,
        categories=tuple(c.id for c in taxonomy.categories if c.id in set(rows["category"])),
        taxonomy=taxonomy.fingerprint,
        per_item=1,
        reviewers=(),
        instructions="",
        created_at=now.isoformat(timespec="seconds"),
        created_by=by,
        strata=(),
        items=tuple(order),
    )
    return published(workspace, queue)
