"""Judging through providers' Batch APIs: each round of calls is one wave of batches, and leaves the rows that live calls leave.

What is at a provider is noted per sample, run and judge, so that grading other lanes, or with more behaviours, finds it
again. Requests are named by grader, content and seat: equal responses of two lanes are one request here too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from deploysim.chat.api import APIS, request_chars
from deploysim.chat.batching.job import BYTES_PER_TOKEN, BatchJob, BatchOptions, BatchRequest
from deploysim.chat.batching.run import ask_in_batches
from deploysim.chat.model import Answer
from deploysim.errors import InputError
from deploysim.grade.judging.asking import FORMS, Asked, Bench, form_settings
from deploysim.grade.judging.judges import Judge
from deploysim.grade.judging.prompt import SCHEMA, verdict_request
from deploysim.pipeline.judge_replies import Call, reply_row
from deploysim.pipeline.judging import Judging, Only, answer_call
from deploysim.store.batches import BatchBook
from deploysim.store.files import short_hash
from deploysim.store.workspace import Workspace
from deploysim.wording import counted

PROBES = 3
"""Most calls to a judge that are made live to learn in which form its endpoint takes them; the first one mostly tells."""

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Where:
    """Where calls are noted: those of one judge about the responses of one run."""

    sample_id: str
    run: str
    judge: Judge

    def folder(self, workspace: Workspace) -> Path:
        """Return the folder of its notes."""
        return workspace.judging / self.sample_id / self.run / short_hash(self.judge.identity())


def judge_in_batches(
    workspace: Workspace, judging: Judging, options: BatchOptions, *, report: Report
) -> tuple[str, ...]:
    """Ask wave by wave until every chain has come to an end, or waits for a judge that failed.

    The first call to a judge is made live, where its endpoint is not known yet: a form of asking that it refuses shows at
    once, and not with a whole batch.

    Returns:
        What went otherwise than usual, for people.

    Raises:
        InputError: where the budget has no room for what is left, or batches were cancelled at the provider, or those
            that are there are not about what is graded; what was said is kept.
        ModelError: where a provider cannot be used; what was said is kept.
    """
    said_before = set(_remarks(workspace, judging))
    number = 1
    while True:
        if not options.cancel:
            asyncio.run(_learn_forms(workspace, judging))
        wave = _Wave(workspace, judging, options, f"asking judges in batches, round {number}", report)
        wave.run()
        if options.cancel or not any(judging.calls()):
            break
        judging.check_purse()
        wave.check_answered()
        number += 1
    fresh = tuple(remark for remark in _remarks(workspace, judging) if remark not in said_before)
    left = sum(1 for _ in judging.calls()) if options.cancel else 0
    return (
        (*fresh, f"Batches are cancelled: {counted(left, 'call')} to judges are left for another time.")
        if left
        else fresh
    )


def check_nothing_is_paid_twice(workspace: Workspace, judging: Judging) -> None:
    """Raise InputError where calls would be made live that are at a provider."""
    opened = sum(len(book.submitted) for book in _books(workspace, judging).values())
    if opened:
        raise InputError(
            f"Judging has {counted(opened, 'batch', 'batches')} at the provider: sent live, they would be paid twice.",
            expected="the results of these batches first",
            next_step="run `python -m deploysim grade --batch` for the same lanes, which collects them",
        )


def _books(workspace: Workspace, judging: Judging) -> dict[Where, BatchBook]:
    places = [Where(one.sample_id, one.run, judge) for one in judging.sets for judge in judging.judges()]
    return {where: BatchBook(where.folder(workspace)) for where in places}


def _remarks(workspace: Workspace, judging: Judging) -> list[str]:
    return [remark for book in _books(workspace, judging).values() for remark in book.remarks]


async def _learn_forms(workspace: Workspace, judging: Judging) -> None:
    submitted = {name for book in _books(workspace, judging).values() for name in _listed(book)}
    unknown = [judge for judge in judging.judges() if judge.name not in judging.forms]
    async with Bench(unknown, schema=SCHEMA) as bench:
        for judge in unknown:
            own = (call for call in judging.calls() if call.judge == judge and call.name not in submitted)
            for call in list(islice(own, PROBES)):
                if judge.name in judging.forms or judging.purse.is_empty():
                    break
                judging.write([await answer_call(bench, call)])
                judging.sync()


@dataclass(frozen=True, slots=True)
class _Ask:
    """A call of a wave, without its texts."""

    where: Where
    """Where it is noted."""
    prefix_id: str
    judged: tuple[str, str]
    """Grader's fingerprint and content."""


class _Wave:
    """All calls that can be made now, and the ledger of what comes of them."""

    def __init__(
        self, workspace: Workspace, judging: Judging, options: BatchOptions, title: str, report: Report
    ) -> None:
        self._workspace = workspace
        self._judging = judging
        self._options = options
        self._title = title
        self._report = report
        self._books = _books(workspace, judging)
        listed = {name: where for where, book in self._books.items() for name in _listed(book)}
        samples = {one.run: one.sample_id for one in judging.sets}
        self._asks: dict[str, _Ask] = {}
        for call in judging.calls():
            own = Where(samples[call.place.run], call.place.run, call.judge)
            # What an earlier process submitted for another lane of the same content is not submitted again.
            where = listed.get(call.name, own)
            self._asks[call.name] = _Ask(where, call.place.prefix_id, (call.grader.fingerprint, call.content))
        self._kept: set[str] = set()
        self.refused: set[str] = set()
        self._settings = {
            judge: dict(zip(FORMS, form_settings(judge, SCHEMA), strict=True)) for judge in judging.judges()
        }

    def run(self) -> None:
        """Submit and collect until nothing of it is at a provider."""
        if not self._options.cancel:
            self._check_known()
        wanted = {ask.where for ask in self._asks.values()}
        jobs = [self._job(where) for where, book in self._books.items() if where in wanted or book.open]
        if jobs:
            ask_in_batches(jobs)

    def check_answered(self) -> None:
        """Raise InputError where somebody cancelled batches at the provider."""
        left = len(self._asks.keys() - self._kept)
        if left:
            raise InputError(
                f"Batches were cancelled at the provider: {counted(left, 'call')} to judges got no answer.",
                expected="batches that are left to come to their end",
                next_step="run the same command again: it submits what is left, and what was said is kept",
            )

    def beat(self) -> None:
        """Tell how far the wave is."""
        self._report(self._title, len(self._kept), len(self._asks))

    def can_do_without(self, refused: Mapping[str, str]) -> frozenset[str]:
        """Return nothing: what a judge is asked with is its own, and part of the grader's fingerprint."""
        return frozenset()

    def has_outcome(self, name: str) -> bool:
        """Say whether a call of this wave was answered."""
        return name in self._kept

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Write what judges said to the journals of their graders."""
        fresh = {name: answer for name, answer in answers.items() if name in self._asks and name not in self._kept}
        rows = []
        for call in self._judging.calls(only=self._only(fresh)):
            if (answer := fresh.get(call.name)) is not None:
                request = verdict_request(call.grader.about, call.prefix, call.response)
                rows.append(reply_row(call, request, Asked(answer, self._form(call.judge)), at=datetime.now(UTC)))
        self._judging.write(rows)
        self._judging.sync()
        self._kept.update(fresh)
        self.beat()

    def _only(self, names: Iterable[str]) -> Only:
        wanted: dict[str, set[tuple[str, str]]] = {}
        for name in names:
            if (ask := self._asks.get(name)) is not None:
                wanted.setdefault(ask.prefix_id, set()).add(ask.judged)
        return wanted

    def _job(self, where: Where) -> BatchJob:
        folder = where.folder(self._workspace)
        folder.mkdir(parents=True, exist_ok=True)
        return BatchJob(
            mark=short_hash([where.sample_id, where.run, where.judge.identity()]),
            folder=folder,
            settings=where.judge.settings,
            ledger=self,
            waiting=partial(self._waiting, where),
            listed=self._listed,
            is_kept_out=lambda name: name not in self._asks,
            options=self._options,
        )

    def _waiting(self, where: Where) -> Iterator[BatchRequest]:
        purse = self._judging.purse
        for request, call in self._requests(self._judging.calls(run=where.run)):
            if self._asks[request.name].where == where:
                tokens = request_chars(request.body(())) / BYTES_PER_TOKEN if purse.budget else 0.0
                if not purse.set_aside(request.name, call.judge.name, tokens):
                    return
                yield request

    def _listed(self, names: Set[str]) -> Iterator[BatchRequest]:
        for request, _ in self._requests(self._judging.calls(only=self._only(names))):
            if request.name in names:
                yield request

    def _requests(self, calls: Iterable[Call]) -> Iterator[tuple[BatchRequest, Call]]:
        """Yield the requests of this wave: what follows from an answer that has come meanwhile is for the next one."""
        for call in calls:
            if call.name in self._asks:
                yield BatchRequest(call.name, partial(self._body, call)), call

    def _body(self, call: Call, refused: Collection[str]) -> dict[str, Any]:
        settings = self._settings[call.judge][self._form(call.judge)]
        request = verdict_request(call.grader.about, call.prefix, call.response)
        return APIS[settings.api].body(settings, request.messages, seed=None, tools=None)

    def _form(self, judge: Judge) -> str:
        return self._judging.forms.get(judge.name, FORMS[0])

    def _check_known(self) -> None:
        """Raise InputError where a batch is about nothing that is graded now: its results would be lost."""
        known = self._asks.keys() | self._judging.answered()
        strange = [
            note
            for book in self._books.values()
            for note in book.open
            if known.isdisjoint(names := book.requests(note)) and names
        ]
        if strange:
            raise InputError(
                f"{counted(len(strange), 'batch', 'batches')} at the provider hold nothing that is graded now.",
                expected="the taxonomy, judges and --stack with which they were submitted",
                next_step="grade with these first, which collects them; or add --cancel-batches, which gives them up",
            )


def _listed(book: BatchBook) -> Iterator[str]:
    for note in book.open:
        yield from book.requests(note)
