"""Look at a run while it answers: is the question answered already?

Only complete blocks are looked at, in the order in which they are sent, so that what is seen does not depend on how
long answers take. The interval of the difference is a confidence sequence (`deploysim.stats.sequence`): it holds at all
looks together, so a run may be stopped the moment it leaves 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from deploysim.errors import InputError, NotFoundError
from deploysim.forecast.words import number
from deploysim.grade.grader import Grader
from deploysim.pipeline.graded_sets import answered_so_far, graded_sets
from deploysim.pipeline.grading import Report, grade_by_rules, silent
from deploysim.pipeline.lanes import Lanes, fitting, lane_grades
from deploysim.stats.clusters import Floats
from deploysim.stats.rates import PER_100K
from deploysim.stats.sequence import Look, confidence_sequence
from deploysim.store.completed import completed_prefixes
from deploysim.store.grades import read_grades
from deploysim.store.runs import list_runs, read_run
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.types import Interval, Lane, Verdict

LEVEL = 0.9
_CLEAR = {Verdict.PRESENT.value: 1.0, Verdict.ABSENT.value: 0.0}


@dataclass(frozen=True, slots=True)
class InterimRow:
    """What the complete blocks say of one category."""

    category: str
    name: str
    pairs: int
    """Complete pairs looked at."""
    regressed: int
    improved: int
    difference: Interval
    """Candidate less the lane compared with, as a share; holds at this and all earlier looks together."""

    @property
    def answered(self) -> str:
        """The answer: "up", "down", or nothing yet."""
        if self.difference.low > 0.0:
            return "up"
        return "down" if self.difference.high < 0.0 else ""

    @property
    def changed(self) -> int:
        """Pairs in which one lane shows the behaviour and the other does not."""
        return self.regressed + self.improved


@dataclass(frozen=True, slots=True)
class Interim:
    """A look at a run that may still go on."""

    run_id: str
    model: str
    compared_with: Lane
    prefixes: int
    """In complete blocks."""
    of: int
    """In the sample."""
    rows: tuple[InterimRow, ...]
    not_looked_at: tuple[str, ...]
    """Names of categories that a judge decides: they wait until the run has ended."""
    level: float = LEVEL

    def moving(self) -> tuple[InterimRow, ...]:
        """Return the categories in which some pair differs: answered ones first, then those that change most."""
        return tuple(
            sorted((row for row in self.rows if row.changed), key=lambda row: (not row.answered, -row.changed))
        )

    def sentence(self) -> str:
        """Say what is answered."""
        known = [row for row in self.rows if row.answered]
        seen = f"{self.prefixes:,} of {self.of:,} prefixes are in complete blocks"
        if not known:
            return f"Nothing is answered yet: {seen}."
        parts = ", ".join(f"{row.name} is {row.answered}" for row in known)
        return f"Answered: {parts} ({seen})."


def begun_lanes(workspace: Workspace, sample_id: str) -> Lanes:
    """Return the newest runs of a sample that were sent from here, whatever state they are in.

    Raises:
        NotFoundError: where no candidate was begun.
    """
    newest: dict[str, str] = {}
    for run in reversed(list_runs(workspace, sample_id=sample_id)):
        if run.block is not None and not run.without:
            newest[run.lane] = run.run_id
    if Lane.CANDIDATE not in newest:
        raise NotFoundError(
            f"No candidate answers sample {sample_id} from here.",
            expected="a run that was started with `replay`",
            next_step=f"python -m deploysim replay --sample {sample_id} --lane candidate --model NAME",
        )
    return Lanes(sample_id, newest[Lane.CANDIDATE], newest.get(Lane.BASELINE))


def change_words(row: InterimRow) -> str:
    """Return the interval of the change, per 100,000."""
    low, high = row.difference.low * PER_100K, row.difference.high * PER_100K
    return f"{_signed(low)} to {_signed(high)}"


def interim_notes(seen: Interim) -> tuple[str, ...]:
    """Say what a look rests on."""
    old = "what the log recorded" if seen.compared_with == Lane.RECORDED else "the baseline's answers"
    notes = (
        _still(seen),
        f"Compared with {old}, prefix by prefix. Each interval holds at all looks together with {seen.level:.0%}, "
        "category by category, so it may be looked at as often as wanted and the run stopped once it is answered.",
        "Conversations are the units, sent in random order; two of one user count as independent.",
        f"Decided by a judge, so looked at when the run has ended: {', '.join(seen.not_looked_at)}."
        if seen.not_looked_at
        else "",
    )
    return tuple(filter(None, notes))


def _still(seen: Interim) -> str:
    """Name the categories in which no pair differs, with the largest change that this leaves possible."""
    still = [row for row in seen.rows if not row.changed]
    if not still:
        return ""
    most = number(max(max(-row.difference.low, row.difference.high) for row in still) * PER_100K)
    names = ", ".join(row.name for row in still)
    return f"No pair differs, so a change of more than {most} per 100,000 is ruled out: {names}."


def _signed(per_100k: float) -> str:
    return ("+" if per_100k >= 0 else "−") + number(abs(per_100k))


def look(
    workspace: Workspace,
    lanes: Lanes,
    graders: Sequence[Grader],
    *,
    level: float = LEVEL,
    report: Report = silent,
) -> Interim:
    """Compare the complete blocks of a candidate with the baseline, or with the log where there is none.

    Clusters are conversations, in the order in which they were sent. The first answer to each prefix counts.

    Raises:
        InputError: where the run has no complete block, or was made elsewhere and has no order.
    """
    assert lanes.candidate is not None
    run = read_run(workspace, lanes.candidate)
    done = _complete(workspace, lanes)
    graders = fitting(workspace, lanes.sample_id, graders)
    rules = [grader for grader in graders if not grader.judging]
    found = _verdicts(workspace, lanes, done, rules, report)
    index = prefix_index(workspace, lanes.sample_id)
    sums = index.group_by("conversation_id").agg(pl.col("weight").sum())
    order = pl.DataFrame({"prefix_id": done, "at": range(len(done))})
    rows = [
        _row(
            found.filter(pl.col("category") == grader.category), grader, order.join(index, on="prefix_id"), sums, level
        )
        for grader in rules
    ]
    return Interim(
        run_id=run.run_id,
        model=run.name,
        compared_with=lanes.compared_with,
        prefixes=len(done),
        of=index.height,
        rows=tuple(rows),
        not_looked_at=tuple(grader.about.name for grader in graders if grader.judging),
        level=level,
    )


def _complete(workspace: Workspace, lanes: Lanes) -> list[str]:
    """Return the prefixes of complete blocks of all runs, in the order of sending."""
    runs = [run for run in (lanes.candidate, lanes.baseline) if run]
    by_run = [completed_prefixes(workspace, run) for run in runs]
    others = [set(prefixes) for prefixes in by_run[1:]]
    done = [prefix for prefix in by_run[0] if all(prefix in other for other in others)]
    if not done:
        raise InputError(
            "No block of prefixes is complete yet, so there is nothing to look at.",
            expected="a run that was sent from here and has come some way; runs made elsewhere have no order",
            next_step="wait a little, or let it end and run `python -m deploysim forecast`",
        )
    return done


def _verdicts(workspace: Workspace, lanes: Lanes, done: list[str], rules: list[Grader], report: Report) -> pl.DataFrame:
    """Grade what is complete and return prefix_id, category, old and new: 1, 0 or nothing."""
    prints = [grader.fingerprint for grader in rules]
    sides = {}
    for lane, run in lanes.runs().items():
        one = answered_so_far(workspace, lanes.sample_id, Lane(lane), run, done, rules)
        grade_by_rules([one], rules, report=report)
        sides[lane] = read_grades(workspace, one.name, prints)
    if lanes.baseline is None:
        recorded = Lanes(lanes.sample_id)
        grade_by_rules(graded_sets(workspace, recorded, rules), rules, report=report)
        sides[Lane.RECORDED] = lane_grades(workspace, lanes.sample_id, None, rules)
    old, new = (_flags(sides[lane]) for lane in (lanes.compared_with, Lane.CANDIDATE))
    both = old.rename({"flag": "old"}).join(new.rename({"flag": "new"}), on=["prefix_id", "category"])
    return both.filter(pl.col("prefix_id").is_in(done))


def _flags(grades: pl.DataFrame) -> pl.DataFrame:
    flag = pl.col("verdict").replace_strict(_CLEAR, default=None, return_dtype=pl.Float64)
    return grades.select("prefix_id", "category", flag=flag).drop_nulls()


def _row(pairs: pl.DataFrame, grader: Grader, order: pl.DataFrame, sums: pl.DataFrame, level: float) -> InterimRow:
    change = pl.col("new") - pl.col("old")
    seen = order.join(pairs, on="prefix_id", how="left").with_columns(change=change)
    clusters = (
        seen.group_by("conversation_id")
        .agg(
            pl.col("at").min(),
            (pl.col("change") * pl.col("weight")).sum().alias("difference"),
            pl.col("weight").filter(pl.col("change").is_not_null()).sum().alias("size"),
        )
        .sort("at")
    )
    (now,) = _looks(clusters, largest=float(sums["weight"].max() or 1.0), level=level, expected=sums.height)  # type: ignore[arg-type]
    return InterimRow(
        category=grader.category,
        name=grader.about.name,
        pairs=pairs.height,
        regressed=pairs.filter(change > 0).height,
        improved=pairs.filter(change < 0).height,
        difference=now.difference,
    )


def _looks(clusters: pl.DataFrame, *, largest: float, level: float, expected: int) -> list[Look]:
    """Look once, after all complete clusters: capital won on the way is kept, so earlier looks count too."""
    values: list[Floats] = [clusters[name].cast(pl.Float64).to_numpy() for name in ("difference", "size")]
    return confidence_sequence(
        values[0],
        values[1],
        looks=np.array([clusters.height]),
        largest=largest,
        level=level,
        expected_clusters=expected,
    )
