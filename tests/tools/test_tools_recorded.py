"""Tests of recorded answers: which calls are the same, and when a recorded result still holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from deploysim.tools.calls import argument, call_key, named_values
from deploysim.tools.faults import fault_model
from deploysim.tools.recorded import Elsewhere, RecordedAnswers, TrafficAnswers, exchanges
from deploysim.tools.spec import ToolSpec, ToolSpecs
from deploysim.types import Message, ToolCall

SPECS = ToolSpecs(tools=(ToolSpec("get", read_only=True), ToolSpec("count", read_only=True)))


def call(name: str, call_id: str = "c", **arguments: Any) -> ToolCall:
    """Return a call."""
    return ToolCall(call_id, name, json.dumps(arguments))


def talk(*steps: tuple[ToolCall, str]) -> list[Message]:
    """Return a conversation of calls with their results."""
    messages = [Message("user", "please")]
    for number, (one, result) in enumerate(steps):
        named = ToolCall(f"c{number}", one.name, one.arguments)
        messages += [Message("assistant", "", (named,)), Message("tool", result, tool_call_id=named.id)]
    return messages


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": "x"}', '{"b": "x", "a": 1}', True),
        ('{"a": 1.0}', '{"a": 1}', True),
        ('{"a": " x "}', '{"a": "x"}', True),
        ('{"a": null}', "{}", True),
        ("", "{}", True),
        ('{"a": [1, {"b": 2.0}]}', '{"a": [1, {"b": 2}]}', True),
        ("ls  -l", "ls -l", True),
        ('{"a": 1}', '{"a": "1"}', False),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ('{"a": "X"}', '{"a": "x"}', False),
        ('{"a": true}', '{"a": 1}', False),
    ],
)
def test_calls_are_the_same_by_what_they_say(one: str, other: str, same: bool) -> None:
    """Layout does not matter; order in lists, letter case and kinds do."""
    assert (call_key(ToolCall("1", "t", one)) == call_key(ToolCall("2", "t", other))) == same


def test_another_tool_is_another_call() -> None:
    """The name counts."""
    assert call_key(call("a", x=1)) != call_key(call("b", x=1))


def test_arguments_by_name_and_what_they_name() -> None:
    """Texts and numbers of some length name things; flags and single letters do not."""
    one = call("t", path="a/b.txt", count=3, flag=True, deep={"ids": ["R-17", 4711]})

    assert (argument(one, "path"), argument(one, "count"), argument(one, "none")) == ("a/b.txt", "3", None)
    assert named_values(one) == {"a/b.txt", "R-17", "4711"}


def test_recorded_results_come_back_in_their_order() -> None:
    """Read twice without a change in between, the second answer comes second and then stays."""
    recorded = RecordedAnswers(exchanges(talk((call("get", id=1), "one"), (call("get", id=1), "two")), SPECS))
    given = [recorded.answer(call("get", id=1), frozenset(), asked_before=n) for n in range(4)]

    assert given == ["one", "two", "two", "two"]
    assert recorded.answer(call("get", id=2), frozenset()) is None


def test_a_result_holds_only_in_the_world_it_was_given_in() -> None:
    """What was read after a change is not the answer before it, nor after another change."""
    steps = ((call("get", id=1), "old"), (call("set", id=1, to=2), "done"), (call("get", id=1), "new"))
    recorded = exchanges(talk(*steps), SPECS)
    answers = RecordedAnswers(recorded)
    changed = frozenset({(call_key(call("set", id=1, to=2)), 1)})
    otherwise = frozenset({(call_key(call("set", id=1, to=3)), 1)})

    assert recorded[2].world == changed
    assert answers.answer(call("get", id=1), frozenset()) == "old"
    assert answers.answer(call("get", id=1), changed) == "new"
    assert answers.answer(call("get", id=1), otherwise) is None
    assert answers.answer(call("set", id=1, to=2), frozenset()) == "done"
    assert answers.answer(call("set", id=1, to=2), changed) is None


def test_a_change_that_failed_changed_nothing() -> None:
    """A recorded failure is an answer, and leaves the world as it was."""
    recorded = exchanges(talk((call("set", id=1), "Error: no such id"), (call("get", id=1), "old")), SPECS)

    assert recorded[1].world == frozenset()


def test_unanswered_calls_are_no_records() -> None:
    """A conversation that ends on a call has no result for it."""
    assert exchanges([Message("assistant", "", (call("get", id=1),))], SPECS) == []


ELSEWHERE = {
    call_key(call("get", id="R-17")): [
        Elsewhere("mine", datetime(2026, 1, 2, tzinfo=UTC), lambda: "own"),
        Elsewhere("far", datetime(2026, 3, 1, tzinfo=UTC), lambda: "far"),
        Elsewhere("near", datetime(2026, 1, 5, tzinfo=UTC), lambda: "near"),
        Elsewhere("undated", None, lambda: "undated"),
    ]
}
TRAFFIC = TrafficAnswers(lambda key: ELSEWHERE.get(key, ()))


def test_elsewhere_the_nearest_in_time_answers() -> None:
    """The rollout's own conversation is not elsewhere; without a time the smallest id decides."""
    at = datetime(2026, 1, 2, tzinfo=UTC)

    assert TRAFFIC.answer(call("get", id="R-17"), [], conversation_id="mine", at=at) == "near"
    assert TRAFFIC.answer(call("get", id="R-17"), [], conversation_id="mine", at=None) == "far"
    assert TRAFFIC.answer(call("get", id="R-18"), [], conversation_id="mine", at=at) is None


@pytest.mark.parametrize(
    ("change", "answered"),
    [
        (call("set", id="R-17"), False),
        (call("set", deep=[{"of": "R-17"}]), False),
        (call("set"), False),
        (call("set", x=1), False),
        (call("set", id="R-99"), True),
    ],
)
def test_elsewhere_does_not_answer_about_what_was_changed(change: ToolCall, answered: bool) -> None:
    """A change that shares a value, or that names nothing, may have touched what is asked about."""
    said = TRAFFIC.answer(call("get", id="R-17"), [change], conversation_id="x", at=None)

    assert (said is not None) == answered


def test_failures_come_at_the_recorded_rate_in_the_recorded_words() -> None:
    """One in four recorded calls failed; over many unrecorded calls a quarter does, each always the same way."""
    steps = [(call("get", id=n), "Error: busy" if n % 4 == 0 else "fine") for n in range(40)]
    model = fault_model(exchanges(talk(*steps), SPECS), SPECS)
    drawn = [model.failure("get", seed=str(n)) for n in range(4_000)]

    assert model.rate("get") == 0.25
    assert model.rate("other") is None
    assert set(drawn) == {None, "Error: busy"}
    assert 0.22 < sum(said is not None for said in drawn) / 4_000 < 0.28
    assert drawn == [model.failure("get", seed=str(n)) for n in range(4_000)]
    assert model.failure("other", seed="0") is None


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ("Error: payment amount does not add up", True),
        ("  error: x", True),
        ("Traceback (most recent call last):", True),
        ("fatal: not a git repository", True),
        ("bash: x: command not found", False),
        ("No errors found", False),
        ("failures: 0", False),
        ('{"error": "no seat"}', True),
        ('{"error": null, "seats": 3}', False),
        ("", False),
    ],
)
def test_what_counts_as_a_failure(result: str, failed: bool) -> None:
    """By how a result begins, unless the tool's own pattern says otherwise."""
    assert ToolSpec("t").failed(result) == failed
    assert ToolSpec("t", failed_when="not found").failed("bash: x: command not found")
