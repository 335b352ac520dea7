"""What a run's agents meet in place of their tools: put together from the imported traffic before the run begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from deploysim.chat.model import Tool
from deploysim.chat.settings import ModelSettings
from deploysim.replay.rollout import Limits
from deploysim.replay.rollouts import RolloutWays
from deploysim.store.imports import decode_tool_calls
from deploysim.store.tool_records import (
    AgentConversation,
    RecordedCall,
    ToolRecords,
    agent_conversations,
    recorded_messages,
    sampled_calls,
)
from deploysim.store.workspace import Workspace
from deploysim.tools.calls import call_key
from deploysim.tools.faults import FaultModel, fault_model
from deploysim.tools.recorded import Elsewhere, Exchange, TrafficAnswers, exchanges
from deploysim.tools.schemas import SeenTools, agent_key
from deploysim.tools.spec import TOOLS, Step, ToolSpecs, load_tools
from deploysim.tools.world import Similar, Surroundings, nothing_similar
from deploysim.types import Prefix, ToolCall

DATABASE = "database"
"""Not a source by itself: the recorded calls that the model which plays a tool is shown."""
SOURCES = (Step.RECORDED, Step.TRAFFIC, Step.SNAPSHOT, DATABASE, Step.SIMULATOR)
"""What answers tools, in the order in which an ablation takes it away."""
SIMILAR = 4
"""Recorded calls that the model which plays a tool is shown as examples."""


@dataclass(frozen=True, slots=True)
class RolloutOptions:
    """How the rollouts of a run go."""

    file: Path = TOOLS
    """How each tool is answered."""
    limits: Limits = field(default_factory=Limits)
    simulator: ModelSettings | None = None
    repository: Path | None = None
    without: tuple[str, ...] = ()
    """Members of `SOURCES` that answer no tool, whatever the file says."""

    def specs(self) -> ToolSpecs:
        """Read how each tool is answered."""
        return load_tools(self.file).without(self.without)

    def sources(self) -> list[str]:
        """Return the members of `SOURCES` that can answer some tool."""
        used = self.specs().used()
        simulated = Step.SIMULATOR in used and self.simulator is not None
        there = {
            Step.RECORDED: Step.RECORDED in used,
            Step.TRAFFIC: Step.TRAFFIC in used,
            Step.SNAPSHOT: Step.SNAPSHOT in used and self.repository is not None,
            DATABASE: simulated and DATABASE not in self.without,
            Step.SIMULATOR: simulated,
        }
        return [str(source) for source in SOURCES if there[source]]

    def identity(self) -> dict[str, Any]:
        """Return all that can change what a rollout comes to."""
        limits = self.limits
        return {
            "tools": self.specs().fingerprint(),
            "limits": [limits.steps, limits.tokens, limits.seconds],
            "simulator": self.simulator.identity() if self.simulator else None,
            "repository": str(self.repository) if self.repository else None,
            **({"without": sorted(self.without)} if self.without else {}),
        }

    def given(self) -> dict[str, Any]:
        """Return the options as the command line takes them, for going on with a run."""
        return {
            "--tools": str(self.file),
            "--max-steps": self.limits.steps,
            "--max-rollout-tokens": self.limits.tokens,
            "--max-rollout-seconds": self.limits.seconds,
            "--simulator": self.simulator.model if self.simulator else None,
            "--simulator-url": self.simulator.base_url if self.simulator else None,
            "--repository": str(self.repository) if self.repository else None,
            "--without": ",".join(self.without) or None,
        }


@contextmanager
def tool_worlds(workspace: Workspace, sample_id: str, options: RolloutOptions | None) -> Iterator[RolloutWays | None]:
    """Give what the rollouts of a run share, while its block lasts; None where there are no rollouts.

    The imported traffic is read only where some tool's list of sources asks for it.
    """
    if options is None:
        yield None
        return
    specs = options.specs()
    ways = RolloutWays(
        Surroundings(specs), options.limits, _tools(workspace, sample_id), options.simulator, options.repository
    )
    used = specs.used()
    with ExitStack() as stack:
        if used - {Step.RECORDED, Step.STOP}:
            faults = _faults(workspace, specs) if specs.faults else FaultModel()
            ways = replace(ways, around=replace(ways.around, faults=faults))
        if used & {Step.TRAFFIC, Step.SIMULATOR}:
            records = stack.enter_context(ToolRecords(_calls(workspace, specs)))
            traffic = TrafficAnswers(_same(records))
            similar = nothing_similar if DATABASE in options.without else _similar(records)
            ways = replace(ways, around=replace(ways.around, traffic=traffic, similar=similar))
        yield ways


def _tools(workspace: Workspace, sample_id: str) -> Callable[[Prefix], Sequence[Tool]]:
    """Return what gives the tools of a prefix's agent, as the calls in the sample show them."""
    agents: dict[str, SeenTools] = {}
    for system, calls in sampled_calls(workspace, sample_id):
        seen = agents.setdefault(agent_key(system), SeenTools())
        for call in decode_tool_calls(calls):
            seen.note(call)
    described = {key: tuple(seen.descriptions().values()) for key, seen in agents.items()}

    def tools(prefix: Prefix) -> Sequence[Tool]:
        first = prefix.messages[0]
        return described.get(agent_key(first.content if first.role == "system" else ""), ())

    return tools


def _faults(workspace: Workspace, specs: ToolSpecs) -> FaultModel:
    return fault_model(
        (one for talk in agent_conversations(workspace) for one in exchanges(talk.messages, specs)), specs
    )


def _calls(workspace: Workspace, specs: ToolSpecs) -> Iterator[RecordedCall]:
    wanted = {Step.TRAFFIC, Step.SIMULATOR}
    for talk in agent_conversations(workspace):
        for call in _answered(talk):
            if wanted & set(specs.of(call.tool).answers):
                yield call


def _answered(talk: AgentConversation) -> Iterator[RecordedCall]:
    open_calls: dict[str, tuple[int, ToolCall]] = {}
    for index, message in enumerate(talk.messages):
        if message.role == "assistant":
            open_calls = {call.id: (index, call) for call in message.tool_calls}
        made = open_calls.pop(message.tool_call_id or "", None) if message.role == "tool" else None
        if made:
            at, call = made
            yield RecordedCall(
                call_key(call),
                call.name,
                call.arguments,
                talk.conversation_id,
                talk.started_at,
                talk.file,
                at,
                call.id,
                index,
            )


def _same(records: ToolRecords) -> Callable[[str], Sequence[Elsewhere]]:
    def same(key: str) -> Sequence[Elsewhere]:
        # Only the answer that is chosen is read.
        return [
            Elsewhere(one.conversation_id, _aware(one.started_at), partial(_result, one)) for one in records.same(key)
        ]

    return same


def _result(call: RecordedCall) -> str:
    return recorded_messages(call)[1].content


def _similar(records: ToolRecords) -> Similar:
    def similar(call: ToolCall, conversation_id: str) -> Sequence[Exchange]:
        found = records.similar(call.name, call.arguments, but=conversation_id, limit=SIMILAR)
        return [_exchange(one) for one in found]

    return similar


def _exchange(one: RecordedCall) -> Exchange:
    made, given = recorded_messages(one)
    call = next(call for call in made.tool_calls if call.id == one.call_id)
    return Exchange(call, given.content, frozenset())


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
