"""One rollout: a model calls tools and gets answers until it answers, asks, or something ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from deploysim.chat.model import ChatModel, Tool
from deploysim.chat.parameters import RequestParameters
from deploysim.tools.results import ToolResult, ToolSource
from deploysim.tools.trajectory import asks
from deploysim.tools.world import LeftTheWorldError, SimulatedWorld
from deploysim.types import Ending, Failure, Message, Response, ToolCall, Trajectory


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a rollout that does not end by itself."""

    steps: int = 30
    """Responses of the model."""
    tokens: int = 200_000
    """Read and written, over all its responses, as the endpoint counted them."""
    seconds: float = 1_800.0


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a model did after a prefix."""

    messages: tuple[Message, ...]
    """Its responses and the results it was given, in order."""
    results: tuple[ToolResult, ...]
    """One for each tool message, in order, with its source."""
    ending: Ending
    response: Response
    """The last response, with the tokens of all of them."""
    left_at: str = ""
    """The tool that nobody could answer for."""

    def answer(self) -> Response:
        """Return the last response, with all steps as its trajectory."""
        steps = Trajectory(
            messages=self.messages,
            ending=self.ending,
            sources=tuple(str(result.source) for result in self.results),
            failed=tuple(result.failed for result in self.results),
            left_at=self.left_at,
        )
        return replace(self.response, trajectory=steps)

    def sources(self) -> dict[ToolSource, int]:
        """Return how many results came from where."""
        counts = dict.fromkeys(ToolSource, 0)
        for result in self.results:
            counts[result.source] += 1
        return {source: n for source, n in counts.items() if n}


@dataclass(slots=True)
class _Tape:
    """What has happened so far."""

    messages: list[Message] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_s: float = 0.0

    def note(self, response: Response) -> None:
        self.messages.append(Message("assistant", response.text, response.tool_calls, None, response.finish_reason))
        self.prompt_tokens += response.prompt_tokens or 0
        self.completion_tokens += response.completion_tokens or 0
        self.latency_s += response.latency_s or 0.0

    def ended(self, ending: Ending, last: Response, left_at: str = "") -> Rollout:
        whole = replace(
            last,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            latency_s=round(self.latency_s, 3),
        )
        return Rollout(tuple(self.messages), tuple(self.results), ending, whole, left_at)


async def roll_out(
    model: ChatModel,
    prefix: Sequence[Message],
    world: SimulatedWorld,
    *,
    seed: int,
    tools: Sequence[Tool] = (),
    parameters: RequestParameters | None = None,
    limits: Limits = Limits(),
    clock: Callable[[], float] = time.monotonic,
) -> Rollout | Failure:
    """Let a model go on from a prefix until it speaks to the user or a limit ends it.

    A failed call of the model is the failure of the whole rollout: what it would have done next is not known.

    Args:
        model: Who goes on.
        prefix: Messages up to the last one of the user.
        world: Answers its tool calls.
        seed: Sent with every request; each step has its own.
        tools: Descriptions of the tools, as the chat API takes them.
        parameters: Decoding parameters, sent with every request.
        limits: What ends a rollout that does not end by itself.
        clock: Seconds, for the time limit.
    """
    tape, began = _Tape(), clock()
    for step in count(1):
        answer = await model.complete(
            [*prefix, *tape.messages], seed=(seed + step) & 0x7FFFFFFF, tools=tools or None, parameters=parameters
        )
        if isinstance(answer, Failure):
            return answer
        tape.note(answer)
        if not answer.tool_calls:
            return tape.ended(Ending.ASKED if asks(answer.text) else Ending.ANSWERED, answer)
        left_at = await _answer_all(answer.tool_calls, world, tape)
        if left_at:
            return tape.ended(Ending.LEFT_THE_WORLD, answer, left_at)
        ending = _limit_reached(limits, step, tape.prompt_tokens + tape.completion_tokens, clock() - began)
        if ending:
            return tape.ended(ending, answer)
    raise AssertionError("counting has no end")


def _limit_reached(limits: Limits, steps: int, tokens: int, seconds: float) -> Ending | None:
    if steps >= limits.steps:
        return Ending.TOO_MANY_STEPS
    if tokens >= limits.tokens:
        return Ending.TOO_MANY_TOKENS
    return Ending.TOO_LONG if seconds >= limits.seconds else None


async def _answer_all(calls: Sequence[ToolCall], world: SimulatedWorld, tape: _Tape) -> str:
    """Answer the calls of one response in its order; return the tool that nobody answered for, if any."""
    for number, call in enumerate(calls):
        try:
            result = await world.answer(call)
        except LeftTheWorldError as left:
            return left.tool
        tape.results.append(result)
        tape.messages.append(Message("tool", result.content, tool_call_id=call.id or f"call_{number}"))
    return ""
