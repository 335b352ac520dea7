"""Asking an auditor to propose categories: some changed pairs, drawn by the seed, in a few calls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deploysim.audit.auditor import PROPOSALS_SCHEMA, Batch, ReadPair, batches
from deploysim.audit.discoveries import Opinion
from deploysim.audit.proposals import Ideas, opinion_of, read_ideas
from deploysim.audit.records import Side
from deploysim.audit.telling import Pair
from deploysim.chat.batching.job import BYTES_PER_TOKEN
from deploysim.chat.model import Answer
from deploysim.chat.runner import Work, run_calls
from deploysim.chat.tally import reading_row
from deploysim.grade.judging.asking import Bench
from deploysim.grade.judging.judges import Judge
from deploysim.pipeline.audited_lanes import readings
from deploysim.pipeline.grading import JudgeUse, Report
from deploysim.pipeline.judge_purse import JudgePurse
from deploysim.store.sample_prefixes import get_prefixes
from deploysim.store.workspace import Workspace
from deploysim.types import Failure, Response

PAIRS = 40
"""Pairs that an auditor reads unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """A model that reads pairs, and how it may be asked."""

    judge: Judge
    use: JudgeUse
    """Limits only: who judges behaviours is not asked."""
    known: tuple[str, ...]
    """Names of the categories that there are."""
    pairs: int = PAIRS
    """The most that it reads."""

    def gate(self, workspace: Workspace, sample_id: str) -> str:
        """Return a note where the sample may leave above the leak limit; InputError where it may not."""
        return self.use.gate(workspace, sample_id, self.judge.settings.base_url)


def ask_auditor(
    workspace: Workspace,
    sample_id: str,
    pairs: Sequence[Pair],
    sides: tuple[Side, Side],
    auditor: Auditor,
    *,
    seed: int,
    report: Report,
) -> tuple[Opinion, tuple[str, ...]]:
    """Return what an auditor proposes after reading some pairs, and notes on how it came about.

    Raises:
        InputError: where the spot-check of scrubbing does not allow sending the sample there, or a budget cannot be kept.
        ModelError: where the endpoint refuses every call.
    """
    note = auditor.gate(workspace, sample_id)
    asked = list(batches(_drawn(workspace, sample_id, pairs, sides, auditor.pairs, seed), auditor.known, seed=seed))
    purse = JudgePurse(auditor.use.budget, auditor.use.prices)
    purse.check([auditor.judge.name])
    heard = _Heard(auditor.judge.name, purse)
    asyncio.run(_ask(asked, auditor, heard, report))
    sent = [batch for batch in asked if batch.number in heard.said]
    opinion = opinion_of(auditor.judge.name, [heard.said[batch.number] for batch in sent], sent, auditor.known)
    left = len(asked) - len(sent)
    spent = f"The auditor's budget had no room for {left} of {len(asked)} calls." if left else ""
    return opinion, tuple(one for one in (note, spent) if one)


def _drawn(
    workspace: Workspace, sample_id: str, pairs: Sequence[Pair], sides: tuple[Side, Side], most: int, seed: int
) -> list[ReadPair]:
    chosen = [pairs[at] for at in np.random.default_rng(seed).permutation(len(pairs))[:most].tolist()]
    ids = [pair.prefix_id for pair in chosen]
    prefixes = get_prefixes(workspace, sample_id, ids)
    first, second = (readings(workspace, sample_id, side.run_id, ids, repeat=side.repeat) for side in sides)
    return [
        ReadPair(prefixes[i].prefix, pair.cluster, Response(first[i]), Response(second[i]))
        for i, pair in zip(ids, chosen, strict=True)
    ]


async def _ask(asked: Sequence[Batch], auditor: Auditor, heard: _Heard, report: Report) -> None:
    judge = auditor.judge
    async with Bench([judge], schema=PROPOSALS_SCHEMA, in_flight=auditor.use.in_flight) as bench:

        async def call(batch: Batch) -> dict[str, Any] | None:
            chars = sum(len(message.content) for message in batch.messages)
            if not heard.purse.set_aside(str(batch.number), judge.name, chars / BYTES_PER_TOKEN):
                return None
            return _row(batch, (await bench.ask(judge, batch.messages)).answer)

        await run_calls(
            Work(asked, call, auditor.use.in_flight),
            heard,
            on_rows=lambda tally: report(f"{judge.name} reads pairs", tally.rows, len(asked)),
            stop=heard.purse.is_empty,
        )


def _row(batch: Batch, answer: Answer) -> dict[str, Any]:
    said = None if isinstance(answer, Failure) else read_ideas(answer.text, batch)
    return {"number": batch.number, "said": said, **reading_row(answer, is_read=said is not None)}


@dataclass(slots=True)
class _Heard:
    """What was said to each batch. Replies quote responses: nothing is kept but what the audit's record holds."""

    judge: str
    purse: JudgePurse
    said: dict[int, Ideas | None] = field(default_factory=dict)

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take note of what was said and what it took."""
        for row in rows:
            self.said[row["number"]] = row["said"]
            self.purse.pay(self.judge, row["prompt_tokens"], row["completion_tokens"], call=str(row["number"]))

    def sync(self) -> None:
        """Nothing is to be made safe: the record is written once, when all is said."""
