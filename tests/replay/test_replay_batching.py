"""Replaying through a Batch API that is real HTTP: the same rows as live, whatever becomes of the batches."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from batch_server import Plan, Provider, asked, echo, error
from servers import Reply, drop, half, raw, refuse, send

from deploysim.chat.api import APIS
from deploysim.chat.batch_lines import request_line
from deploysim.chat.runner import RunTally
from deploysim.chat.settings import ModelSettings
from deploysim.config import Secret
from deploysim.errors import ModelError
from deploysim.replay.batch_job import BatchJob, BatchOptions, Limits, custom_id, parts_of
from deploysim.replay.batching import replay_in_batches
from deploysim.replay.engine import ReplayJob, replay
from deploysim.store.batches import BatchBook
from deploysim.store.journal import Journal, read_journal
from deploysim.types import Message, Prefix

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CREATE, UPLOAD, LOOK = "POST /v1/batches", "POST /v1/files", "GET /v1/batches/ID"
CONTENT, DELETE = "GET /v1/files/ID/content", "DELETE /v1/files/ID"


def prefix(number: int) -> Prefix:
    return Prefix(f"{number:012x}:2", f"{number:012x}", (Message("user", f"question {number}"),))


LINE = len(
    request_line(
        APIS["responses"],
        custom_id(prefix(0).prefix_id, 0),
        APIS["responses"].body(ModelSettings("x", "a-model"), prefix(0).messages, seed=None, tools=None),
    )
)
"""Bytes of a request through the Responses API, which takes no seed: all are as long."""


def name(number: int, repeat: int = 0) -> str:
    return custom_id(prefix(number).prefix_id, repeat)


@dataclass
class Bench:
    """A run's folder, and the runs that are made in it."""

    folder: Path
    provider: Provider
    numbers: list[int]
    options: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "responses.jsonl"

    @property
    def book(self) -> BatchBook:
        return BatchBook(self.folder)

    def settings(self, **changes: Any) -> ModelSettings:
        given = {"max_retries": 2, "timeout_s": 5.0, "api_key": Secret("sk-test"), **self.changes, **changes}
        return ModelSettings("x", "a-model", self.provider.url, **given)

    def run(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        on_rows: Callable[[RunTally], None] = lambda tally: None,
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> RunTally:
        quick = {"first_poll_s": 0.005, "longest_poll_s": 0.01, **self.options, **(options or {})}
        job = BatchJob(
            "0123456789ab",
            self.folder,
            lambda: map(prefix, self.numbers),
            self.settings(),
            seed=3,
            options=BatchOptions(**quick),
        )
        with Journal(self.path) as journal:
            return replay_in_batches(replace(job, **changes), journal, clock=lambda: NOW, on_rows=on_rows, stop=stop)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the newest row of each prefix and repeat."""
        return {custom_id(row["prefix_id"], row["repeat"]): row for row in read_journal(self.path)}

    def outcomes(self) -> dict[int, str]:
        """Return number -> "ok" with the right words, or the reason of the failure."""
        found = {}
        for row in read_journal(self.path):
            number = int(row["prefix_id"].split(":")[0], 16)
            right = row["text"] == f"to: question {number}"
            found[number] = ("ok" if right else "wrong words") if row["status"] == "ok" else row["failure_kind"]
        return found


@pytest.fixture(params=["chat", "responses"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    with Provider() as provider:
        yield Bench(tmp_path, provider, list(range(10)))


def all_ok(count: int) -> dict[int, str]:
    return dict.fromkeys(range(count), "ok")


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
    tally = bench.run()
    with Journal(bench.folder / "live.jsonl") as journal:
        replay(ReplayJob(map(prefix, range(10)), bench.settings(), seed=3), journal, clock=lambda: NOW)

    live = {custom_id(row["prefix_id"], row["repeat"]): row for row in read_journal(bench.folder / "live.jsonl")}
    assert {key: {**row, "latency_s": None} for key, row in live.items()} == bench.rows()
    assert (tally.rows, tally.failed_by_kind) == (10, {"context too long": 1, "refused by the provider's filter": 1})


def test_repeats_are_requests_of_their_own(bench: Bench) -> None:
    """Each repeat has its own name, seed and row."""
    bench.provider.answer = lambda body: (200, {**echo(body)[1], "model": str(body["seed"])})
    bench.run(repeats=3)

    rows = bench.rows()
    assert {name(n, repeat) for n in range(10) for repeat in range(3)} == set(rows) == bench.provider.names
    assert len({row["model"] for row in rows.values()}) == 30


def test_names_are_short_plain_and_lead_back() -> None:
    """A request's name holds what any provider takes, and says which prefix and repeat it is about."""
    assert parts_of(custom_id("0123456789abcdef:12", 7)) == ("0123456789abcdef:12", 7)
    assert custom_id("0123456789abcdef:12", 7) == "0123456789abcdef-12-7"


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
    bench.run(prefixes=lambda: strange, options={"limits": Limits(size=500)})

    found = {key: (row["status"], row["failure_kind"]) for key, row in bench.rows().items()}
    assert {
        "a-1-0": ("failed", "request rejected"),
        "b-1-0": ("failed", "context too long"),
        name(1): ("ok", None),
    } == found


def test_line_ends_inside_a_text_do_not_tear_a_line(bench: Bench) -> None:
    """A text may hold what some take for the end of a line, on its way out and back."""
    text = "one\u2028two\u2029three\u0085four\nfive"
    bench.run(prefixes=lambda: [Prefix("a:1", "a", (Message("user", text),))])

    assert f"to: {text}" == bench.rows()["a-1-0"]["text"]


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
    retried = bench.run(retry_failed=True)

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


def test_a_request_to_stop_is_honoured_and_the_next_run_collects(bench: Bench) -> None:
    """While a batch is looked at the run can be stopped; what was submitted is not submitted again."""
    bench.provider.plans = [Plan(looks=30)]
    bench.run(stop=lambda: bench.provider.count(LOOK) >= 3)
    stopped = bench.provider.count(LOOK)
    bench.run()

    assert 3 <= stopped <= 4
    assert all_ok(10) == bench.outcomes()
    assert len(bench.provider.batches) == 1


@pytest.mark.parametrize("at", range(14))
def test_a_run_that_stops_anywhere_is_taken_up(bench: Bench, at: int) -> None:
    """Stopped at the n-th question whether to stop, through expiry and splitting: the sum is right, nothing is run twice."""
    bench.provider.plans = [Plan(looks=2), Plan(status="expired", answered=2), Plan(looks=1)]
    asking = itertools.count()
    bench.run(stop=lambda: next(asking) >= at, options={"limits": Limits(requests=4)})
    bench.run(options={"limits": Limits(requests=4)})

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert bench.provider.files == {}


def test_files_are_deleted_at_the_provider_or_kept_on_request(bench: Bench) -> None:
    """Inputs, outputs and errors go when the rows are here; a deletion that fails is said, and tried again next time."""
    bench.provider.answer = lambda body: error(400) if asked(body) == "question 1" else echo(body)
    bench.run(options={"delete_files": False})
    kept = len(bench.provider.files)
    bench.provider.before[DELETE] = [refuse(500)] * 3
    bench.run()
    remarks = bench.book.remarks
    bench.run()

    assert (kept, len(bench.provider.files)) == (3, 0)
    assert any(
        "could not be deleted at the provider (HTTP 500), delete them there: file-" in remark for remark in remarks
    )


def test_an_input_that_the_provider_deleted_is_uploaded_again(bench: Bench) -> None:
    """A run that is taken up weeks after its upload does not fail for the file that has expired."""
    bench.provider.before[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()
    bench.provider.files.clear()
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert bench.provider.count(UPLOAD) == 2


def test_what_was_erased_meanwhile_is_neither_sent_nor_taken(bench: Bench) -> None:
    """A conversation erased after its upload goes from the file; one erased after its batch began gets no row."""
    gone = frozenset({prefix(2).conversation_id})
    bench.provider.before[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()
    bench.run(kept_out=gone, stop=lambda: bench.provider.count(LOOK) >= 1)
    bench.run(kept_out=gone | {prefix(5).conversation_id})

    assert all_ok(10).keys() - {2, 5} == bench.outcomes().keys()
    assert "question 2" not in bench.provider.billed
    assert bench.provider.billed["question 5"] == 1


def test_no_conversation_text_is_left_in_the_runs_folder(bench: Bench) -> None:
    """Notes and lists hold ids; inputs have no name on the disk; only the journal of responses has words."""
    bench.provider.before[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()

    files = {path.relative_to(bench.folder).as_posix() for path in bench.folder.rglob("*") if path.is_file()}
    assert {"batches.json", "batches/00001.txt", "responses.jsonl", "responses.jsonl.lock"} == files
    assert not any(b"question" in (bench.folder / file).read_bytes() for file in files)


def test_two_workspaces_with_the_same_run_do_not_take_each_others_batches(bench: Bench, tmp_path: Path) -> None:
    """A colleague's run has the same id; its files and batches are told apart."""
    other = Bench(tmp_path / "other", bench.provider, bench.numbers)
    bench.provider.plans = [Plan(looks=50)]
    bench.run(stop=lambda: bench.provider.count(LOOK) >= 1)
    other.run()
    bench.run()

    assert all_ok(10) == bench.outcomes() == other.outcomes()
    assert len(bench.provider.batches) == 2


def test_old_runs_are_found_behind_many_batches(bench: Bench) -> None:
    """A batch whose creation was not written down is found although hundreds were made since, by others."""
    bench.provider.after[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()
    (ours,) = bench.provider.batches.values()
    for number in range(250):
        stranger = {**ours.shown, "id": f"other_{number}", "metadata": {}, "input_file_id": "file-other"}
        bench.provider.batches[f"other_{number}"] = replace(ours, shown=stranger)
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
