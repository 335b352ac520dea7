"""Tests of the simulated world: who answers a call, and what was done before it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from deploysim.chat.model import Answer, ScriptedChat
from deploysim.tools.calls import call_key
from deploysim.tools.faults import FaultModel
from deploysim.tools.recorded import Elsewhere, TrafficAnswers
from deploysim.tools.results import ToolResult, ToolSource
from deploysim.tools.spec import FileRule, SnapshotRule, Step, ToolSpec, ToolSpecs
from deploysim.tools.world import LeftTheWorldError, SimulatedWorld, Surroundings
from deploysim.types import Failure, FailureKind, Message, ToolCall

EVERYTHING = (Step.RECORDED, Step.TRAFFIC, Step.SIMULATOR, Step.STOP)


def call(name: str, **arguments: Any) -> ToolCall:
    """Return a call."""
    return ToolCall("c", name, json.dumps(arguments))


def recorded(*steps: tuple[ToolCall, str]) -> list[Message]:
    """Return a conversation of one user message and calls with their results."""
    messages = [Message("user", "please")]
    for number, (one, result) in enumerate(steps):
        named = ToolCall(f"c{number}", one.name, one.arguments)
        messages += [Message("assistant", "", (named,)), Message("tool", result, tool_call_id=named.id)]
    return messages


def world(
    around: Surroundings, original: Sequence[Message] = (Message("user", "x"),), *, cut: int = 1, seed: int = 0
) -> SimulatedWorld:
    """Return a world without a repository."""
    return SimulatedWorld(around, original, cut=cut, conversation_id="c0", at=None, seed=seed)


def ask(here: SimulatedWorld, *calls: ToolCall) -> list[ToolResult]:
    """Let a world answer calls one after another."""

    async def all_of_them() -> list[ToolResult]:
        return [await here.answer(one) for one in calls]

    return asyncio.run(all_of_them())


def test_recorded_answers_come_first_and_say_so() -> None:
    """Failures that were recorded are failures."""
    here = world(Surroundings(), recorded((call("get", id=1), "Error: busy"), (call("get", id=2), "two")))

    assert ask(here, call("get", id=1), call("get", id=2.0)) == [
        ToolResult("Error: busy", ToolSource.RECORDED, failed=True),
        ToolResult("two", ToolSource.RECORDED),
    ]


def test_a_miss_leaves_the_world() -> None:
    """Never invention by accident."""
    with pytest.raises(LeftTheWorldError, match="get"):
        ask(world(Surroundings()), call("get", id=1))


def test_what_the_prefix_changed_is_where_the_rollout_begins() -> None:
    """A result after a change of the prefix holds; one from before it does not any more."""
    specs = ToolSpecs(tools=(ToolSpec("get", read_only=True),))
    original = recorded((call("get", id=1), "old"), (call("set", id=1), "done"), (call("get", id=1), "new"))
    (after,) = ask(world(Surroundings(specs), original, cut=5), call("get", id=1))

    assert after.content == "new"


def test_after_a_change_of_its_own_old_records_do_not_answer() -> None:
    """The candidate did what the old model had not done: what was read then is not known to hold."""
    specs = ToolSpecs(tools=(ToolSpec("get", read_only=True), ToolSpec("set", (Step.STATIC, Step.STOP), static="done")))
    here = world(Surroundings(specs), recorded((call("get", id=1), "old")))

    assert [one.content for one in ask(here, call("get", id=1), call("set", id=1))] == ["old", "done"]
    with pytest.raises(LeftTheWorldError):
        ask(here, call("get", id=1))


def test_traffic_answers_for_tools_that_change_nothing() -> None:
    """Not for a tool that was not declared so."""
    elsewhere = {call_key(call(name, id="R-17")): [Elsewhere("c9", None, lambda: "there")] for name in ("get", "set")}
    specs = ToolSpecs(ToolSpec("", EVERYTHING), (ToolSpec("get", EVERYTHING, read_only=True),))
    around = Surroundings(specs, TrafficAnswers(lambda key: elsewhere.get(key, ())))

    assert ask(world(around), call("get", id="R-17")) == [ToolResult("there", ToolSource.TRAFFIC)]
    with pytest.raises(LeftTheWorldError):
        ask(world(around), call("set", id="R-17"))


FILES = ToolSpecs(
    tools=(
        ToolSpec("read", (Step.RECORDED, Step.STOP), read_only=True, file=FileRule("path")),
        ToolSpec("write", (Step.STATIC, Step.STOP), file=FileRule("path", "text"), static="written"),
        ToolSpec("locked", (Step.STATIC, Step.STOP), file=FileRule("path", "text"), static="Error: locked"),
    )
)


def test_what_was_written_is_read() -> None:
    """The rollout's own file shadows the recorded one, however its path is written; what failed wrote nothing."""
    here = world(Surroundings(FILES), recorded((call("read", path="a/b"), "recorded")))
    given = ask(
        here,
        call("read", path="a/b"),
        call("locked", path="a/b", text="no"),
        call("read", path="a/b"),
        call("write", path="./a//b", text="mine"),
        call("read", path="a/b"),
    )

    assert [(one.content, one.source) for one in given] == [
        ("recorded", ToolSource.RECORDED),
        ("Error: locked", ToolSource.STATIC),
        ("recorded", ToolSource.RECORDED),
        ("written", ToolSource.STATIC),
        ("mine", ToolSource.OWN_WRITE),
    ]


SIMULATED = ToolSpecs(ToolSpec("", EVERYTHING), (ToolSpec("get", EVERYTHING, read_only=True),), faults=False)


def test_a_model_plays_the_tool_and_is_told_all_that_is_known() -> None:
    """It sees the tool's description, the conversation, and every call and answer so far."""
    tool = {"type": "function", "function": {"name": "get", "description": "Looks up a seat."}}
    model = ScriptedChat(["seat 4", "booked"])
    here = world(Surroundings(SIMULATED, simulator=model, tools={"get": tool}), recorded((call("get", id=1), "one")))
    given = ask(here, call("get", id=1), call("get", id=2), call("book", seat=4))
    told = model.history[1][1].content

    assert [(one.content, one.source) for one in given[1:]] == [
        ("seat 4", ToolSource.SIMULATOR),
        ("booked", ToolSource.SIMULATOR),
    ]
    assert "Looks up a seat." in model.history[0][1].content
    assert 'get({"id": 1})\n-> one' in told
    assert 'get({"id": 2})\n-> seat 4' in told
    assert told.count("please") == 1


def test_the_same_question_has_the_same_answer_until_something_changes() -> None:
    """Asked twice, the model is asked once; after a change it is asked again."""
    model = ScriptedChat(["three", "done", "two"])
    here = world(Surroundings(SIMULATED, simulator=model))
    given = ask(here, call("get", id=7), call("get", id=7), call("take", id=7), call("get", id=7))

    assert [one.content for one in given] == ["three", "three", "done", "two"]


def test_text_in_the_data_cannot_leave_it() -> None:
    """The marker stands twice, and depends on all that it encloses."""
    model = ScriptedChat(["x", "x"])
    ask(world(Surroundings(SIMULATED, simulator=model)), call("get", id="a"), call("get", id="b"))
    markers = [asked[1].content.split("\n", 1)[0] for asked in model.history]

    assert markers[0] != markers[1]
    assert all(asked[1].content.count(marker) == 2 for asked, marker in zip(model.history, markers, strict=True))


def test_a_model_that_fails_is_no_answer() -> None:
    """Then the next source is asked, and in the end the rollout stops."""

    def failing(messages: Sequence[Message]) -> Answer:
        return Failure(FailureKind.TIMED_OUT)

    with pytest.raises(LeftTheWorldError):
        ask(world(Surroundings(SIMULATED, simulator=ScriptedChat(failing))), call("get", id=1))


def test_unrecorded_answers_fail_as_recorded_ones_did() -> None:
    """Where every recorded call failed, so does a simulated one, in the recorded words; records are left alone."""
    faults = FaultModel({"get": ("Error: busy",)}, {"get": 1})
    specs = ToolSpecs(ToolSpec("", EVERYTHING))
    here = world(Surroundings(specs, faults=faults, simulator=ScriptedChat(["seat"])), recorded((call("get"), "one")))
    given = ask(here, call("get"), call("get", id=2))

    assert given == [ToolResult("one", ToolSource.RECORDED), ToolResult("Error: busy", ToolSource.FAULT, failed=True)]


def test_a_failure_that_was_put_in_changed_nothing() -> None:
    """The call counts as not done."""
    faults = FaultModel({"set": ("Error: busy",)}, {"set": 1})
    specs = ToolSpecs(tools=(ToolSpec("get", read_only=True), ToolSpec("set", (Step.STATIC, Step.STOP), static="done")))
    here = world(Surroundings(specs, faults=faults), recorded((call("get"), "one"), (call("get"), "two")))

    assert [one.content for one in ask(here, call("set"), call("get"))] == ["Error: busy", "one"]


def test_looking_into_a_repository_needs_one() -> None:
    """Without it the source has no answer."""
    spec = ToolSpec("read", (Step.SNAPSHOT, Step.STOP), snapshot=SnapshotRule("read", "path"))
    with pytest.raises(LeftTheWorldError):
        ask(world(Surroundings(ToolSpecs(spec))), call("read", path="a"))
