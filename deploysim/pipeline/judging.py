"""Judging: asking the judges of chains about every response that needs them, each content once, with what was said kept.

Replies are cached in a journal under the grader's fingerprint by the hash of the content, so a killed or failed job goes on
where it was, and equal responses of two lanes are asked about once. Calls are made in rounds: all that can be asked now,
then what follows from it, such as confirming what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deploysim.chat.runner import Work, run_calls
from deploysim.grade.engine import GradeRow
from deploysim.grade.grader import Grader
from deploysim.grade.judging.asking import Bench
from deploysim.grade.judging.chain import Seat, State, Vote
from deploysim.grade.judging.material import content_key
from deploysim.grade.judging.prompt import SCHEMA, verdict_request
from deploysim.grade.steps import for_judges
from deploysim.pipeline.budgeting import JudgePurse
from deploysim.pipeline.graded_sets import GradedSet
from deploysim.pipeline.judge_replies import Call, Place, reply_row, vote_of
from deploysim.store.grades import replies_path
from deploysim.store.journal import Journal, read_journal
from deploysim.store.workspace import Workspace
from deploysim.types import Prefix, Response


@dataclass(slots=True)
class Said:
    """What the judges of one grader have said about one content."""

    votes: dict[Seat, Vote] = field(default_factory=dict)
    asked_for: Place | None = None
    """The response that they were asked about; other responses of the same content share their word."""


@dataclass(slots=True)
class JudgeCount:
    """What judging has come to for one grader, in this process."""

    calls: int = 0
    failed: int = 0
    cached: int = 0
    """Calls that earlier processes had made."""
    led_astray: int = 0
    """Replies without the check word."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Judging:
    """The judged graders at work on some sets of responses.

    Args:
        workspace: Where replies are kept.
        graders: Graders with judges in their chains.
        sets: The responses.
        purse: What may be spent; without one there is no limit.

    Raises:
        BusyError: on entering, where another process is judging for one of the graders.
    """

    def __init__(
        self,
        workspace: Workspace,
        graders: Sequence[Grader],
        sets: Sequence[GradedSet],
        *,
        purse: JudgePurse | None = None,
    ) -> None:
        self._purse = purse or JudgePurse()
        self._graders = graders
        self._sets = sets
        self._paths = {grader.fingerprint: replies_path(workspace, grader.fingerprint) for grader in graders}
        self._journals: dict[str, Journal] = {}
        self._said: dict[str, dict[str, Said]] = {}
        self._stack = ExitStack()
        self.counts = {grader.fingerprint: JudgeCount() for grader in graders}

    def __enter__(self) -> Judging:
        for fingerprint, path in self._paths.items():
            self._journals[fingerprint] = self._stack.enter_context(Journal(path))
            self._said[fingerprint] = {}
            for row in read_journal(path):
                if row.get("status") == "ok":
                    self._hear(row)
        return self

    def __exit__(self, kind: object, error: object, at: object) -> None:
        self._stack.close()

    def note(self, text: str, *, at: datetime) -> None:
        """Write a remark to the journals of all graders, such as why conversations left this machine."""
        for journal in self._journals.values():
            journal.append([{"note": text, "at": at.isoformat(timespec="seconds")}])

    async def ask(self, *, in_flight: int, report: Callable[[str, int, int], None]) -> None:
        """Ask round by round until every chain has come to an end, or waits for a judge that failed.

        Args:
            in_flight: Most calls to one model at the same time.
            report: Told how far it is.

        Raises:
            InputError: where the budget is spent; what was said is kept.
            ModelError: where an endpoint refuses every call; what was said is kept.
        """
        judges = [judge for grader in self._graders for step in grader.judging for judge in step.judges]
        number = 0
        async with Bench(judges, schema=SCHEMA, in_flight=in_flight) as bench:
            while total := sum(1 for _ in self.calls()):
                number += 1
                await self._round(bench, in_flight, f"asking judges, round {number}", total, report)
                if self._purse.is_empty() and any(self.calls()):
                    raise self._purse.spent_error()

    def calls(self) -> Iterator[Call]:
        """Yield the calls that can be made now, each content once for a grader."""
        known: set[tuple[str, str, Seat]] = set()
        for place, grader, content, state, prefix, response in self._states():
            for seat in state.open:
                if (key := (grader.fingerprint, content, seat)) not in known:
                    known.add(key)
                    yield Call(grader, seat, content, place, prefix, response)

    def rows(self, one: GradedSet) -> Iterator[GradeRow]:
        """Yield what every chain came to for a set, once all were asked."""
        for place, grader, content, state, _, _ in self._states([one]):
            said = self._said[grader.fingerprint].get(content)
            outcome = state.grade or state.failure
            assert outcome is not None, "rows are read once nobody is left to ask"
            shared = said is not None and said.asked_for != place
            yield GradeRow(place.prefix_id, place.repeat, grader, outcome, content if said else None, reused=shared)

    def count_cached(self) -> None:
        """Count what was said before this process began; call it before asking."""
        for fingerprint, by_content in self._said.items():
            self.counts[fingerprint].cached = sum(len(said.votes) for said in by_content.values())

    def _states(
        self, sets: Sequence[GradedSet] | None = None
    ) -> Iterator[tuple[Place, Grader, str, State, Prefix, Response]]:
        for one in self._sets if sets is None else sets:
            for prefix, repeat, response in one.rows():
                asked = for_judges(prefix, response)
                content = content_key(*asked)
                place = Place(one.run, prefix.prefix_id, repeat)
                for grader in self._graders:
                    if one.lacks(grader, prefix, repeat):
                        said = self._said[grader.fingerprint].get(content)
                        first = grader.by_rule(prefix, response)
                        yield place, grader, content, grader.state(first, said.votes if said else {}), *asked

    async def _round(
        self, bench: Bench, in_flight: int, title: str, total: int, report: Callable[[str, int, int], None]
    ) -> None:
        async def call(one: Call) -> dict[str, Any]:
            request = verdict_request(one.grader.about, one.prefix, one.response)
            asked = await bench.ask(one.judge, request.messages)
            return reply_row(one, request, asked, at=datetime.now(UTC))

        work = Work(self.calls(), call, in_flight)
        await run_calls(work, self, on_rows=lambda tally: report(title, tally.rows, total), stop=self._purse.is_empty)

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Keep what judges said."""
        by_grader: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_grader.setdefault(row["grader"], []).append(row)
        for fingerprint, own in by_grader.items():
            self._journals[fingerprint].write(own)
            for row in own:
                self._hear(row)
                self._count(self.counts[fingerprint], row)
                self._purse.pay(row["by"], row["prompt_tokens"], row["completion_tokens"])

    def sync(self) -> None:
        """Return when all of it is safe from a power cut."""
        for journal in self._journals.values():
            journal.sync()

    def _hear(self, row: Mapping[str, Any]) -> None:
        said = self._said[row["grader"]].setdefault(row["content"], Said())
        said.asked_for = said.asked_for or Place(row["run"], row["prefix_id"], row["repeat"])
        said.votes[Seat(row["step"], row["judge"])] = vote_of(row)

    @staticmethod
    def _count(count: JudgeCount, row: Mapping[str, Any]) -> None:
        count.calls += 1
        count.failed += row["status"] != "ok"
        count.led_astray += row["obeyed"] is False
        count.prompt_tokens += row["prompt_tokens"] or 0
        count.completion_tokens += row["completion_tokens"] or 0
