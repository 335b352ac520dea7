"""Batches at a provider that refuses, is full, misbehaves or forgets."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from batch_bench import CONTENT, CREATE, DELETE, LOOK, UPLOAD, Bench, all_ok
from batch_server import Plan, asked, echo, error
from servers import Reply, drop, half, raw, refuse, send

from deploysim.chat.batching.job import Limits
from deploysim.errors import ModelError


def test_lines_that_a_provider_refuses_are_failures_and_the_others_go_on(bench: Bench) -> None:
    """A batch that fails its validation for some lines is sent without them."""
    faults = [{"code": "invalid_type", "message": "question 3", "line": 4}, {"code": "invalid_type", "line": 9}]
    bench.provider.plans = [Plan(faults=faults)]
    bench.run()

    assert all_ok(10) | {3: "request rejected", 8: "request rejected"} == bench.outcomes()
    assert {"invalid_type"} == {row["failure_detail"] for row in bench.rows().values()} - {None}
    assert sum(bench.provider.billed.values()) == 8


@pytest.mark.parametrize(
    "faults",
    [[{"code": "model_not_found", "message": "question 3", "line": None}], [{"message": "question 3", "line": 99}]],
)
def test_a_batch_that_is_refused_as_a_whole_stops_the_run(bench: Bench, faults: list[dict[str, Any]]) -> None:
    """Nothing is a failure yet; the error names the code and a way on, never the text; the next run tries again."""
    bench.provider.plans = [Plan(faults=faults)]
    with pytest.raises(ModelError, match="refused a batch") as caught:
        bench.run()
    before = bench.outcomes()
    bench.run()

    assert ({}, all_ok(10)) == (before, bench.outcomes())
    assert "--batch" in caught.value.next_step
    assert "question" not in str(caught.value)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(("queue", "batches"), [(450, 1), (250, 2), (110, 5)])
def test_a_queue_that_is_full_makes_smaller_batches(bench: Bench, queue: int, batches: int, at_once: bool) -> None:
    """The limit that the provider names is kept from then on, whether it says so at once or after validating."""
    bench.provider.queue_tokens, bench.provider.refuses_at_once = queue, at_once
    bench.run()
    run = [b for b in bench.provider.batches.values() if b.shown["status"] == "completed"]

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert batches <= len(run) <= batches + 1


def test_a_full_queue_whose_limit_nobody_says_is_found_by_halves(bench: Bench) -> None:
    """Refused three times with nothing of ours in the queue, a batch is halved; what fits goes through once."""
    bench.provider.queue_tokens, bench.provider.queue_words = 250, "It is full."
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert bench.book.queue_tokens is None


def test_a_queue_that_stays_full_ends_the_run_and_the_next_goes_on(bench: Bench) -> None:
    """Somebody else fills the account's queue: after many refusals the run says so, with nothing lost."""
    bench.numbers = [0]
    bench.provider.queue_tokens = 1
    with pytest.raises(ModelError, match="its queue stays full"):
        bench.run()
    refused = len(bench.provider.batches)
    bench.provider.queue_tokens = None
    bench.run()

    assert (bench.outcomes(), refused) == ({0: "ok"}, 20)


def test_batches_wait_for_room_in_the_queue(bench: Bench) -> None:
    """Where two batches of ours do not fit together the second waits for the first, and is not made smaller."""
    bench.provider.queue_tokens = 250
    bench.provider.plans = [Plan(looks=5)]
    bench.run(options={"limits": Limits(requests=5)})

    assert all_ok(10) == bench.outcomes()
    assert [note.requests for note in bench.book.notes] == [5, 5]
    assert bench.provider.count(UPLOAD) == 2


def test_a_slow_batch_is_waited_for_with_growing_pauses(bench: Bench) -> None:
    """Pauses grow by half up to the longest, and begin short again when something changed; watchers hear of the run."""
    looks: list[float] = []
    beats: list[int] = []

    def note_time(handler: Any, seen: Any) -> None:
        looks.append(time.monotonic())
        send(handler, 200, json.dumps(bench.provider.batches["batch_1"].shown).encode(), {})

    bench.provider.after[LOOK] = [note_time] * 8
    bench.provider.plans = [Plan(looks=7)]
    bench.run(options={"first_poll_s": 0.02, "longest_poll_s": 0.1}, on_rows=lambda tally: beats.append(tally.rows))

    gaps = [later - earlier for earlier, later in itertools.pairwise(looks)]
    shortest = [0.02, 0.03, 0.045, 0.0675, 0.1, 0.1, 0.1]
    assert all(gap >= least for gap, least in zip(gaps, shortest, strict=True))
    assert (beats[0], beats[-1]) == (0, 10)


@pytest.mark.parametrize("route", [UPLOAD, CREATE, LOOK, CONTENT, DELETE])
@pytest.mark.parametrize(
    "bad", [refuse(429, retry_after="0.01"), refuse(500), refuse(503), drop, half, raw(b"<html>", kind="text/html"), raw(b"{}")]
)  # fmt: skip
def test_trouble_at_any_endpoint_is_tried_again(bench: Bench, route: str, bad: Reply) -> None:
    """Rate limits, errors, lost connections and junk at one call: all is answered, once, and nothing is left there."""
    bench.provider.before[route] = [bad]
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert bench.provider.files == {}


@pytest.mark.parametrize("route", [UPLOAD, CREATE])
@pytest.mark.parametrize("keeps_marks", [True, False])
@pytest.mark.parametrize("bad", [drop, refuse(502), half])
def test_what_arrived_although_the_reply_was_lost_is_not_made_twice(
    bench: Bench, route: str, bad: Reply, keeps_marks: bool
) -> None:
    """A file or a batch that was made is found before it would be made again, by its marks or by its file."""
    bench.provider.keeps_marks = keeps_marks
    bench.provider.after[route] = [bad]
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert len(bench.provider.batches) == 1
    assert bench.provider.files == {}


def test_an_endpoint_without_batches_says_so(bench: Bench) -> None:
    """A server that has chat completions only leads to live mode."""
    bench.provider.before[UPLOAD] = [refuse(404)]
    with pytest.raises(ModelError, match=r"has no Batch API \(HTTP 404\)") as caught:
        bench.run()

    assert "leave --batch out" in caught.value.next_step


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (refuse(401), "refused the key"),
        (refuse(429, error={"code": "insufficient_quota"}), "no credit left"),
        (refuse(400, error={"code": "invalid_request"}), "refused a batch"),
        (refuse(429, retry_after="7200"), "asks to wait 120 minutes"),
    ],
)
def test_what_no_try_can_mend_stops_the_run_and_is_taken_up_again(bench: Bench, bad: Reply, words: str) -> None:
    """The error has a next step and shows neither key nor text; when it is mended the run goes on."""
    bench.provider.before[CREATE] = [bad]
    with pytest.raises(ModelError, match=words) as caught:
        bench.run()
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert caught.value.next_step
    assert not any(hidden in str(caught.value) for hidden in ("sk-test", "question"))


def test_an_account_that_runs_out_in_the_middle_loses_nothing(bench: Bench) -> None:
    """Requests that met an empty account are no failures: with credit the next run sends them, however often."""
    bench.provider.plans = [
        Plan(answer=lambda body: error(429, code="insufficient_quota") if asked(body) > "question 5" else echo(body))
        for _ in range(4)
    ]
    for _ in range(4):
        with pytest.raises(ModelError, match="no credit left"):
            bench.run()
    kept = bench.outcomes()
    bench.run()

    assert (all_ok(6), all_ok(10)) == (kept, bench.outcomes())
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(lost=True), "The results of batch batch_1 are not at"),
        (Plan(nameless=True), "The results of batch batch_1 are not at"),
        (Plan(forgotten=True), "does not know batch batch_1"),
    ],
)
def test_results_that_are_gone_are_said_and_sent_again_only_on_request(bench: Bench, plan: Plan, words: str) -> None:
    """Paying twice is the user's choice; the error names it."""
    bench.provider.plans = [plan]
    for _ in range(2):
        with pytest.raises(ModelError, match=words) as caught:
            bench.run()
    assert len(bench.provider.batches) == 1
    bench.run(options={"resend_lost": True})

    assert "--resend-lost" in caught.value.next_step
    assert all_ok(10) == bench.outcomes()
    assert any("sent again" in remark for remark in bench.book.remarks)
