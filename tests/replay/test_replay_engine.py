"""Replaying against a real endpoint: every prefix once, failures as rows, and an end that can be taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers import Endpoint, Reply, answer, drop, echo, refuse

from deploysim.chat.local import LocalServer, local_server
from deploysim.chat.runner import RunTally
from deploysim.chat.settings import ModelSettings
from deploysim.errors import ModelError
from deploysim.replay import engine
from deploysim.replay.engine import ReplayJob, outcomes, prefix_seed, replay
from deploysim.store.journal import Journal, read_journal
from deploysim.types import Message, Prefix, ToolCall

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def prefix(number: int) -> Prefix:
    messages = (Message("system", "be kind"), Message("user", f"question {number}"))
    return Prefix(f"{number:012x}:2", f"{number:012x}", messages)


def run(
    endpoint: Endpoint, path: Path, prefixes: Iterable[Prefix], *, skip: set[str] | None = None, **changes: Any
) -> RunTally:
    values: dict[str, Any] = {"timeout_s": 5.0, "max_retries": 0, **changes}
    settings = ModelSettings("x", "old-model", endpoint.url, **values)
    job = ReplayJob(prefixes, settings, seed=3, in_flight=4, skip=skip or set())
    with Journal(path) as journal:
        return replay(job, journal, clock=lambda: NOW)


def test_every_prefix_gets_one_row(tmp_path: Path) -> None:
    """A row holds what the response gave, when it came, and which prefix it is about."""
    path = tmp_path / "responses.jsonl"
    with Endpoint(otherwise=echo()) as endpoint:
        tally = run(endpoint, path, map(prefix, range(25)))

    rows = {row["prefix_id"]: row for row in read_journal(path)}
    latency = rows[prefix(7).prefix_id].pop("latency_s")
    assert (tally.rows, tally.failed, tally.prompt_tokens, tally.completion_tokens) == (25, 0, 175, 75)
    assert {prefix(n).prefix_id for n in range(25)} == set(rows)
    assert 0 < latency < 5
    assert rows[prefix(7).prefix_id] == {
        "prefix_id": "000000000007:2",
        "repeat": 0,
        "at": "2026-11-23T12:00:00+00:00",
        "status": "ok",
        "text": "to: question 7",
        "tool_calls": None,
        "finish_reason": "stop",
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "model": "model-that-answered",
        "failure_kind": None,
        "failure_detail": None,
    }


def test_each_prefix_has_its_own_seed() -> None:
    """The seed depends on run and prefix only, so that a resumed run sends the same ones."""
    seeds = {prefix_seed(run_seed, prefix(n).prefix_id) for run_seed in range(3) for n in range(100)}

    assert len(seeds) == 300
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert prefix_seed(0, "a:1") == 1_104_693_125


def test_the_runs_system_prompt_and_seed_are_sent(tmp_path: Path) -> None:
    """What reaches the model is the prefix under the run's configuration."""
    with Endpoint() as endpoint:
        run(endpoint, tmp_path / "a.jsonl", [prefix(1)], system_prompt="be brief", temperature=0.1)

    assert endpoint.requests[0].body == {
        "model": "old-model",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "question 1"}],
        "temperature": 0.1,
        "seed": prefix_seed(3, prefix(1).prefix_id),
    }


def test_prefixes_are_sent_in_order_and_once(tmp_path: Path) -> None:
    """The order is the sample's; a prefix that comes twice or is done already is not sent."""
    numbers = [5, 3, 9, 3, 1, 5]
    with Endpoint(otherwise=echo(after_s=0.02)) as endpoint:
        settings = ModelSettings("x", "m", endpoint.url)
        job = ReplayJob(map(prefix, numbers), settings, in_flight=1, skip={prefix(9).prefix_id})
        with Journal(tmp_path / "a.jsonl") as journal:
            replay(job, journal, clock=lambda: NOW)

    assert [seen.last for seen in endpoint.requests] == ["question 5", "question 3", "question 1"]


def test_failures_are_rows_and_can_be_tried_again(tmp_path: Path) -> None:
    """A failed prefix is counted with its reason; sent again, the newest row of it wins."""
    path = tmp_path / "a.jsonl"
    script: list[Reply] = [answer(), refuse(400, error={"code": "context_length_exceeded"}), drop, refuse(500)]
    with Endpoint(script=script) as endpoint:
        first = run(endpoint, path, map(prefix, range(10)))
        failed = {key for key, status in outcomes(path).items() if status == "failed"}
        again = run(endpoint, path, map(prefix, range(10)), skip=set(outcomes(path)) - failed)

    kinds = {"context too long": 1, "connection lost": 1, "server error": 1}
    assert (10, kinds) == (first.rows, first.failed_by_kind)
    assert (again.rows, again.failed) == (3, 0)
    assert {"ok"} == set(outcomes(path).values())
    assert len(list(read_journal(path))) == 13


def test_a_failure_row_has_no_text(tmp_path: Path) -> None:
    """What failed can never be graded as a response."""
    with Endpoint(script=[answer(), refuse(500, error={"message": "question 1"})]) as endpoint:
        run(endpoint, tmp_path / "a.jsonl", map(prefix, range(2)))

    (row,) = [row for row in read_journal(tmp_path / "a.jsonl") if row["status"] == "failed"]
    assert (
        row["text"],
        row["tool_calls"],
        row["failure_kind"],
        row["failure_detail"],
    ) == (None, None, "server error", "HTTP 500")


def test_tool_calls_are_kept(tmp_path: Path) -> None:
    """A tool call is a response like any other."""
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    asked = Prefix(
        "a:2", "a", (Message("assistant", "", (ToolCall("c0", "find", "{}"),)), Message("tool", "42", (), "c0"))
    )
    with Endpoint(otherwise=answer(None, finish="tool_calls", tool_calls=[call])) as endpoint:
        run(endpoint, tmp_path / "a.jsonl", [asked])

    (row,) = read_journal(tmp_path / "a.jsonl")
    assert (row["status"], row["text"], row["finish_reason"]) == ("ok", "", "tool_calls")
    assert '"name": "find"' in row["tool_calls"]
    assert endpoint.requests[0].body["messages"][1]["tool_call_id"] == "c0"


def test_where_all_is_done_nothing_is_asked(tmp_path: Path) -> None:
    """A finished run starts no model, not even the embedded one."""
    job = ReplayJob(map(prefix, range(3)), ModelSettings("embedded"), skip={prefix(n).prefix_id for n in range(3)})
    with Journal(tmp_path / "a.jsonl") as journal:
        assert replay(job, journal, clock=lambda: NOW).rows == 0


def test_a_key_that_expires_stops_the_run_and_keeps_what_was_answered(tmp_path: Path) -> None:
    """The error is the run's, not the prefixes'; with a new key the run goes on where it was."""
    path = tmp_path / "a.jsonl"
    with Endpoint(script=[echo()] * 12, otherwise=refuse(401)) as endpoint:
        with pytest.raises(ModelError, match="refused the key"):
            run(endpoint, path, map(prefix, range(30)))
        kept = outcomes(path)
        endpoint.otherwise = echo()
        run(endpoint, path, map(prefix, range(30)), skip=set(kept))

    assert {"ok"} == set(kept.values())
    assert 9 <= len(kept) <= 12
    assert len(list(read_journal(path))) == 30


def test_a_request_to_stop_ends_the_run_cleanly(tmp_path: Path) -> None:
    """What is in flight is finished and kept; nothing new is sent."""
    path = tmp_path / "a.jsonl"
    with Endpoint(otherwise=echo(after_s=0.02)) as endpoint:
        job = ReplayJob(map(prefix, range(200)), ModelSettings("x", "m", endpoint.url), in_flight=4)
        with Journal(path) as journal:
            replay(job, journal, clock=lambda: NOW, stop=lambda: len(endpoint.requests) >= 10)

    assert len(endpoint.requests) == len(list(read_journal(path)))
    assert 10 <= len(endpoint.requests) < 14


def test_the_embedded_model_answers_real_prefixes(tmp_path: Path) -> None:
    """Four prefixes through llama.cpp: three short ones get words, one beyond its context is a counted failure."""
    endless = Prefix("f:1", "f", (Message("user", "word " * 3_000),))
    settings = ModelSettings("embedded", temperature=0.5, max_tokens=5)
    job = ReplayJob([*map(prefix, range(3)), endless], settings, in_flight=2)
    with Journal(tmp_path / "a.jsonl") as journal:
        tally = replay(job, journal, clock=lambda: NOW)

    rows = {row["prefix_id"]: row for row in read_journal(tmp_path / "a.jsonl")}
    assert (tally.rows, tally.failed_by_kind) == (4, {"context too long": 1})
    assert rows["f:1"]["status"] == "failed"
    assert all(rows[prefix(n).prefix_id]["text"].strip() for n in range(3))
    assert tally.completion_tokens <= 15


def test_a_crash_of_the_embedded_model_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prefixes behind the crash are not written off as failures: the next run answers them."""
    started: list[LocalServer] = []

    @contextmanager
    def watched(*, slots: int) -> Iterator[LocalServer]:
        with local_server(slots=slots) as server:
            started.append(server)
            yield server

    def crash(tally: RunTally) -> None:
        if tally.rows >= 3:
            started[0].process.kill()

    monkeypatch.setattr(engine, "local_server", watched)
    job = ReplayJob(map(prefix, range(30)), ModelSettings("embedded", max_tokens=3), in_flight=2)
    with Journal(tmp_path / "a.jsonl") as journal, pytest.raises(ModelError, match="stopped by itself"):
        replay(job, journal, clock=lambda: NOW, on_rows=crash)

    assert set(outcomes(tmp_path / "a.jsonl").values()) == {"ok"}
