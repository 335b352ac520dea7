"""Judging: asking the judges of chains about every response that needs them, each content once, with what was said kept.

Replies are cached in a journal under the grader's fingerprint by the hash of the content, so a killed or failed job goes on
where it was, and equal responses of two lanes are asked about once. Calls are made in rounds: all that can be asked now,
then what follows from it, such as confirming what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from deploysim.chat.runner import Work, run_calls
from deploysim.grade.engine import GradeRow
from deploysim.grade.grader import Grader
from deploysim.grade.judging.asking import Bench
from deploysim.grade.judging.chain import Seat, State, Vote
from deploysim.grade.judging.judges import Judge
from deploysim.grade.judging.material import content_key
from deploysim.grade.judging.prompt import SCHEMA, verdict_request
from deploysim.grade.steps import for_judges
from deploysim.pipeline.graded_sets import GradedSet
from deploysim.pipeline.judge_purse import JudgePurse
from deploysim.pipeline.judge_replies import Call, Place, call_name, reply_row, vote_of
from deploysim.store.grades import replies_path
from deploysim.store.journal import Journal, read_journal
from deploysim.store.workspace import Workspace
from deploysim.types import Prefix, Response

Only = Mapping[str, Set[tuple[str, str]]]
"""Prefix -> graders' fingerprints with the contents that are wanted of it."""


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
        self.purse = purse or JudgePurse()
        self._graders = graders
        self.sets = sets
        self._paths = {grader.fingerprint: replies_path(workspace, grader.fingerprint) for grader in graders}
        self._journals: dict[str, Journal] = {}
        self._said: dict[str, dict[str, Said]] = {}
        self.forms: dict[str, str] = {}
        """Judge's name -> form of asking that its endpoint is known to take."""
        self._stack = ExitStack()
        self.counts = {grader.fingerprint: JudgeCount() for grader in graders}

    def __enter__(self) -> Judging:
        for fingerprint, path in self._paths.items():
            self._journals[fingerprint] = self._stack.enter_context(Journal(path))
            self._said[fingerprint] = {}
            for row in read_journal(path):
                self._note_form(row)
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
        number = 0
        async with Bench(self.judges(), schema=SCHEMA, in_flight=in_flight) as bench:
            while total := sum(1 for _ in self.calls()):
                number += 1
                await self._round(bench, in_flight, f"asking judges, round {number}", total, report)
                self.check_purse()

    def check_purse(self) -> None:
        """Raise InputError where calls are left and the budget has no room for them."""
        if self.purse.is_empty() and any(self.calls()):
            raise self.purse.spent_error()

    def judges(self) -> tuple[Judge, ...]:
        """Return everybody who may be asked, each once."""
        return tuple(dict.fromkeys(j for grader in self._graders for step in grader.judging for j in step.judges))

    def calls(self, *, run: str | None = None, only: Only | None = None) -> Iterator[Call]:
        """Yield the calls that can be made now, each content once for a grader.

        Args:
            run: Whose responses are looked at; those of all sets where None.
            only: What is wanted; all where None.
        """
        known: set[tuple[str, str, Seat]] = set()
        sets = [one for one in self.sets if run in (None, one.run)]
        for place, grader, content, state, prefix, response in self._states(sets, only):
            for seat in state.open:
                if (key := (grader.fingerprint, content, seat)) not in known:
                    known.add(key)
                    yield Call(grader, seat, content, place, prefix, response)

    def answered(self) -> set[str]:
        """Return the names of the calls that brought a verdict, now or before."""
        return {
            call_name(fingerprint, content, seat)
            for fingerprint, by_content in self._said.items()
            for content, said in by_content.items()
            for seat in said.votes
        }

    def rows(self, one: GradedSet) -> Iterator[GradeRow]:
        """Yield what chains came to for a set; one that still waits for a judge has no row."""
        for place, grader, content, state, _, _ in self._states([one]):
            said = self._said[grader.fingerprint].get(content)
            outcome = state.grade or state.failure
            if outcome is not None:
                shared = said is not None and said.asked_for != place
                yield GradeRow(place.prefix_id, place.repeat, grader, outcome, content if said else None, reused=shared)

    def count_cached(self) -> None:
        """Count what was said before this process began; call it before asking."""
        for fingerprint, by_content in self._said.items():
            self.counts[fingerprint].cached = sum(len(said.votes) for said in by_content.values())

    def _states(
        self, sets: Sequence[GradedSet], only: Only | None = None
    ) -> Iterator[tuple[Place, Grader, str, State, Prefix, Response]]:
        for one in sets:
            for prefix, repeat, response in one.rows(only):
                asked = for_judges(prefix, response)
                content = content_key(*asked)
                place = Place(one.run, prefix.prefix_id, repeat)
                for grader in self._graders:
                    is_wanted = only is None or (grader.fingerprint, content) in only[prefix.prefix_id]
                    if is_wanted and one.lacks(grader, prefix, repeat):
                        said = self._said[grader.fingerprint].get(content)
                        first = grader.by_rule(prefix, response)
                        yield place, grader, content, grader.state(first, said.votes if said else {}), *asked

    async def _round(
        self, bench: Bench, in_flight: int, title: str, total: int, report: Callable[[str, int, int], None]
    ) -> None:
        work = Work(self.calls(), partial(answer_call, bench), in_flight)
        await run_calls(work, self, on_rows=lambda tally: report(title, tally.rows, total), stop=self.purse.is_empty)

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Keep what judges said."""
        by_grader: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_grader.setdefault(row["grader"], []).append(row)
        for fingerprint, own in by_grader.items():
            self._journals[fingerprint].write(own)
            for row in own:
                self._note_form(row)
                self._hear(row)
                self._count(self.counts[fingerprint], row)
                name = call_name(fingerprint, row["content"], Seat(row["step"], row["judge"]))
                self.purse.pay(row["by"], row["prompt_tokens"], row["completion_tokens"], call=name)

    def sync(self) -> None:
        """Return when all of it is safe from a power cut."""
        for journal in self._journals.values():
            journal.sync()

    def _note_form(self, row: Mapping[str, Any]) -> None:
        if row.get("reply") is not None:
            self.forms[row["by"]] = row["form"]

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


async def answer_call(bench: Bench, call: Call) -> dict[str, Any]:
    """Ask a judge live and return what came of it as a journal row."""
    request = verdict_request(call.grader.about, call.prefix, call.response)
    return reply_row(call, request, await bench.ask(call.judge, request.messages), at=datetime.now(UTC))
