"""Replaying against a real endpoint: every prefix once, failures as rows, and an end that can be taken up again."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers import Endpoint, Reply, answer, completion, drop, echo, raw, refuse

from deploysim.chat.local import LocalServer
from deploysim.chat.local_shared import shared_server
from deploysim.chat.pace import Pace
from deploysim.chat.settings import ModelSettings
from deploysim.chat.tally import RunTally
from deploysim.errors import ModelError
from deploysim.replay import engine
from deploysim.replay.engine import NO_SEED, ReplayJob, Task, Watcher, prefix_seed, replay
from deploysim.store.journal import Journal, read_journal
from deploysim.store.outcomes import ANSWERED, CUT, read_outcomes
from deploysim.types import Message, Prefix, ToolCall

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def prefix(number: int) -> Prefix:
    messages = (Message("system", "be kind"), Message("user", f"question {number}"))
    return Prefix(f"{number:012x}:2", f"{number:012x}", messages)


def task(number: int, repeat: int = 0, attempt: int = 1) -> Task:
    return Task(prefix(number), repeat, attempt)


def tasks(count: int) -> Iterator[Task]:
    return map(task, range(count))


def run(endpoint: Endpoint, path: Path, wanted: Iterable[Task], **changes: Any) -> RunTally:
    values: dict[str, Any] = {"timeout_s": 5.0, "max_retries": 0, **changes}
    settings = ModelSettings("x", "old-model", endpoint.url, **values)
    return do(ReplayJob(wanted, settings, seed=3, in_flight=4), path)


def do(job: ReplayJob, path: Path, **watching: Any) -> RunTally:
    with Journal(path) as journal:
        return replay(job, journal, Watcher(lambda: NOW, **watching))


def done(path: Path) -> dict[str, int]:
    return read_outcomes(path).by_kind()


def test_every_prefix_gets_one_row(tmp_path: Path) -> None:
    """A row holds what the response gave, when it came, and which prefix it is about."""
    path = tmp_path / "responses.jsonl"
    with Endpoint(otherwise=echo()) as endpoint:
        tally = run(endpoint, path, tasks(25))

    rows = {row["prefix_id"]: row for row in read_journal(path)}
    latency = rows[prefix(7).prefix_id].pop("latency_s")
    assert (tally.rows, tally.failed, tally.prompt_tokens, tally.completion_tokens) == (25, 0, 175, 75)
    assert {prefix(n).prefix_id for n in range(25)} == set(rows)
    assert 0 < latency < 5
    assert rows[prefix(7).prefix_id] == {
        "prefix_id": "000000000007:2",
        "repeat": 0,
        "attempt": 1,
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


def test_each_response_has_its_own_seed() -> None:
    """The seed depends on run, prefix, repeat and attempt only, so that a resumed run sends the same ones."""
    drawn = {
        prefix_seed(run_seed, prefix(n).prefix_id, repeat, attempt)
        for run_seed in range(3)
        for n in range(100)
        for repeat in range(3)
        for attempt in (1, 2)
    }

    assert len(drawn) == 3 * 100 * 3 * 2
    assert all(0 <= seed < 2**31 for seed in drawn)
    assert prefix_seed(0, "a:1") == 1_104_693_125


def test_the_runs_system_prompt_and_seed_are_sent(tmp_path: Path) -> None:
    """What reaches the model is the prefix under the run's configuration."""
    with Endpoint() as endpoint:
        run(endpoint, tmp_path / "a.jsonl", [task(1)], system_prompt="be brief", temperature=0.1)

    assert endpoint.requests[0].body == {
        "model": "old-model",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "question 1"}],
        "temperature": 0.1,
        "seed": prefix_seed(3, prefix(1).prefix_id),
    }


def test_tasks_are_sent_in_order(tmp_path: Path) -> None:
    """The order is that of the tasks, so that a server's cache of prefixes is of use."""
    with Endpoint(otherwise=echo()) as endpoint:
        do(ReplayJob(map(task, [5, 3, 9, 1]), ModelSettings("x", "m", endpoint.url), in_flight=1), tmp_path / "a.jsonl")

    assert [seen.last for seen in endpoint.requests] == ["question 5", "question 3", "question 9", "question 1"]


def test_repeats_are_independent_draws(tmp_path: Path) -> None:
    """Each repeat of a prefix is asked on its own, under a seed of its own, and is a row of its own."""
    path = tmp_path / "a.jsonl"
    with Endpoint(otherwise=echo()) as endpoint:
        run(endpoint, path, [task(n, repeat) for n in range(3) for repeat in range(4)])

    rows = list(read_journal(path))
    assert len({(row["prefix_id"], row["repeat"]) for row in rows}) == len(rows) == 12
    assert len({seen.body["seed"] for seen in endpoint.requests}) == 12


@pytest.mark.parametrize(
    "refusal",
    [
        refuse(400, error={"param": "seed", "code": "unsupported_parameter"}),
        refuse(400, error={"message": "Unknown parameter: 'seed'."}),
        refuse(422, error={"message": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}),
    ],
)
def test_a_seed_that_is_refused_is_left_out(tmp_path: Path, refusal: Reply) -> None:
    """The call that met the refusal is sent again without one, later ones are sent without, and the run notes it."""
    with Endpoint(script=[refusal], otherwise=answer()) as endpoint:
        settings = ModelSettings("x", "m", endpoint.url)
        tally = do(ReplayJob(tasks(3), settings, in_flight=1), tmp_path / "a.jsonl")

    assert ["seed" in seen.body for seen in endpoint.requests] == [True, False, False, False]
    assert (tally.rows, tally.failed, tally.notes) == (3, 0, {NO_SEED})


def test_another_refusal_keeps_the_seed(tmp_path: Path) -> None:
    """A refused request that says nothing of the seed is a failure, and the seed goes on being sent."""
    with Endpoint(script=[answer(), refuse(400, error={"message": "cannot parse this"})]) as endpoint:
        tally = run(endpoint, tmp_path / "a.jsonl", tasks(3))

    assert ["seed" in seen.body for seen in endpoint.requests] == [True, True, True]
    assert (tally.failed_by_kind, tally.notes) == ({"request rejected": 1}, set())


def test_failures_are_rows_by_reason(tmp_path: Path) -> None:
    """A failed prefix is counted with its reason; asked for anew, the newest row of it wins."""
    path = tmp_path / "a.jsonl"
    too_long = refuse(400, error={"code": "context_length_exceeded"})
    # Four are in flight: where the fifth is lost, one was answered, so that the endpoint is known to be there.
    script: list[Reply] = [answer(), too_long, answer(), answer(), drop, refuse(500)]
    with Endpoint(script=script) as endpoint:
        first = run(endpoint, path, tasks(10))
        again = run(endpoint, path, [task(n, attempt=2) for n in range(10)])

    kinds = {"context too long": 1, "connection lost": 1, "server error": 1}
    assert (10, kinds) == (first.rows, first.failed_by_kind)
    assert (again.rows, again.failed) == (10, 0)
    assert done(path) == {ANSWERED: 10}
    assert kinds == {k: n for k, n in read_outcomes(path).replaced.items() if k != ANSWERED}


def test_who_answered_and_what_was_cut_is_counted(tmp_path: Path) -> None:
    """A response that ran into a limit of length stays a response; the endpoint's own name for the model is counted."""
    script = [answer("cut", finish="length"), raw(json.dumps({**completion(), "model": "other"}).encode())]
    with Endpoint(script=list(script), otherwise=answer()) as endpoint:
        tally = run(endpoint, tmp_path / "a.jsonl", tasks(5))

    assert (tally.failed, tally.cut) == (0, 1)
    assert tally.answered_by == {"model-that-answered": 4, "other": 1}
    assert done(tmp_path / "a.jsonl") == {ANSWERED: 4, CUT: 1}


def test_a_failure_row_has_no_text(tmp_path: Path) -> None:
    """What failed can never be graded as a response."""
    with Endpoint(script=[answer(), refuse(500, error={"message": "question 1"})]) as endpoint:
        run(endpoint, tmp_path / "a.jsonl", tasks(2))

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
        run(endpoint, tmp_path / "a.jsonl", [Task(asked)])

    (row,) = read_journal(tmp_path / "a.jsonl")
    assert (row["status"], row["text"], row["finish_reason"]) == ("ok", "", "tool_calls")
    assert '"name": "find"' in row["tool_calls"]
    assert endpoint.requests[0].body["messages"][1]["tool_call_id"] == "c0"


def test_where_nothing_is_left_nothing_is_asked(tmp_path: Path) -> None:
    """A finished run starts no model, not even the embedded one."""
    assert do(ReplayJob([], ModelSettings("embedded")), tmp_path / "a.jsonl").rows == 0


def test_a_key_that_expires_stops_the_run_and_keeps_what_was_answered(tmp_path: Path) -> None:
    """The error is the run's, not the prefixes'; with a new key the run goes on where it was."""
    path = tmp_path / "a.jsonl"
    with Endpoint(script=[echo()] * 12, otherwise=refuse(401)) as endpoint:
        with pytest.raises(ModelError, match="refused the key"):
            run(endpoint, path, tasks(30))
        kept = {row["prefix_id"] for row in read_journal(path)}
        endpoint.otherwise = echo()
        run(endpoint, path, (one for one in tasks(30) if one.prefix.prefix_id not in kept))

    assert 9 <= len(kept) <= 12
    assert done(path) == {ANSWERED: 30}
    assert len(list(read_journal(path))) == 30


def test_a_request_to_stop_ends_the_run_cleanly(tmp_path: Path) -> None:
    """What is in flight is finished and kept; nothing new is sent."""
    path = tmp_path / "a.jsonl"
    with Endpoint(otherwise=echo(after_s=0.02)) as endpoint:
        job = ReplayJob(tasks(200), ModelSettings("x", "m", endpoint.url), in_flight=4)
        do(job, path, stop=lambda: len(endpoint.requests) >= 10)

    assert len(endpoint.requests) == len(list(read_journal(path)))
    assert 10 <= len(endpoint.requests) < 14


def test_a_stop_does_not_wait_for_a_rate_limit(tmp_path: Path) -> None:
    """Calls that wait for a limit to be lifted are given up: they are no failures, and a later run sends them."""
    path = tmp_path / "a.jsonl"
    started = time.monotonic()
    with Endpoint(script=[answer()] * 3, otherwise=refuse(429, retry_after="60")) as endpoint:
        job = ReplayJob(tasks(50), ModelSettings("x", "m", endpoint.url), in_flight=8)
        do(job, path, stop=lambda: len(endpoint.requests) > 3)

    assert time.monotonic() - started < 30
    assert done(path) == {ANSWERED: 3}


def test_the_embedded_model_answers_real_prefixes(tmp_path: Path) -> None:
    """Four prefixes through llama.cpp: three short ones get words, one beyond its context is a counted failure."""
    endless = Prefix("f:1", "f", (Message("user", "word " * 5_000),))
    settings = ModelSettings("embedded", temperature=0.5, max_tokens=5)
    tally = do(ReplayJob([*tasks(3), Task(endless)], settings, in_flight=2), tmp_path / "a.jsonl")

    rows = {row["prefix_id"]: row for row in read_journal(tmp_path / "a.jsonl")}
    assert (tally.rows, tally.failed_by_kind) == (4, {"context too long": 1})
    assert rows["f:1"]["status"] == "failed"
    assert all(rows[prefix(n).prefix_id]["text"].strip() for n in range(3))
    assert tally.completion_tokens <= 15


def test_a_crash_of_the_embedded_model_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prefixes behind the crash are not written off as failures: the next run answers them."""
    started: list[LocalServer] = []

    @contextmanager
    def watched() -> Iterator[LocalServer]:
        with shared_server() as server:
            started.append(server)
            yield server

    def crash(tally: RunTally, pace: Pace) -> None:
        if tally.rows >= 3:
            os.kill(started[0].address.pid, signal.SIGKILL)

    monkeypatch.setattr(engine, "shared_server", watched)
    job = ReplayJob(tasks(60), ModelSettings("embedded", max_tokens=3), in_flight=2)
    with pytest.raises(ModelError, match="stopped by itself"):
        do(job, tmp_path / "a.jsonl", on_rows=crash)

    assert list(done(tmp_path / "a.jsonl")) == [CUT]
