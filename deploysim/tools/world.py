"""The simulated world of one rollout: each call goes down the tool's list of sources until one answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deploysim.chat.model import ChatModel, Tool
from deploysim.tools.calls import argument, call_key, named_values
from deploysim.tools.faults import FaultModel
from deploysim.tools.ledger import Ledger
from deploysim.tools.recorded import Exchange, RecordedAnswers, TrafficAnswers, World, exchanges
from deploysim.tools.results import ToolResult, ToolSource
from deploysim.tools.simulator import Briefing, simulated
from deploysim.tools.snapshot import PathError, Snapshot
from deploysim.tools.spec import SnapshotRule, Step, ToolSpec, ToolSpecs
from deploysim.types import Failure, Message, ToolCall

NEVER_FAILS = (ToolSource.RECORDED, ToolSource.TRAFFIC, ToolSource.OWN_WRITE)
"""Answers whose failures are recorded already, or that are what the rollout itself wrote."""

Similar = Callable[[ToolCall, str], Sequence[Exchange]]
"""Returns recorded calls that are like a call, nearest first; those of the conversation named are left out."""


def nothing_similar(call: ToolCall, conversation_id: str) -> Sequence[Exchange]:
    """Return no recorded call."""
    return ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rollouts of a run share: who can answer, beside each conversation's own record."""

    specs: ToolSpecs = field(default_factory=ToolSpecs)
    traffic: TrafficAnswers = field(default_factory=TrafficAnswers)
    faults: FaultModel = field(default_factory=FaultModel)
    simulator: ChatModel | None = None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    similar: Similar = nothing_similar


class LeftTheWorldError(Exception):
    """Nobody can answer a call: the rollout ends here, as a counted outcome."""

    def __init__(self, tool: str) -> None:
        self.tool = tool
        super().__init__(tool)


class SimulatedWorld:
    """Answers the tool calls of one rollout.

    Args:
        surroundings: Who can answer.
        original: The recorded conversation, with what came after the cut.
        cut: Messages of it that are the prefix.
        conversation_id: Names the conversation.
        at: Its time.
        seed: Decides which unrecorded answers fail, and goes to the model that plays tools.
        snapshot: The repository at that time, where there is one.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        original: Sequence[Message],
        *,
        cut: int,
        conversation_id: str,
        at: datetime | None,
        seed: int,
        snapshot: Snapshot | None = None,
    ) -> None:
        self._around = surroundings
        self._original = original
        self._conversation_id = conversation_id
        self._at = at
        self._seed = seed
        self._snapshot = snapshot
        self._recorded = RecordedAnswers(exchanges(original, surroundings.specs))
        self._ledger = Ledger(_world_after(original[:cut], surroundings.specs))
        self._given: list[tuple[ToolCall, str]] = []
        self._simulated: dict[tuple[str, World], ToolResult] = {}

    async def answer(self, call: ToolCall) -> ToolResult:
        """Answer one call.

        Raises:
            LeftTheWorldError: where none of the tool's sources has an answer.
        """
        spec = self._around.specs.of(call.name)
        result = await self._found(call, spec)
        self._ledger.note(call, spec, failed=result.failed)
        self._given.append((call, result.content))
        return result

    async def _found(self, call: ToolCall, spec: ToolSpec) -> ToolResult:
        own = self._ledger.written(call, spec)
        if own is not None:
            return ToolResult(own, ToolSource.OWN_WRITE)
        world = self._ledger.world()
        asked_before = self._ledger.asked_before(call, world)
        for step in spec.answers:
            if step is Step.RECORDED:
                result = self._result(spec, self._recorded.answer(call, world, asked_before=asked_before))
            elif step is Step.SIMULATOR:
                result = await self._simulated_once(call, spec, world)
            else:
                result = self._looked_up(call, spec, step)
            if result is not None:
                return self._faulty(call, result, world)
        raise LeftTheWorldError(call.name)

    def _result(self, spec: ToolSpec, said: str | None, source: ToolSource = ToolSource.RECORDED) -> ToolResult | None:
        return None if said is None else ToolResult(said, source, spec.failed(said))

    def _looked_up(self, call: ToolCall, spec: ToolSpec, step: Step) -> ToolResult | None:
        if step is Step.TRAFFIC and spec.read_only:
            changes = self._ledger.changes
            said = self._around.traffic.answer(call, changes, conversation_id=self._conversation_id, at=self._at)
            return self._result(spec, said, ToolSource.TRAFFIC)
        if step is Step.SNAPSHOT and self._snapshot and spec.snapshot and self._still_holds(spec.snapshot):
            return _looked_into(self._snapshot, call, spec.snapshot)
        return self._result(spec, spec.static, ToolSource.STATIC) if step is Step.STATIC else None

    def _still_holds(self, rule: SnapshotRule) -> bool:
        """Whether the snapshot is right although this rollout wrote files: their own texts were looked at before."""
        return rule.kind == "read" or not self._ledger.files

    async def _simulated_once(self, call: ToolCall, spec: ToolSpec, world: World) -> ToolResult | None:
        """The same question in the same world has one answer, however often it is asked."""
        key = (call_key(call), world)
        if key not in self._simulated:
            result = await self._simulate(call, spec)
            if result is None:
                return None
            self._simulated[key] = result
        return self._simulated[key]

    def _faulty(self, call: ToolCall, result: ToolResult, world: World) -> ToolResult:
        """Return the result, or in its place a failure where this call is to fail."""
        if result.source in NEVER_FAILS or result.failed or not self._around.specs.faults:
            return result
        seed = f"{self._seed}:{self._conversation_id}:{call_key(call)}:{sorted(world)}"
        said = self._around.faults.failure(call.name, seed=seed)
        return result if said is None else ToolResult(said, ToolSource.FAULT, failed=True)

    async def _simulate(self, call: ToolCall, spec: ToolSpec) -> ToolResult | None:
        if self._around.simulator is None:
            return None
        briefing = Briefing(
            original=self._original,
            tools=self._around.tools,
            files=self._named_files(call),
            similar=self._around.similar(call, self._conversation_id),
            given=self._given,
        )
        answer = await simulated(self._around.simulator, call, briefing, seed=self._call_seed(call))
        if isinstance(answer, Failure):
            return None
        return ToolResult(answer.text, ToolSource.SIMULATOR, spec.failed(answer.text))

    def _named_files(self, call: ToolCall) -> dict[str, str]:
        """Return the files that a call names: as this rollout wrote them, else as the snapshot has them."""
        found = dict(self._ledger.files)
        for value in _path_like(call):
            if self._snapshot and value not in found:
                try:
                    found[value] = self._snapshot.read(value)
                except PathError:
                    continue
        return found

    def _call_seed(self, call: ToolCall) -> int:
        digest = hashlib.sha256(f"{self._seed}:{self._conversation_id}:{call_key(call)}".encode()).digest()
        return int.from_bytes(digest[:4]) & 0x7FFFFFFF


def _world_after(messages: Sequence[Message], specs: ToolSpecs) -> World:
    ledger = Ledger()
    for one in exchanges(messages, specs):
        spec = specs.of(one.call.name)
        ledger.note(one.call, spec, failed=spec.failed(one.result))
    return ledger.world()


def _looked_into(snapshot: Snapshot, call: ToolCall, rule: SnapshotRule) -> ToolResult:
    path = (argument(call, rule.path) if rule.path else None) or ""
    pattern = (argument(call, rule.pattern) if rule.pattern else None) or ""
    try:
        if rule.kind == "read":
            text = snapshot.read(path)
        elif rule.kind == "list":
            text = "\n".join(snapshot.names(path))
        elif rule.kind == "search":
            text = "\n".join(snapshot.search(pattern, path)) or "no matches"
        else:
            text = "\n".join(snapshot.log(path))
    except PathError as error:
        return ToolResult(f"Error: {error}", ToolSource.SNAPSHOT, failed=True)
    return ToolResult(text, ToolSource.SNAPSHOT)


def _path_like(call: ToolCall) -> list[str]:
    return sorted(value for value in named_values(call) if "/" in value or "." in value)
