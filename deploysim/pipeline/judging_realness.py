"""Judges as discriminators: asked which of two responses is the original, with what they chose kept and no word of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deploysim.audit.realness import TASK, choice_of, realness_request
from deploysim.audit.records import JudgeChoice, Side
from deploysim.audit.telling import Pair
from deploysim.chat.runner import Work, run_calls
from deploysim.chat.tally import reading_row
from deploysim.grade.judging.asking import Bench
from deploysim.grade.judging.judges import Judge
from deploysim.grade.judging.material import content_key
from deploysim.grade.judging.pairwise import PAIR_SCHEMA, More, PairRequest, compare
from deploysim.pipeline.audited_lanes import readings
from deploysim.pipeline.grading import JudgeUse, Report
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal, read_journal
from deploysim.store.sample_prefixes import get_prefixes
from deploysim.store.workspace import Workspace
from deploysim.types import Failure, Prefix, Response


@dataclass(frozen=True, slots=True)
class Question:
    """One judge to be asked about one pair."""

    judge: Judge
    key: str
    """Of judge, content and instructions: asked once."""
    prefix_id: str
    request: PairRequest
    first: Response
    second: Response


def ask_which_is_original(
    workspace: Workspace,
    sample_id: str,
    pairs: Sequence[Pair],
    sides: tuple[Side, Side],
    use: JudgeUse,
    *,
    most: int,
    seed: int,
    level: float,
    report: Report,
) -> tuple[JudgeChoice, ...]:
    """Ask every configured judge about some pairs, drawn by the seed; what was answered before is not asked again.

    Raises:
        InputError: where the spot-check of scrubbing does not allow sending the sample to a judge elsewhere.
    """
    judges = use.judges.everyone()
    if not judges or not pairs:
        return ()
    chosen = np.sort(np.random.default_rng(seed).permutation(len(pairs))[:most]).tolist()
    drawn = [pairs[at] for at in chosen]
    notes = [use.gate(workspace, sample_id, judge.settings.base_url) for judge in judges]
    questions = list(_questions(workspace, sample_id, drawn, sides, judges, seed))
    with Journal(workspace.audits / "judges.jsonl") as journal:
        heard = _Heard(journal)
        heard.note({note for note in notes if note})
        asyncio.run(_ask([one for one in questions if one.key not in heard.said], judges, heard, use.in_flight, report))
    return tuple(
        choice_of(
            judge.name,
            [(heard.said.get(one.key), one.request.swapped) for one in questions if one.judge == judge],
            level=level,
        )
        for judge in judges
    )


def _questions(
    workspace: Workspace,
    sample_id: str,
    pairs: Sequence[Pair],
    sides: tuple[Side, Side],
    judges: Sequence[Judge],
    seed: int,
) -> Iterator[Question]:
    ids = [pair.prefix_id for pair in pairs]
    prefixes = get_prefixes(workspace, sample_id, ids)
    texts = [readings(workspace, sample_id, side.run_id, ids, repeat=side.repeat) for side in sides]
    instructions = hashlib.sha256(TASK.encode()).hexdigest()
    for pair in pairs:
        prefix: Prefix = prefixes[pair.prefix_id].prefix
        first, second = (Response(text[pair.prefix_id]) for text in texts)
        request = realness_request(prefix, first, second, seed=seed)
        content = [content_key(prefix, first), content_key(prefix, second), request.swapped, instructions]
        for judge in judges:
            key = short_hash([judge.identity(), content])
            yield Question(judge, key, pair.prefix_id, request, first, second)


async def _ask(
    questions: Sequence[Question], judges: Sequence[Judge], heard: _Heard, in_flight: int, report: Report
) -> None:
    async with Bench(judges, schema=PAIR_SCHEMA) as bench:

        async def call(one: Question) -> dict[str, Any]:
            asked = await bench.ask(one.judge, one.request.messages)
            return _row(one, asked.answer)

        work = Work(questions, call, in_flight)
        await run_calls(
            work,
            heard,
            on_rows=lambda tally: report("asking judges which is the original", tally.rows, len(questions)),
            stop=lambda: False,
        )


def _row(one: Question, answer: Response | Failure) -> dict[str, Any]:
    found = None if isinstance(answer, Failure) else compare(answer.text, one.request, one.first, one.second)
    return {
        "key": one.key,
        "prefix_id": one.prefix_id,
        "judge": one.judge.name,
        "chose": found.more if found else None,
        **reading_row(answer, is_read=found is not None),
    }


@dataclass(slots=True)
class _Heard:
    """What judges chose, now and before. Their words quote responses and are not kept."""

    journal: Journal
    said: dict[str, More] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._hear(read_journal(self.journal.path))

    def note(self, notes: Iterable[str]) -> None:
        """Keep why conversations left this machine."""
        self.journal.append([{"note": note} for note in sorted(notes)])

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Keep choices; a call that failed is made again next time."""
        rows = list(rows)
        self.journal.write(rows)
        self._hear(rows)

    def sync(self) -> None:
        """Return when all of it is safe."""
        self.journal.sync()

    def _hear(self, rows: Iterable[dict[str, Any]]) -> None:
        self.said |= {row["key"]: row["chose"] for row in rows if row.get("status") == "ok"}
