"""Replays prefixes through one model configuration: each gets one response, or a counted failure."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploysim.chat.local import SLOTS, local_server
from deploysim.chat.model import Answer, ChatModel
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.runner import RunTally, Work, run_calls
from deploysim.chat.settings import ModelSettings
from deploysim.errors import ModelError
from deploysim.store.imports import encode_tool_calls
from deploysim.store.journal import Journal, read_journal
from deploysim.types import Failure, Prefix


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """What to replay, through what, and how."""

    prefixes: Iterable[Prefix]
    settings: ModelSettings
    seed: int = 0
    in_flight: int = SLOTS
    skip: Set[str] = frozenset()
    """Prefixes that have their outcome already."""


def replay(
    job: ReplayJob,
    journal: Journal,
    *,
    clock: Callable[[], datetime],
    on_rows: Callable[[RunTally], None] = lambda tally: None,
    stop: Callable[[], bool] = lambda: False,
) -> RunTally:
    """Answer every prefix that is not to be skipped, and append each outcome to an open journal.

    Raises:
        ModelError: where the endpoint refuses every call or cannot be reached; what was answered is kept.
    """
    waiting = (prefix for prefix in job.prefixes if prefix.prefix_id not in job.skip)
    with _endpoint(job) as base_url:
        return asyncio.run(_replay(job, waiting, journal, base_url, clock, on_rows, stop))


def outcomes(journal: Path) -> dict[str, str]:
    """Return "ok" or "failed" for every prefix that a journal holds an outcome of, the newest one."""
    return {row["prefix_id"]: row["status"] for row in read_journal(journal)}


def prefix_seed(seed: int, prefix_id: str) -> int:
    """Return the seed that is sent for one prefix: the same on any machine, different between prefixes."""
    digest = hashlib.sha256(f"{seed}:{prefix_id}".encode()).digest()
    return int.from_bytes(digest[:4]) & 0x7FFFFFFF


async def _replay(
    job: ReplayJob,
    waiting: Iterator[Prefix],
    journal: Journal,
    base_url: str,
    clock: Callable[[], datetime],
    on_rows: Callable[[RunTally], None],
    stop: Callable[[], bool],
) -> RunTally:
    async with OpenAIModel(job.settings, base_url=base_url) as model:

        async def call(prefix: Prefix) -> dict[str, Any]:
            return await answer_row(model, prefix, seed=job.seed, clock=clock)

        try:
            return await run_calls(Work(waiting, call, job.in_flight), journal, on_rows=on_rows, stop=stop)
        except* ModelError as group:
            raise group.exceptions[0] from None


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


@contextmanager
def _endpoint(job: ReplayJob) -> Iterator[str]:
    if job.settings.base_url is None:
        with local_server(slots=max(1, min(job.in_flight, SLOTS))) as url:
            yield url
    else:
        _check_reachable(job.settings.base_url)
        yield job.settings.base_url


def _check_reachable(base_url: str) -> None:
    """Find out before the first prefix, not after thousands of failures."""
    if os.environ.get("HTTPS_PROXY") or os.environ.get("HTTP_PROXY") or os.environ.get("ALL_PROXY"):
        return
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelError(
            f"{base_url} is not the address of an endpoint.",
            expected="a base URL such as https://api.openai.com/v1 or http://127.0.0.1:8081/v1",
            next_step="correct --base-url or OPENAI_BASE_URL",
        )
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=10).close()
    except OSError as error:
        raise ModelError(
            f"Nothing answers at {base_url} ({error.strerror or type(error).__name__}).",
            expected="a running OpenAI-compatible endpoint that this machine can reach",
            next_step="start it, or correct --base-url or OPENAI_BASE_URL; the same command then goes on from here",
        ) from error
