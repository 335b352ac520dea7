"""Replays prefixes through one model configuration: each gets one response, or a counted failure."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from deploysim.chat.local import SLOTS, local_server
from deploysim.chat.model import Answer, ChatModel
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.runner import RunTally, Work, run_calls
from deploysim.chat.settings import ModelSettings
from deploysim.store.imports import encode_tool_calls
from deploysim.store.journal import Journal, read_journal
from deploysim.types import Failure, FailureKind, Prefix

LOCAL_TIMEOUT_S = 1_800.0
"""The embedded model is slow on a busy machine, not stuck: giving up on it would only send the same prefix again."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """What to replay, through what, and how."""

    prefixes: Iterable[Prefix]
    settings: ModelSettings
    seed: int = 0
    in_flight: int = SLOTS
    skip: Set[str] = frozenset()
    """Prefixes that have their outcome already."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where the prefixes are sent."""

    settings: ModelSettings
    base_url: str
    in_flight: int
    check: Callable[[], None]
    """Raises ModelError where nothing can be sent there any more."""


def replay(
    job: ReplayJob,
    journal: Journal,
    *,
    clock: Callable[[], datetime],
    on_rows: Callable[[RunTally], None] = lambda tally: None,
    stop: Callable[[], bool] = lambda: False,
) -> RunTally:
    """Answer every prefix that is not to be skipped, and append each outcome to an open journal.

    Prefixes are sent in the order given. Where all have their outcome already, no model is started or asked.

    Args:
        job: What to replay.
        journal: Where outcomes are kept.
        clock: Tells the time that is written beside an outcome.
        on_rows: Called after each write with the tally of this process.
        stop: Asked before each prefix; True ends the run cleanly after what is in flight.

    Raises:
        ModelError: where the endpoint refuses every call or cannot be reached; what was answered is kept.
    """
    waiting = _once_each(job)
    first = next(waiting, None)
    if first is None or stop():
        return RunTally()
    with _target(job) as target:
        return asyncio.run(_replay(job, target, _chain(first, waiting), journal, clock, on_rows, stop))


def outcomes(journal: Path) -> dict[str, str]:
    """Return "ok" or "failed" for every prefix that a journal holds an outcome of, the newest one."""
    return {row["prefix_id"]: row["status"] for row in read_journal(journal)}


def prefix_seed(seed: int, prefix_id: str) -> int:
    """Return the seed that is sent for one prefix: the same on any machine, different between prefixes."""
    digest = hashlib.sha256(f"{seed}:{prefix_id}".encode()).digest()
    return int.from_bytes(digest[:4]) & 0x7FFFFFFF


async def _replay(
    job: ReplayJob,
    target: _Target,
    waiting: Iterator[Prefix],
    journal: Journal,
    clock: Callable[[], datetime],
    on_rows: Callable[[RunTally], None],
    stop: Callable[[], bool],
) -> RunTally:
    async with OpenAIModel(target.settings, base_url=target.base_url) as model:

        async def call(prefix: Prefix) -> dict[str, Any]:
            row = await answer_row(model, prefix, seed=job.seed, clock=clock)
            if row["failure_kind"] == FailureKind.CONNECTION_LOST:
                target.check()
            return row

        return await run_calls(Work(waiting, call, target.in_flight), journal, on_rows=on_rows, stop=stop)


async def answer_row(model: ChatModel, prefix: Prefix, *, seed: int, clock: Callable[[], datetime]) -> dict[str, Any]:
    """Ask a model for one response and return it as a journal row."""
    answer = await model.complete(prefix.messages, seed=prefix_seed(seed, prefix.prefix_id))
    return response_row(prefix.prefix_id, answer, at=clock())


def response_row(prefix_id: str, answer: Answer, *, at: datetime) -> dict[str, Any]:
    """Return an answer as a journal row; a failure is a row like any other."""
    row: dict[str, Any] = {"prefix_id": prefix_id, "repeat": 0, "at": at.isoformat(timespec="seconds")}
    if isinstance(answer, Failure):
        blank = dict.fromkeys(
            ("text", "tool_calls", "finish_reason", "prompt_tokens", "completion_tokens", "latency_s", "model")
        )
        return {**row, **blank, "status": "failed", "failure_kind": str(answer.kind), "failure_detail": answer.detail}
    fields = {**asdict(answer), "tool_calls": encode_tool_calls(answer.tool_calls)}
    return {**row, **fields, "status": "ok", "failure_kind": None, "failure_detail": None}


def _once_each(job: ReplayJob) -> Iterator[Prefix]:
    sent = set(job.skip)
    for prefix in job.prefixes:
        if prefix.prefix_id not in sent:
            sent.add(prefix.prefix_id)
            yield prefix


def _chain(first: Prefix, rest: Iterator[Prefix]) -> Iterator[Prefix]:
    yield first
    yield from rest


@contextmanager
def _target(job: ReplayJob) -> Iterator[_Target]:
    settings = job.settings
    if settings.base_url is not None:
        yield _Target(settings, settings.base_url, job.in_flight, check=lambda: None)
        return
    slots = max(1, min(job.in_flight, SLOTS))
    with local_server(slots=slots) as server:
        # Nothing on the way to it can fail for a moment: when it does not answer, it is gone.
        patient = replace(settings, timeout_s=max(settings.timeout_s, LOCAL_TIMEOUT_S), max_retries=1)
        # Requests beyond the slots would only wait inside the server.
        yield _Target(patient, server.url, slots, server.check)
