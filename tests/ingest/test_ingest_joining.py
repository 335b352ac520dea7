"""Calls of a model joined to conversations."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from deploysim.ingest.joining import Call, conversations_of, grouped, joined
from deploysim.ingest.records import Row


def call(sent: str, reply: str = "fine", *, at: int = 0, model: str = "m", session: bool = True, **more: Any) -> Call:
    """Return a call whose messages are written as `user text|assistant text|user text`."""
    roles = ("user", "assistant")
    messages = tuple({"role": roles[n % 2], "content": text} for n, text in enumerate(sent.split("|")))
    answer = ({"role": "assistant", "content": reply},) if reply else ()
    when = datetime(2026, 9, 1, 10, at, tzinfo=UTC)
    return Call(more.pop("key", "k"), messages, answer, when, model, is_session=session, **more)


@pytest.mark.parametrize(
    ("calls", "texts"),
    [
        ([call("a", "b"), call("a|b|c", "d", at=1)], [["a", "b", "c", "d"]]),
        ([call("a|b|c", "d", at=1), call("a", "b")], [["a", "b", "c", "d"]]),
        ([call("a", "b"), call("c", "d", at=1)], [["a", "b", "c", "d"]]),
        ([call("a", "b", session=False), call("c", "d", at=1, session=False)], [["a", "b"], ["c", "d"]]),
        ([call("a", "b"), call("a|x|c", "d", at=1)], [["a", "b"], ["a", "x", "c", "d"]]),
        ([call("a", "b"), call("a|b|c", "d", at=1, model="n")], [["a", "b"], ["a", "b", "c", "d"]]),
        ([call("a", "b"), call("a|b |c", "d", at=1), call("a|b|c|d|e", "f", at=2)], [["a", "b", "c", "d", "e", "f"]]),
        ([call("a", "b"), call("c", "", at=1), call("d", "e", at=2)], [["a", "b", "d", "e"]]),
        ([call("a", "b"), call("a|b|c", "", at=1)], [["a", "b"]]),
    ],
    ids=[
        *("grows", "unsorted", "turns", "traces apart", "another history", "another model", "spaces"),
        *("a failed turn", "a failed continuation"),
    ],
)
def test_calls_of_one_conversation_become_one(calls: list[Call], texts: list[list[str]]) -> None:
    """A growing history counts once; single turns of a session are put in order; nothing else is joined, and a call that
    failed takes nothing with it."""
    read = [fields for fields in conversations_of(calls) if "messages" in fields]
    found = [[m["content"] for m in fields["messages"]] for fields in read]  # type: ignore[attr-defined]
    assert found == texts


def test_a_long_session_is_joined_in_one_pass() -> None:
    """Three times as many calls of one key take about three times as long, not nine."""

    def seconds(count: int) -> float:
        calls = [call(f"question {n}", "fine", session=False) for n in range(count)]
        started = time.process_time()
        assert len(list(conversations_of(calls))) == count
        return time.process_time() - started

    few, many = (min(seconds(count) for _ in range(3)) for count in (1_000, 3_000))
    assert many < 6 * few


WRAPPER = {"is_wrapper": True, "session": False}


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ([call("q", "a", key="t", trace="t", **WRAPPER), call("s|q", "a", key="t", trace="t", session=False)], ["t: s q a"]),
        ([call("q", "a", key="t", trace="t", **WRAPPER), call("s", "b", key="u", trace="u", session=False)], ["t: q a", "u: s b"]),
        ([call("q", "a", key="t", trace="t", at=1, **WRAPPER), call("r", "b", key="t", trace="t", **WRAPPER)], ["t: r b"]),
        ([call("q", "a", key="t", trace="t", session=False), Call("s1", (), (), trace="t", is_session=True)], ["s1: q a"]),
        ([call("q", "a", key="t", trace="t", session=False), call("r", "b", key="t", trace="t", session=False)], ["t: q a", "t: r b"]),
        ([Call("s1", (), (), trace="t", is_session=True)], []),
    ],
    ids=["wrapped", "another trace", "outermost", "session of the trace", "two calls", "nothing said"],
)  # fmt: skip
def test_a_trace_speaks_through_its_calls_of_a_model(calls: list[Call], found: list[str]) -> None:
    """What wraps them counts only where there are none, and what any span knows of the session holds for all."""
    read = joined((Row(n, {"call": one}) for n, one in enumerate(calls)), lambda row: [row.fields["call"]])  # type: ignore[list-item]
    rows = [row.fields for row in read if isinstance(row, Row)]
    assert [" ".join([f"{row['id']}:", *(m["content"] for m in row["messages"])]) for row in rows] == found  # type: ignore[attr-defined]


def test_what_waits_for_its_kind_is_bounded() -> None:
    """Beyond the limit the oldest group is let go; nothing is lost."""
    groups = list(grouped(["a1", "b1", "c1", "a2"], key=lambda i: i[0], size=lambda i: 10, limit=25))
    assert groups == [["a1"], ["b1"], ["c1"], ["a2"]]
    assert list(grouped(["a1", "b1", "a2"], key=lambda i: i[0], size=lambda i: 1)) == [["a1", "a2"], ["b1"]]
