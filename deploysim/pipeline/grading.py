"""Grade: every lane of a comparison with the same frozen graders, each response once by each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TypeVar

import polars as pl

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.profiles import Price
from deploysim.grade.engine import GradeRow, grade_frame, rule_rows
from deploysim.grade.grader import Grader
from deploysim.grade.judging.judges import NO_JUDGES, Judges
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.graded_sets import GradedSet, graded_sets
from deploysim.pipeline.judge_purse import JudgePurse
from deploysim.pipeline.judging import JudgeCount, Judging
from deploysim.pipeline.judging_batches import check_nothing_is_paid_twice, judge_in_batches
from deploysim.pipeline.lanes import Lanes, fitting
from deploysim.pipeline.privacy_gate import check_gate
from deploysim.store.grades import GRADES, write_grades
from deploysim.store.workspace import Workspace
from deploysim.types import Failure

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done and how much there is."""

BATCH = 200
Item = TypeVar("Item")


def silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """Which judges there are, and how they may be asked."""

    judges: Judges = NO_JUDGES
    in_flight: int = 8
    """Calls at the same time."""
    leak_limit: float | None = None
    """Largest share of messages that may leak where conversations go to another machine; None for no limit."""
    override_privacy: str = ""
    """Why they go there above the limit; recorded."""
    budget: Budget = field(default_factory=Budget)
    """The most that judges may spend in one call."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """What judges cost, by their names."""
    batch: BatchOptions | None = None
    """How they are asked through their providers' Batch APIs; None for live calls. Verdicts are the same either way."""

    def gate(self, workspace: Workspace, sample_id: str, base_url: str | None) -> str:
        """Return a note where a sample may go to a judge above the leak limit; InputError where it may not."""
        return check_gate(workspace, sample_id, base_url, limit=self.leak_limit, override=self.override_privacy)


RULES_ONLY = JudgeUse()


@dataclass(frozen=True, slots=True)
class GraderWork:
    """What one grader did."""

    grader: Grader
    made: int
    """Responses that have their verdict now and had none before."""
    failed: int
    """Responses without a verdict, because a judge gave none."""
    reused: int
    """Responses that share the verdict of another one with the same content."""
    judged: JudgeCount
    """Calls to judges."""


@dataclass(frozen=True, slots=True)
class Graded:
    """What grading came to."""

    work: tuple[GraderWork, ...]
    notes: tuple[str, ...] = ()

    @property
    def made(self) -> int:
        """Verdicts made in this call."""
        return sum(one.made for one in self.work)

    @property
    def failed(self) -> int:
        """Responses and categories that stay without a verdict for now."""
        return sum(one.failed for one in self.work)


def grade_lanes(
    workspace: Workspace,
    lanes: Lanes,
    graders: Sequence[Grader],
    *,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> Graded:
    """Grade what has no grades yet, in all lanes.

    Args:
        workspace: Where responses are and grades go.
        lanes: What is compared.
        graders: Who decides.
        use: How the graders' judges may be asked.
        report: Told how far it is.

    Raises:
        BusyError: where another process is judging for one of these graders.
        InputError: where the spot-check of scrubbing does not allow sending the sample to a judge elsewhere, or the budget
            is spent or cannot be kept; grades made by rules and replies given so far are kept.
        ModelError: where a judge cannot be used; grades made by rules and replies given so far are kept.
        NotFoundError: where a run still answers.
    """
    fit = fitting(workspace, lanes.sample_id, graders)
    notes = _not_fitting([grader for grader in graders if grader not in fit])
    graders = fit
    sets = graded_sets(workspace, lanes, graders)
    rules = [grader for grader in graders if not grader.judging]
    judged = [grader for grader in graders if grader.judging]
    count = _Count(graders)
    for one in sets:
        _grade_by_rules(one, rules, count, report)
    if any(grader.fingerprint in one.missing for grader in judged for one in sets):
        notes += _grade_by_judges(workspace, sets, judged, use, count, report)
    return Graded(count.work(), notes)


def _not_fitting(graders: Sequence[Grader]) -> tuple[str, ...]:
    if not graders:
        return ()
    names = ", ".join(grader.about.name for grader in graders)
    return (f"Not graded, for no conversation of the sample has tools: {names}.",)


def grade_by_rules(sets: Sequence[GradedSet], graders: Sequence[Grader], *, report: Report = silent) -> None:
    """Grade what has no grades yet by the graders that are rules alone."""
    rules = [grader for grader in graders if not grader.judging]
    for one in sets:
        _grade_by_rules(one, rules, _Count(rules), report)


def grade_all(
    workspace: Workspace,
    comparisons: Sequence[Lanes],
    graders: Sequence[Grader],
    *,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> Graded:
    """Grade several comparisons one after another with the same graders, and count them together."""
    done = [grade_lanes(workspace, lanes, graders, use=use, report=report) for lanes in comparisons]
    by_grader: dict[str, list[GraderWork]] = {}
    for work in (work for one in done for work in one.work):
        by_grader.setdefault(work.grader.fingerprint, []).append(work)
    notes = dict.fromkeys(note for one in done for note in one.notes)
    return Graded(tuple(map(_added, by_grader.values())), tuple(notes))


def _added(works: Sequence[GraderWork]) -> GraderWork:
    judged = JudgeCount(
        **{field.name: sum(getattr(one.judged, field.name) for one in works) for field in fields(JudgeCount)}
    )
    counts = [sum(values) for values in zip(*((one.made, one.failed, one.reused) for one in works), strict=True)]
    return GraderWork(works[0].grader, counts[0], counts[1], counts[2], judged)


class _Count:
    """Counts what graders did."""

    def __init__(self, graders: Sequence[Grader]) -> None:
        self._graders = graders
        self.made: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.reused: Counter[str] = Counter()
        self.judged: dict[str, JudgeCount] = {}

    def note(self, rows: Iterable[GradeRow]) -> None:
        """Count rows that were written."""
        for row in rows:
            where = self.failed if isinstance(row.outcome, Failure) else self.made
            where[row.grader.fingerprint] += 1
            self.reused[row.grader.fingerprint] += row.reused

    def work(self) -> tuple[GraderWork, ...]:
        """Return what each grader did, in their order."""
        return tuple(
            GraderWork(g, self.made[f], self.failed[f], self.reused[f], self.judged.get(f, JudgeCount()))
            for g in self._graders
            for f in [g.fingerprint]
        )


def _grade_by_rules(one: GradedSet, graders: Sequence[Grader], count: _Count, report: Report) -> None:
    wanted = [grader for grader in graders if grader.fingerprint in one.missing]
    if not wanted:
        return
    frames = []
    done, total = 0, one.answers.height
    for batch in _batches(one.rows()):
        rows = [row for row in rule_rows(batch, wanted) if _is_missing(one, row)]
        frames.append(grade_frame(rows))
        count.note(rows)
        done += len(batch)
        report(f"grading {one.lane}", done, total)
    write_grades(one.workspace, one.name, pl.concat(frames), [grader.fingerprint for grader in wanted])


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_missing(one: GradedSet, row: GradeRow) -> bool:
    return (row.prefix_id, row.repeat) in one.missing[row.grader.fingerprint]


def _grade_by_judges(
    workspace: Workspace,
    sets: Sequence[GradedSet],
    graders: Sequence[Grader],
    use: JudgeUse,
    count: _Count,
    report: Report,
) -> tuple[str, ...]:
    purse = JudgePurse(use.budget, use.prices, batch=use.batch is not None)
    if use.budget:
        purse.check({judge.name for judge in use.judges.everyone()})
    with Judging(workspace, graders, sets, purse=purse) as judging:
        judging.count_cached()
        notes = tuple(_cleared(workspace, sets, graders, use)) if any(judging.calls()) else ()
        for note in notes:
            judging.note(note, at=datetime.now(UTC))
        notes += _ask(workspace, judging, use, report)
        for one in sets:
            _write(one, judging.rows(one), count)
        count.judged = judging.counts
    return notes


def _ask(workspace: Workspace, judging: Judging, use: JudgeUse, report: Report) -> tuple[str, ...]:
    """Ask the judges what is left to ask, and return what people should know of it."""
    if use.batch:
        return judge_in_batches(workspace, judging, use.batch, report=report)
    check_nothing_is_paid_twice(workspace, judging)
    asyncio.run(judging.ask(in_flight=use.in_flight, report=report))
    return ()


def _cleared(
    workspace: Workspace, sets: Sequence[GradedSet], graders: Sequence[Grader], use: JudgeUse
) -> Iterator[str]:
    """Yield the notes for the record, one an endpoint, or raise where conversations may not go there."""
    judges = {judge for grader in graders for step in grader.judging for judge in step.judges}
    for url in sorted({judge.settings.base_url or "" for judge in judges}):
        note = use.gate(workspace, sets[0].sample_id, url)
        if note:
            yield note


def _write(one: GradedSet, rows: Iterator[GradeRow], count: _Count) -> None:
    frames, seen = [pl.DataFrame(schema=GRADES)], set()
    for batch in _batches(rows):
        frames.append(grade_frame(batch))
        count.note(batch)
        seen |= {row.grader.fingerprint for row in batch}
    write_grades(one.workspace, one.name, pl.concat(frames), sorted(seen))
