"""Replays prefixes through one model configuration: each gets one response, or a counted failure."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from deploysim.chat.api import APIS
from deploysim.chat.local import LocalServer
from deploysim.chat.local_shared import shared_server
from deploysim.chat.model import Answer, ChatModel, Tool
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.pace import GivenUpError, Pace
from deploysim.chat.parameters import RequestParameters, request_parameters, request_tools
from deploysim.chat.runner import RowSink, Work, run_calls
from deploysim.chat.settings import ModelSettings
from deploysim.chat.tally import RunTally
from deploysim.chat.width import Width
from deploysim.replay.rollouts import RolloutWays, answer_whole, with_simulator
from deploysim.store.imports import encode_tool_calls
from deploysim.store.trajectories import trajectory_fields
from deploysim.types import Failure, Prefix

LOCAL_TIMEOUT_S = 1_800.0
"""The embedded model is slow on a busy machine, not stuck: giving up on it would only send the same prefix again."""
IN_FLIGHT = 64
"""Ceiling of requests at the same time, where nobody names another. How many there are adapts to the endpoint."""
NO_SEED = "The endpoint takes no seed, so none was sent: its answers cannot be drawn again."

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Task:
    """One response to get."""

    prefix: Prefix
    repeat: int = 0
    """Which of several independent responses to the prefix."""
    attempt: int = 1
    """1 for the first, one more each time that its outcome is asked for anew."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """What to replay, through what, and how."""

    tasks: Iterable[Task]
    """In the order in which they are sent; each is sent, so they name nothing twice."""
    settings: ModelSettings
    seed: int = 0
    in_flight: int = IN_FLIGHT
    """Most requests at the same time."""
    rollouts: RolloutWays | None = None
    """How agents' prefixes are answered; None where there are none."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """What a run asks and tells while it goes on."""

    clock: Clock
    """Tells the time that is written beside an outcome."""
    on_rows: Callable[[RunTally, Pace], None] = lambda tally, pace: None
    """Called from a helper thread when outcomes have become safe, and at least once a second."""
    stop: Callable[[], bool] = lambda: False
    """Asked before each prefix; True ends the run cleanly after what is in flight."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where the prefixes are sent."""

    settings: ModelSettings
    base_url: str
    width: Width
    check: Callable[[], None]
    """Raises ModelError where nothing can be sent there any more."""


def replay(job: ReplayJob, sink: RowSink, watcher: Watcher) -> RunTally:
    """Get all responses of a job, and keep each outcome as it arrives.

    Where there is nothing to get, no model is started or asked.

    Args:
        job: What to replay.
        sink: Where outcomes are kept, such as an open journal.
        watcher: Who follows the run.

    Raises:
        ModelError: where the endpoint refuses every call or cannot be reached; what was answered is kept.
    """
    tasks = iter(job.tasks)
    first = next(tasks, None)
    if first is None or watcher.stop():
        return RunTally()
    with _target(job) as target:
        return asyncio.run(_replay(job, target, _chain(first, tasks), sink, watcher))


def prefix_seed(seed: int, prefix_id: str, repeat: int = 0, attempt: int = 1) -> int:
    """Return the seed that is sent for one response: the same on any machine, different between any two."""
    drawn = "" if (repeat, attempt) == (0, 1) else f":{repeat}:{attempt}"
    digest = hashlib.sha256(f"{seed}:{prefix_id}{drawn}".encode()).digest()
    return int.from_bytes(digest[:4]) & 0x7FFFFFFF


async def answer_row(
    model: ChatModel,
    task: Task,
    settings: ModelSettings,
    *,
    seed: int,
    clock: Clock,
    rollouts: RolloutWays | None = None,
) -> dict[str, Any] | None:
    """Ask a model for one response, an agent for a whole rollout, and return it as a journal row.

    None where it was given up: before it was sent, or within a rollout, which begins anew when the run goes on.
    """
    prefix = task.prefix
    sent = prefix_seed(seed, prefix.prefix_id, task.repeat, task.attempt)
    whole = rollouts if prefix.followed_by else None
    tools, given = what_is_given(settings, prefix, seen=whole.tools(prefix) if whole else ())
    try:
        if whole:
            answer = await answer_whole(model, prefix, whole, seed=sent, tools=tools, parameters=given)
        else:
            answer = await model.complete(prefix.messages, seed=sent, tools=tools or None, parameters=given)
    except GivenUpError:
        return None
    return response_row(prefix.prefix_id, answer, at=clock(), repeat=task.repeat, attempt=task.attempt, given=given)


def what_is_given(
    settings: ModelSettings, prefix: Prefix, *, seen: Sequence[Tool] = ()
) -> tuple[tuple[Tool, ...], RequestParameters]:
    """Return the tools and the decoding parameters that are sent with a prefix.

    `seen` are tools as a log's calls show them, which are sent where the log does not describe its tools.
    """
    tools = request_tools(settings, prefix.tools)
    if settings.with_tools and not tools:
        tools = tuple(seen)
    lacks = APIS[settings.api].lacks
    return tools, request_parameters(settings, prefix.parameters, has_tools=bool(tools), lacks=lacks)


def response_row(
    prefix_id: str,
    answer: Answer,
    *,
    at: datetime,
    repeat: int = 0,
    attempt: int = 1,
    given: RequestParameters | None = None,
) -> dict[str, Any]:
    """Return an answer as a journal row; a failure is a row like any other."""
    row: dict[str, Any] = {
        "prefix_id": prefix_id,
        "repeat": repeat,
        "attempt": attempt,
        "at": at.isoformat(timespec="seconds"),
        **(given.row() if given else {}),
    }
    if isinstance(answer, Failure):
        blank = dict.fromkeys(
            ("text", "tool_calls", "finish_reason", "prompt_tokens", "completion_tokens", "latency_s", "model")
        )
        return {**row, **blank, "status": "failed", "failure_kind": str(answer.kind), "failure_detail": answer.detail}
    fields = asdict(replace(answer, trajectory=None)) | {"tool_calls": encode_tool_calls(answer.tool_calls)}
    del fields["trajectory"]
    if answer.trajectory:
        fields |= trajectory_fields(answer.trajectory)
    return {**row, **fields, "status": "ok", "failure_kind": None, "failure_detail": None}


async def _replay(job: ReplayJob, target: _Target, tasks: Iterator[Task], sink: RowSink, watcher: Watcher) -> RunTally:
    settings = target.settings
    pace = Pace(
        target.width,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
    )
    async with (
        OpenAIModel(settings, base_url=target.base_url, pace=pace, check=target.check) as model,
        with_simulator(job.rollouts) as ways,
    ):

        async def call(task: Task) -> dict[str, Any] | None:
            return await answer_row(model, task, settings, seed=job.seed, clock=watcher.clock, rollouts=ways)

        def on_rows(tally: RunTally) -> None:
            if not model.takes_seed:
                tally.notes.add(NO_SEED)
            watcher.on_rows(tally, pace)

        work = Work(tasks, call, target.width.ceiling, pace.close)
        return await run_calls(work, sink, on_rows=on_rows, stop=watcher.stop)


def _chain(first: Task, rest: Iterator[Task]) -> Iterator[Task]:
    yield first
    yield from rest


@contextmanager
def _target(job: ReplayJob) -> Iterator[_Target]:
    settings = job.settings
    if settings.base_url is not None:
        yield _Target(settings, settings.base_url, Width(job.in_flight), check=lambda: None)
        return
    with shared_server() as server:
        yield _local_target(settings, server, job.in_flight)


def _local_target(settings: ModelSettings, server: LocalServer, in_flight: int) -> _Target:
    # Nothing on the way to it can fail for a moment: when it does not answer, it is gone.
    patient = replace(settings, api_key=server.key, timeout_s=max(settings.timeout_s, LOCAL_TIMEOUT_S), max_retries=1)
    # Requests beyond the slots would only wait inside the server.
    slots = min(in_flight, server.slots)
    return _Target(patient, server.url, Width(slots, start=slots), server.check)
