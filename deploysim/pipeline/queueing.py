"""Making a queue: what could be labelled, what the graders say of it, and what a rule draws from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from deploysim.errors import InputError
from deploysim.grade.grader import Grader
from deploysim.pipeline.choosing import BY_HAND, NEEDS_GRADES, RULES, Chosen, Rule, choose
from deploysim.pipeline.grader_marks import marks_of
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.trail import record_action
from deploysim.store.labels import labels
from deploysim.store.queues import RECORDED, Mode, Queue, QueueItem, add_items, queue_item, write_queue
from deploysim.store.responses import responses
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.tool_records import has_tools
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy
from deploysim.types import Lane


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """What a queue is to be."""

    lanes: Lanes
    rule: Rule = "random"
    mode: Mode = "single"
    categories: tuple[str, ...] = ()
    """Empty: all of the taxonomy."""
    size: int = 60
    seed: int = 0
    per_item: int = 1
    reviewers: tuple[str, ...] = ()
    """Who is to label: items are dealt out to them. Empty: whoever comes takes the next one."""
    instructions: str = ""
    title: str = ""
    with_recorded: bool = False
    """Draw from the log's responses too, where a baseline stands beside them."""

    def runs(self) -> dict[str, str]:
        """Return whose responses are drawn from, by lane."""
        found = {lane: run for lane, run in self.lanes.runs().items()}
        if self.lanes.baseline is None or (self.with_recorded and self.mode == "single"):
            return {Lane.RECORDED.value: RECORDED, **found}
        return found


def create_queue(
    workspace: Workspace,
    spec: QueueSpec,
    taxonomy: Taxonomy,
    graders: Sequence[Grader],
    *,
    by: str,
    now: datetime,
) -> Queue:
    """Draw a queue by its rule and write it.

    Raises:
        InputError: where the spec makes no sense, or nothing is there to draw from.
    """
    categories = _categories(workspace, spec, taxonomy)
    _check(spec)
    chosen, pool = _drawn(workspace, spec, categories, graders)
    items = _items(chosen, pool, spec)
    queue = Queue(
        queue_id="",
        title=spec.title.strip() or default_title(spec.rule, categories, taxonomy),
        mode=spec.mode,
        sample_id=spec.lanes.sample_id,
        runs=tuple(spec.runs().values()),
        rule=spec.rule,
        seed=spec.seed,
        categories=categories,
        taxonomy=taxonomy.fingerprint,
        per_item=spec.per_item,
        reviewers=spec.reviewers,
        instructions=spec.instructions.strip(),
        created_at=now.isoformat(timespec="seconds"),
        created_by=by,
        strata=chosen.strata,
        items=items,
    )
    return published(workspace, queue)


def published(workspace: Workspace, queue: Queue) -> Queue:
    """Write a queue, and that somebody made it."""
    written = write_queue(workspace, queue)
    count = len(written.items)
    record_action(
        workspace, "queue made", by=queue.created_by, at=queue.created_at, queue=written.queue_id, count=count
    )
    return written


def hand_picked_queue(
    workspace: Workspace, spec: QueueSpec, taxonomy: Taxonomy, *, by: str, now: datetime, prefix_ids: Sequence[str]
) -> Queue:
    """Make a queue of responses that somebody picked. Nothing can be estimated from its labels: they have no weights."""
    categories = _categories(workspace, spec, taxonomy)
    queue = Queue(
        queue_id="",
        title=spec.title.strip() or f"Picked by {by}",
        mode=spec.mode,
        sample_id=spec.lanes.sample_id,
        runs=tuple(spec.runs().values()),
        rule=BY_HAND,
        seed=spec.seed,
        categories=categories,
        taxonomy=taxonomy.fingerprint,
        per_item=spec.per_item,
        reviewers=(),
        instructions=spec.instructions.strip(),
        created_at=now.isoformat(timespec="seconds"),
        created_by=by,
        strata=(),
        items=(),
    )
    written = published(workspace, queue)
    pick_for_queue(workspace, written, prefix_ids, by=by, now=now)
    return written


def pick_for_queue(workspace: Workspace, queue: Queue, prefix_ids: Sequence[str], *, by: str, now: datetime) -> int:
    """Add the responses of some prefixes to a queue by hand, and return how many were not in it yet."""
    held = {item.item for item in queue.items}
    groups = [queue.runs] if queue.mode == "pair" else [(run,) for run in queue.runs]
    picked = [
        queue_item(prefix, _sides(group, prefix, queue.seed), seed=queue.seed)
        for prefix in prefix_ids
        for group in groups
    ]
    fresh = [item for item in picked if item.item not in held]
    if fresh:
        at = now.isoformat(timespec="seconds")
        add_items(workspace, queue.queue_id, fresh, by=by, at=at)
        record_action(workspace, "added to a queue", by=by, at=at, queue=queue.queue_id, count=len(fresh))
    return len(fresh)


def _categories(workspace: Workspace, spec: QueueSpec, taxonomy: Taxonomy) -> tuple[str, ...]:
    """Return what is asked about: what was chosen, else all that can occur in the sample."""
    if spec.categories:
        return tuple(taxonomy.category(one).id for one in spec.categories)
    tools = has_tools(workspace, spec.lanes.sample_id)
    return tuple(c.id for c in taxonomy.categories if tools or c.applies_to == "everything")


def default_title(rule: Rule, categories: Sequence[str], taxonomy: Taxonomy) -> str:
    """Return a title that says nothing of models."""
    what = taxonomy.category(categories[0]).name if len(categories) == 1 else f"{len(categories)} behaviours"
    return f"{RULES[rule].split(':')[0]} · {what}"


def pool_of(workspace: Workspace, spec: QueueSpec) -> pl.DataFrame:
    """Return what can be drawn: unit, prefix_id, runs, group, cluster and seen. Failures are no responses."""
    index = prefix_index(workspace, spec.lanes.sample_id).select(
        "prefix_id", cluster=pl.coalesce("user_key", "conversation_id")
    )
    parts = []
    for lane, run in spec.runs().items():
        there = index if run == RECORDED else index.join(_answered(workspace, run), on="prefix_id", how="semi")
        parts.append(there.with_columns(group=pl.lit(lane), run=pl.lit(run)))
    rows = pl.concat(parts)
    if spec.mode == "pair":
        rows = rows.group_by("prefix_id", "cluster", maintain_order=True).agg(runs=pl.col("run"), group=pl.lit("pair"))
        rows = rows.filter(pl.col("runs").list.len() == len(spec.runs())).with_columns(unit=pl.col("prefix_id"))
    else:
        rows = rows.with_columns(runs=pl.concat_list("run"), unit=pl.format("{}|{}", "prefix_id", "run"))
    labelled = labels(workspace).select("prefix_id").unique().join(index, on="prefix_id")["cluster"].unique()
    return rows.with_columns(seen=pl.col("cluster").is_in(labelled.implode()))


def _answered(workspace: Workspace, run: str) -> pl.DataFrame:
    found = responses(workspace, run).filter((pl.col("status") == "ok") & (pl.col("repeat") == 0))
    return found.select("prefix_id")


def _drawn(
    workspace: Workspace, spec: QueueSpec, categories: Sequence[str], graders: Sequence[Grader]
) -> tuple[Chosen, pl.DataFrame]:
    pool = pool_of(workspace, spec)
    if pool.is_empty():
        raise InputError(
            "There is no response to draw from.",
            expected="a run that has answered prefixes of this sample",
            next_step="start a replay on the Runs page, or choose another run",
        )
    wanted = [g for g in graders if g.category in categories]
    marks = marks_of(workspace, spec.lanes.sample_id, spec.runs().values(), wanted)
    if spec.rule in NEEDS_GRADES and marks.is_empty():
        raise InputError(
            f"The rule {spec.rule!r} goes by what graders say, and these responses are not graded.",
            expected="grades of the graders that are in force now",
            next_step="run `python -m deploysim grade`, or draw at random",
        )
    by_unit = pool.explode("runs").join(marks, left_on=["prefix_id", "runs"], right_on=["prefix_id", "run"])
    any_of = by_unit.group_by("unit", "category").agg(pl.col("flagged", "disputed", "doubtful").any())
    return choose(pool, any_of, rule=spec.rule, size=spec.size, seed=spec.seed), pool


def _items(chosen: Chosen, pool: pl.DataFrame, spec: QueueSpec) -> tuple[QueueItem, ...]:
    rows = chosen.units.join(pool.select("unit", "prefix_id", "runs"), on="unit", maintain_order="left")
    return tuple(
        queue_item(
            row["prefix_id"],
            _sides(tuple(row["runs"]), row["prefix_id"], spec.seed),
            seed=spec.seed,
            inclusion=row["inclusion"],
            reviewers=dealt(spec.reviewers, position, spec.per_item),
        )
        for position, row in enumerate(rows.iter_rows(named=True))
    )


def dealt(reviewers: Sequence[str], position: int, per_item: int) -> tuple[str, ...]:
    """Return who gets the item at a position, so that each has as many as the others and meets all of them."""
    if not reviewers:
        return ()
    start = position * per_item + position // len(reviewers)
    return tuple(reviewers[(start + k) % len(reviewers)] for k in range(per_item))


def _sides(runs: tuple[str, ...], prefix_id: str, seed: int) -> tuple[str, ...]:
    """Return the runs of a pair with their sides shuffled by seed."""
    flip = hashlib.sha256(f"{seed}:sides:{prefix_id}".encode()).digest()[0] % 2
    return runs[::-1] if flip else runs


def _check(spec: QueueSpec) -> None:
    if spec.rule not in RULES:
        raise InputError(f"There is no rule {spec.rule!r}.", expected=f"one of {', '.join(RULES)}")
    if spec.mode not in ("single", "pair"):
        raise InputError(f"A queue cannot be drawn in the mode {spec.mode!r}.", expected="single or pair")
    if spec.size < 1 or spec.per_item < 1:
        raise InputError(
            f"A queue of {spec.size} responses with {spec.per_item} reviewers each cannot be drawn.",
            expected="at least one of both",
        )
    if spec.reviewers and len(set(spec.reviewers)) < spec.per_item:
        raise InputError(
            f"{len(set(spec.reviewers))} reviewers are named, but {spec.per_item} are to look at each response.",
            expected="at least as many names as reviewers a response",
        )
