"""Replaying through a Batch API that is real HTTP: the same rows as live, whatever the results look like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from batch_bench import LINE, NOW, UPLOAD, Bench, all_ok, name, newest, prefix
from batch_server import Plan, asked, echo, error
from servers import drop

from deploysim.chat.batching.job import Limits
from deploysim.replay.batch_names import custom_id, parts_of
from deploysim.replay.engine import NO_SEED, ReplayJob, Task, Watcher, replay
from deploysim.store.journal import Journal, read_journal
from deploysim.types import Message, Prefix


@pytest.fixture(params=["chat", "responses"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_rows_are_those_of_live_mode(bench: Bench, api: str) -> None:
    """Two repeats of ten prefixes, some of which fail: text, counts, seeds and failures are the same; nobody waited."""

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        bad = {
            "question 2": error(400, code="context_length_exceeded"),
            "question 4": error(400, code="invalid_prompt"),
        }
        status, reply = bad.get(asked(body)) or echo(body)
        return status, {**reply, "model": f"seed {body.get('seed')}"}

    bench.provider.answer, bench.changes = answer, {"api": api, "temperature": 0.5}
    tally = bench.run(repeats=2)
    tasks = [Task(prefix(n), repeat) for n in range(10) for repeat in range(2)]
    with Journal(bench.folder / "live.jsonl") as journal:
        replay(ReplayJob(tasks, bench.settings(), seed=3), journal, Watcher(lambda: NOW))

    live = {key: {**row, "latency_s": None} for key, row in newest(bench.folder / "live.jsonl").items()}
    assert live == bench.rows()
    assert (tally.rows, tally.failed_by_kind) == (20, {"context too long": 2, "refused by the provider's filter": 2})
    assert (api == "responses") == (NO_SEED in tally.notes)


def test_repeats_are_requests_of_their_own(bench: Bench) -> None:
    """Each repeat has its own name, seed and row."""
    bench.provider.answer = lambda body: (200, {**echo(body)[1], "model": str(body["seed"])})
    bench.run(repeats=3)

    rows = bench.rows()
    assert {name(n, repeat) for n in range(10) for repeat in range(3)} == set(rows) == bench.provider.names
    assert len({row["model"] for row in rows.values()}) == 30


def test_names_are_short_plain_and_lead_back() -> None:
    """A request's name holds what any provider takes, and says which prefix, repeat and attempt it is about."""
    assert parts_of(custom_id("0123456789abcdef:12", 7, 2)) == ("0123456789abcdef:12", 7, 2)
    assert custom_id("0123456789abcdef:12", 7, 2) == "0123456789abcdef-12-7-2"


@pytest.mark.parametrize(
    ("limits", "batches"),
    [
        (Limits(requests=10), 1),
        (Limits(requests=9), 2),
        (Limits(requests=3), 4),
        (Limits(size=10 * LINE), 1),
        (Limits(size=10 * LINE - 1), 2),
        (Limits(size=2 * LINE), 5),
    ],
)
def test_files_are_split_at_the_limits(bench: Bench, limits: Limits, batches: int) -> None:
    """As many requests and bytes as allowed go into one file, not one more."""
    sizes: list[int] = []

    def keep_size(handler: Any, seen: Any) -> None:
        sizes.append(sum(len(file.data) for file in bench.provider.files.values()))
        drop(handler, seen)

    bench.provider.after[UPLOAD] = [keep_size]
    bench.changes = {"api": "responses"}
    bench.run(options={"limits": limits})

    assert all_ok(10) == bench.outcomes()
    assert batches == len(bench.provider.batches) == len(bench.book.notes)
    assert sizes[0] <= limits.size


def test_a_request_that_cannot_be_sent_is_a_failure_and_harms_no_other(bench: Bench) -> None:
    """Half a character, and a request larger than a file may be, are outcomes; the others are answered."""
    strange = [
        Prefix("a:1", "a", (Message("user", "half \ud83d"),)),
        prefix(1),
        Prefix("b:1", "b", (Message("user", "x" * 900),)),
    ]
    bench.run(prefixes=strange, options={"limits": Limits(size=500)})

    found = {key: (row["status"], row["failure_kind"]) for key, row in bench.rows().items()}
    assert {
        "a-1-0-1": ("failed", "request rejected"),
        "b-1-0-1": ("failed", "context too long"),
        name(1): ("ok", None),
    } == found


def test_line_ends_inside_a_text_do_not_tear_a_line(bench: Bench) -> None:
    """A text may hold what some take for the end of a line, on its way out and back."""
    text = "one\u2028two\u2029three\u0085four\nfive"
    bench.run(prefixes=[Prefix("a:1", "a", (Message("user", text),))])

    assert f"to: {text}" == bench.rows()["a-1-0-1"]["text"]


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_a_batch_did_not_run_is_not_lost(bench: Bench, status: str) -> None:
    """What was finished is kept and not run again; the rest is sent again, after a cancellation by the next run only."""
    bench.provider.plans = [Plan(status=status, answered=4)]
    bench.run()
    first = bench.outcomes()
    bench.run()

    assert (10 if status == "expired" else 4) == len(first)
    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert any(status in remark for remark in bench.book.remarks)


def test_requests_that_fail_in_passing_are_sent_again(bench: Bench) -> None:
    """A rate limit or a server error of a single request does not make it a failure at once."""
    troubles = iter([error(429), error(500, code="server_error"), error(503)])
    bench.provider.plans = [
        Plan(
            answer=lambda body: (
                next(troubles) if asked(body) in ("question 1", "question 5", "question 7") else echo(body)
            )
        )
    ]
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert [note.requests for note in bench.book.notes] == [10, 3]


def test_sending_again_is_bounded_and_counted(bench: Bench) -> None:
    """After the last try a request is a failure with the reason of that try, and it can be tried again as such."""

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return {"question 1": error(429), "question 5": error(500, code="server_error")}.get(asked(body)) or echo(body)

    bench.provider.plans = [Plan(answer=answer), Plan(answer=answer), Plan(status="expired", answered=0)]
    tally = bench.run()
    kinds = bench.outcomes()
    details = {row["failure_detail"] for row in bench.rows().values() if row["status"] == "failed"}
    again = bench.run()
    retried = bench.run(retry={"timed out"})

    assert all_ok(10) | {1: "timed out", 5: "timed out"} == kinds
    assert ({"batch_expired"}, 10, 2) == (details, tally.rows, tally.failed)
    assert (again.rows, retried.rows) == (0, 2)
    assert all_ok(10) == bench.outcomes()
    assert [note.attempt for note in bench.book.notes] == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("edit", "remark"),
    [
        (lambda lines: lines[::-1], ""),
        (lambda lines: [*lines, lines[0], lines[3]], "2 results that came twice"),
        (lambda lines: [lines[0].replace(b'"custom_id": "', b'"custom_id": "zz-'), *lines], "1 results with an unknown id"),
        (lambda lines: [b'{"custom_id": 7}\n', b"[]\n", b"not JSON\n", b"\n", *lines], "3 lines that are no results"),
        (lambda lines: [line.replace(b"\n", b"\r\n") for line in lines], ""),
        (lambda lines: [*lines[:-1], lines[-1].rstrip(b"\n")], ""),
    ],
)  # fmt: skip
def test_output_in_any_order_and_with_strangers(bench: Bench, edit: Any, remark: str) -> None:
    """Results are told by their names: order, repeats, strangers and junk change no row."""
    bench.provider.plans = [Plan(edit=edit)]
    tally = bench.run()

    assert all_ok(10) == bench.outcomes()
    assert (tally.rows, len(bench.provider.batches)) == (10, 1)
    assert remark in " ".join(bench.book.remarks)


def test_a_result_that_came_twice_counts_once_as_it_came_first(bench: Bench) -> None:
    """A second result for the same request does not replace the first, nor add a row."""
    twice = [
        {"custom_id": name(0), "response": {"status_code": 200, "body": echo({"messages": [{"content": text}]})[1]}}
        for text in ("question 0", "another")
    ]
    bench.numbers = [0]
    bench.provider.plans = [Plan(edit=lambda lines: [json.dumps(one).encode() + b"\n" for one in twice])]
    bench.run()

    assert [row["text"] for row in read_journal(bench.path)] == ["to: question 0"]


@pytest.mark.parametrize(("cut", "batches"), [(1, 1), (2, 1), (3, 2)])
def test_half_a_file_is_fetched_again(bench: Bench, cut: int, batches: int) -> None:
    """Where the output holds less than the provider counted it is read again, and only then believed."""
    bench.provider.plans = [Plan(cut=cut)]
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert batches == len(bench.provider.batches)


def test_results_without_a_status_or_a_body_are_not_answers(bench: Bench) -> None:
    """Lines that say nothing of the outcome are sent again; a reply without a response is a counted failure."""
    empty: list[dict[str, Any]] = [
        {"response": {"status_code": 0, "body": None}},
        {"response": {"status_code": "200"}},
        {"response": None, "error": None},
        {"response": {"status_code": 200, "body": {"choices": []}}},
        {"response": {"status_code": 200, "body": {"error": {"code": 503, "message": "busy"}}}},
    ]
    lines = [json.dumps({"custom_id": name(n), **fields}).encode() + b"\n" for n, fields in enumerate(empty)]
    bench.provider.plans = [
        Plan(edit=lambda old: [*lines, *(one for one in old if name_in(one) not in map(name, range(5)))])
    ]
    bench.run()

    assert all_ok(10) | {3: "malformed reply"} == bench.outcomes()
    assert [note.requests for note in bench.book.notes] == [10, 4]


def name_in(line: bytes) -> str:
    return str(json.loads(line)["custom_id"])
