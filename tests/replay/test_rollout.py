"""Tests of rollouts: the loop, its limits, and the recorded trajectories of real agents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import polars as pl
import pytest

from deploysim.chat.model import Answer, ScriptedChat
from deploysim.ingest.read import read_conversations
from deploysim.replay.rollout import Ending, Limits, Rollout, roll_out
from deploysim.tools.results import ToolSource
from deploysim.tools.spec import Step, ToolSpec, ToolSpecs
from deploysim.tools.trajectory import asks
from deploysim.tools.world import SimulatedWorld, Surroundings
from deploysim.types import Failure, FailureKind, Message, RawConversation, Response, ToolCall

PREFIX = (Message("user", "please"),)
FIXED = Surroundings(ToolSpecs(ToolSpec("", (Step.STATIC, Step.STOP), static="done")))


def using(*names: str, text: str = "") -> Response:
    """Return a response that calls tools."""
    calls = tuple(ToolCall(f"call-{n}", name, "{}") for n, name in enumerate(names))
    return Response(text, calls, "tool_calls", prompt_tokens=10, completion_tokens=5, latency_s=0.5)


def saying(text: str) -> Response:
    """Return a response in words."""
    return Response(text, finish_reason="stop", prompt_tokens=10, completion_tokens=5, latency_s=0.5)


def run(
    model: ScriptedChat,
    around: Surroundings = FIXED,
    *,
    original: Sequence[Message] = PREFIX,
    limits: Limits | None = None,
    clock: Callable[[], float] | None = None,
) -> Rollout | Failure:
    """Let a model go on from the first message of a conversation."""
    world = SimulatedWorld(around, original, cut=1, conversation_id="c", at=None, seed=1)
    more = {"clock": clock} if clock else {}
    return asyncio.run(roll_out(model, original[:1], world, seed=1, limits=limits or Limits(), **more))


def done(found: Rollout | Failure) -> Rollout:
    """Return what must be a rollout."""
    assert isinstance(found, Rollout)
    return found


def test_it_goes_on_until_the_model_speaks() -> None:
    """Parallel calls are answered in their order; tokens and time are those of all responses."""
    found = done(run(ScriptedChat([using("look", "listen"), using("think"), saying("Here it is.")])))

    assert [m.role for m in found.messages] == ["assistant", "tool", "tool", "assistant", "tool", "assistant"]
    assert [m.tool_call_id for m in found.messages if m.role == "tool"] == ["call-0", "call-1", "call-0"]
    assert (found.ending, found.response.text) == (Ending.ANSWERED, "Here it is.")
    assert (found.response.prompt_tokens, found.response.completion_tokens) == (30, 15)
    assert found.response.latency_s == 1.5
    assert found.sources() == {ToolSource.STATIC: 3}


def test_the_model_sees_what_it_did_and_was_answered() -> None:
    """Each step is asked with all steps before it."""
    model = ScriptedChat([using("look"), saying("ok")])
    run(model)

    assert [m.role for m in model.history[1]] == ["user", "assistant", "tool"]
    assert model.history[1][2].content == "done"


@pytest.mark.parametrize(
    ("limits", "ending", "steps"),
    [
        (Limits(steps=3), Ending.TOO_MANY_STEPS, 3),
        (Limits(tokens=40), Ending.TOO_MANY_TOKENS, 3),
        (Limits(seconds=2.0), Ending.TOO_LONG, 2),
    ],
)
def test_an_endless_rollout_ends_by_its_limit(limits: Limits, ending: Ending, steps: int) -> None:
    """By steps, by tokens or by time; what was done until then is kept."""
    ticks = count()
    endless = ScriptedChat(lambda messages: using("look"))
    found = done(run(endless, limits=limits, clock=lambda: float(next(ticks))))

    assert found.ending is ending
    assert sum(m.role == "assistant" for m in found.messages) == steps


def test_nobody_answers_for_an_unknown_tool() -> None:
    """The outcome names the tool; the results before it stay."""
    around = Surroundings(replace(FIXED.specs, tools=(ToolSpec("fly", (Step.STOP,)),)))
    found = done(run(ScriptedChat([using("look"), using("look", "fly", "look")]), around))

    assert (found.ending, found.left_at) == (Ending.LEFT_THE_WORLD, "fly")
    assert len(found.results) == 2


def test_a_failed_call_is_the_failure_of_the_rollout() -> None:
    """What the model would have done next is not known."""
    found = run(ScriptedChat([using("look"), Failure(FailureKind.TIMED_OUT)]))

    assert found == Failure(FailureKind.TIMED_OUT)


@pytest.fixture(scope="module")
def airline(tmp_path_factory: pytest.TempPathFactory) -> list[RawConversation]:
    """The recorded trajectories of a real agent."""
    source = Path(__file__).resolve().parents[3] / "shared" / "data" / "tau_bench" / "data.parquet"
    if not source.exists():
        pytest.skip("needs the data set 'tau_bench' in ../shared/data, which is not there")
    log = tmp_path_factory.mktemp("airline") / "log.jsonl"
    rows = pl.read_parquet(source, columns=["task_id", "trial", "messages"])
    with log.open("w", encoding="utf-8") as file:
        for task_id, trial, messages in rows.iter_rows():
            file.write(json.dumps({"id": f"{task_id}-{trial}", "messages": json.loads(messages)}) + "\n")
    return [one for one in read_conversations(log) if isinstance(one, RawConversation)]


AIRLINE = ToolSpecs(
    tools=tuple(
        ToolSpec(name, read_only=True)
        for name in (
            "get_reservation_details",
            "get_user_details",
            "search_direct_flight",
            "search_onestop_flight",
            "list_all_airports",
            "calculate",
            "think",
        )
    )
)


def last_turn(messages: Sequence[Message]) -> tuple[int, list[Message]]:
    """Return where the last answered user message ends, and what the old model did after it."""
    cut = max(i for i in range(1, len(messages)) if messages[i].role == "assistant" and messages[i - 1].role == "user")
    rest = list(messages[cut:])
    until = next((n for n, message in enumerate(rest) if message.role == "user"), len(rest))
    return cut, rest[:until]


def test_a_candidate_that_does_what_was_recorded_gets_what_was_recorded(airline: list[RawConversation]) -> None:
    """In every one of the trajectories each recorded result comes back exactly, in its place."""
    assert len(airline) == 200
    calls = 0
    for conversation in airline:
        cut, turn = last_turn(conversation.messages)
        script = [Response(m.content, m.tool_calls) for m in turn if m.role == "assistant"]
        script += [saying("That is all.")] * (bool(script) and bool(script[-1].tool_calls))
        world = SimulatedWorld(
            Surroundings(AIRLINE), conversation.messages, cut=cut, conversation_id="c", at=None, seed=0
        )
        found = done(asyncio.run(roll_out(ScriptedChat(script), conversation.messages[:cut], world, seed=0)))
        given = [m.content for m in found.messages if m.role == "tool"]
        calls += len(given)

        assert given == [m.content for m in turn if m.role == "tool"]
        assert found.ending is (Ending.ASKED if asks(script[-1].text) else Ending.ANSWERED)
        assert set(found.sources()) <= {ToolSource.RECORDED}
    assert calls > 150


def test_asking_something_else_leaves_the_world(airline: list[RawConversation]) -> None:
    """A call that nobody recorded ends the rollout; nothing is invented."""

    def stranger(messages: Sequence[Message]) -> Answer:
        return Response("", (ToolCall("1", "get_user_details", '{"user_id": "nobody_0000"}'),))

    for conversation in airline[:20]:
        cut, _ = last_turn(conversation.messages)
        world = SimulatedWorld(
            Surroundings(AIRLINE), conversation.messages, cut=cut, conversation_id="c", at=None, seed=0
        )
        found = done(asyncio.run(roll_out(ScriptedChat(stranger), conversation.messages[:cut], world, seed=0)))
        assert (found.ending, found.left_at) == (Ending.LEFT_THE_WORLD, "get_user_details")
