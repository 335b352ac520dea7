"""Rollouts of a run: what answers the tools, within which limits, and one prefix of an agent answered whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from deploysim.chat.local_shared import shared_server
from deploysim.chat.model import Answer, ChatModel, Tool
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.parameters import RequestParameters
from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError
from deploysim.replay.rollout import Limits, roll_out
from deploysim.tools.schemas import name_of
from deploysim.tools.snapshot import Snapshot
from deploysim.tools.world import SimulatedWorld, Surroundings
from deploysim.types import Failure, Message, Prefix

NO_TOOLS: Callable[[Prefix], Sequence[Tool]] = lambda prefix: ()  # noqa: E731 (a default value)


@dataclass(frozen=True, slots=True)
class RolloutWays:
    """How the rollouts of a run go."""

    around: Surroundings = field(default_factory=Surroundings)
    limits: Limits = field(default_factory=Limits)
    tools: Callable[[Prefix], Sequence[Tool]] = NO_TOOLS
    """Returns the descriptions of the tools that a prefix's agent has."""
    simulator: ModelSettings | None = None
    """The model that plays tools; None for none."""
    repository: Path | None = None
    """Where snapshots are taken from; None for none."""


class _OneRollout:
    """The model as one rollout asks it: only its first request may be given up."""

    def __init__(self, model: OpenAIModel) -> None:
        self._model = model
        self._begun = False

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        seed: int | None = None,
        tools: Sequence[Tool] | None = None,
        parameters: RequestParameters | None = None,
    ) -> Answer:
        begun, self._begun = self._begun, True
        return await self._model.complete(messages, seed=seed, tools=tools, parameters=parameters, goes_on=begun)


async def answer_whole(
    model: ChatModel,
    prefix: Prefix,
    ways: RolloutWays,
    *,
    seed: int,
    tools: Sequence[Tool] = (),
    parameters: RequestParameters | None = None,
) -> Answer:
    """Let a model go on from an agent's prefix until it speaks to the user or something ends it.

    Args:
        model: Who goes on.
        prefix: Where it goes on from, with what the log has after it.
        ways: Who answers the tools, and the limits.
        seed: Sent with the requests, and decides which unrecorded answers fail.
        tools: Descriptions of the tools that it may call.
        parameters: Decoding parameters that are sent with every request.
    """
    at = prefix.started_at and prefix.started_at.replace(tzinfo=UTC)
    with _snapshot(ways.repository, at) as snapshot:
        world = SimulatedWorld(
            replace(ways.around, tools={name_of(tool): tool for tool in tools}),
            (*prefix.messages, *prefix.followed_by),
            cut=len(prefix.messages),
            conversation_id=prefix.conversation_id,
            at=at,
            seed=seed,
            snapshot=snapshot,
        )
        asked = _OneRollout(model) if isinstance(model, OpenAIModel) else model
        found = await roll_out(
            asked, prefix.messages, world, seed=seed, tools=tools, parameters=parameters, limits=ways.limits
        )
    return found.answer() if not isinstance(found, Failure) else found


@contextmanager
def _snapshot(repository: Path | None, at: datetime | None) -> Iterator[Snapshot | None]:
    """Open the repository as it was; without a time, or before its first commit, there is nothing to look into."""
    if repository is None or at is None:
        yield None
        return
    try:
        snapshot = Snapshot(repository, at)
    except InputError:
        yield None
        return
    try:
        yield snapshot
    finally:
        snapshot.close()


@asynccontextmanager
async def with_simulator(ways: RolloutWays | None) -> AsyncIterator[RolloutWays | None]:
    """Open the model that plays tools, where one is configured."""
    if ways is None or ways.simulator is None:
        yield ways
        return
    with _served(ways.simulator) as (settings, url):
        async with OpenAIModel(settings, base_url=url) as model:
            yield replace(ways, around=replace(ways.around, simulator=model))


def _served(settings: ModelSettings) -> AbstractContextManager[tuple[ModelSettings, str]]:
    return nullcontext((settings, settings.base_url)) if settings.base_url else _embedded(settings)


@contextmanager
def _embedded(settings: ModelSettings) -> Iterator[tuple[ModelSettings, str]]:
    with shared_server() as server:
        yield replace(settings, api_key=server.key, max_retries=1), server.url
