"""A replay as a run: pilots, stops, repeats, retries of one kind of failure, and what the record says of itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from makers import NOW, conversation, fill
from servers import Endpoint, Handler, Reply, Seen, answer, completion, drop, echo, raw, refuse

from deploysim.chat.settings import ModelSettings
from deploysim.errors import BusyError, InputError, ModelError
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.replaying import ReplayPlan, outcomes_to_retry, replay_sample
from deploysim.replay.engine import NO_SEED
from deploysim.sampling import SampleSpec
from deploysim.store.blocks import cut_into_blocks
from deploysim.store.completed import completed_prefixes
from deploysim.store.journal import Journal, read_journal
from deploysim.store.outcomes import ANSWERED, CUT
from deploysim.store.responses import responses
from deploysim.store.run_progress import read_progress, request_stop
from deploysim.store.runs import RunRecord, journal_path, read_run
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

CONVERSATIONS, TURNS = 24, 3
PREFIXES = CONVERSATIONS * TURNS


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    fill(workspace, [conversation(n, turns=TURNS) for n in range(CONVERSATIONS)])
    draw(workspace, SampleSpec(seed=1), now=NOW)
    return workspace


def plan(workspace: Workspace, endpoint: Endpoint, **changes: Any) -> ReplayPlan:
    sample_id = next(workspace.samples.glob("*.duckdb")).stem
    tries = {"max_retries": 0, **{k: changes.pop(k) for k in ("max_retries",) if k in changes}}
    settings = ModelSettings("x", "model-that-answered", endpoint.url, timeout_s=10, **tries)
    return ReplayPlan(sample_id, Lane.CANDIDATE, settings, **{"in_flight": 4, **changes})


def run(workspace: Workspace, endpoint: Endpoint, **changes: Any) -> RunRecord:
    return replay_sample(workspace, plan(workspace, endpoint, **changes), now=NOW)


def asked(endpoint: Endpoint) -> list[tuple[str, int]]:
    return [(seen.last, seen.body.get("seed", 0)) for seen in endpoint.requests]


def choosing(choose: Callable[[Seen], Reply | None]) -> Reply:
    """Reply as chosen for a request, and with an answer where nothing is chosen."""

    def reply(handler: Handler, seen: Seen) -> None:
        (choose(seen) or echo())(handler, seen)

    return reply


def test_a_whole_run_says_what_it_came_to(here: Workspace) -> None:
    """Every prefix is sent once; record, progress and responses agree."""
    with Endpoint(otherwise=echo()) as endpoint:
        record = run(here, endpoint)

    frame, progress = responses(here, record.run_id), read_progress(here, record.run_id)
    assert (record.status, record.prefixes, record.repeats) == ("done", PREFIXES, 1)
    assert (record.outcomes, record.answered_by) == ({ANSWERED: PREFIXES}, {"model-that-answered": PREFIXES})
    assert record.notes == ()
    assert len(set(asked(endpoint))) == len(endpoint.requests) == frame.height == PREFIXES
    assert record == read_run(here, record.run_id)
    assert progress
    assert (progress.done, progress.total, progress.failed) == (PREFIXES, PREFIXES, 0)
    assert (progress.prompt_tokens, progress.completion_tokens) == (7 * PREFIXES, 3 * PREFIXES)
    assert (progress.ceiling, progress.width, progress.waits_s) == (4, 4, 0.0)
    assert set(progress.latencies) == {"50", "90", "99"}
    assert progress.answered_by == {"model-that-answered": PREFIXES}
    assert record.settings["max_retries"] == 0
    assert "api_key" not in record.settings


def test_a_finished_run_asks_nothing(here: Workspace) -> None:
    """The same command again returns what is there."""
    with Endpoint(otherwise=echo()) as endpoint:
        first = run(here, endpoint)
        again = run(here, endpoint)

    assert first == again
    assert len(endpoint.requests) == PREFIXES


def test_conversations_go_out_one_after_the_other(here: Workspace) -> None:
    """Block by block, by conversation and turn, so that a server that remembers beginnings is spared most of them."""
    with Endpoint(otherwise=echo()) as endpoint:
        record = run(here, endpoint, in_flight=1)

    blocks = cut_into_blocks(here, record.sample_id)
    wanted = [p for block in blocks.order.tolist() for p in blocks.prefix_ids(block)]
    assert [row["prefix_id"] for row in read_journal(journal_path(here, record.run_id))] == wanted
    assert [seen.last[:10] for seen in endpoint.requests[:3]] == ["question 1", "question 2", "question 3"]


def test_a_pilot_is_the_beginning_of_the_run(here: Workspace) -> None:
    """It has whole blocks of about as many prefixes as asked for, and the run goes on from there."""
    with Endpoint(otherwise=echo()) as endpoint:
        pilot = run(here, endpoint, limit=24)
        sealed = responses(here, pilot.run_id)
        whole = run(here, endpoint)

    assert (pilot.status, whole.status, pilot.run_id) == ("stopped", "done", whole.run_id)
    assert 18 <= sealed.height <= 30
    assert pilot.outcomes == {ANSWERED: sealed.height}
    assert f"{sealed.height} of {PREFIXES} outcomes are in complete blocks" in pilot.notes[0]
    assert whole.notes == ()
    assert len(set(asked(endpoint))) == len(endpoint.requests) == PREFIXES


def test_a_stopped_run_seals_its_complete_blocks_and_goes_on(here: Workspace) -> None:
    """What was answered beyond them waits in the journal: it counts later and is not sent again."""
    with Endpoint() as endpoint:
        waiting = plan(here, endpoint)

        def stopping(seen: Seen) -> None:
            # The first of the three prefixes of a block.
            if len(endpoint.requests) == 40:
                request_stop(here, waiting.run_id())

        endpoint.otherwise = choosing(stopping)
        stopped = run(here, endpoint, in_flight=1)
        sealed = set(responses(here, stopped.run_id)["prefix_id"])
        kept = {row["prefix_id"] for row in read_journal(journal_path(here, stopped.run_id))}
        complete = set(completed_prefixes(here, stopped.run_id))
        done = run(here, endpoint)

    blocks = cut_into_blocks(here, stopped.sample_id)
    assert (stopped.status, done.status) == ("stopped", "done")
    assert 40 <= len(kept) < 42
    assert sealed == complete
    assert complete < kept
    # What is in flight ends, so all blocks that were sent whole are complete, and at most one is begun.
    assert len(kept - complete) < max(len(blocks.prefix_ids(b)) for b in range(len(blocks)))
    assert len(endpoint.requests) == PREFIXES
    assert responses(here, done.run_id).height == PREFIXES


def test_repeats_have_rows_and_seeds_of_their_own(here: Workspace) -> None:
    """A run that is asked for more repeats later keeps those that it has, and nothing is sent twice."""
    with Endpoint(otherwise=echo()) as endpoint:
        once = run(here, endpoint)
        thrice = run(here, endpoint, repeats=3)
        fewer = run(here, endpoint, repeats=2)

    frame = responses(here, thrice.run_id)
    assert (once.run_id, thrice.repeats, thrice.outcomes) == (thrice.run_id, 3, {ANSWERED: 3 * PREFIXES})
    assert fewer == thrice
    assert Counter(frame["repeat"].to_list()) == {0: PREFIXES, 1: PREFIXES, 2: PREFIXES}
    assert len(set(asked(endpoint))) == len(endpoint.requests) == 3 * PREFIXES


@pytest.mark.parametrize(
    ("retry", "left"),
    [
        (["server-error"], {"context too long": 1, "connection lost": 1}),
        (["connection", "context"], {"server error": 2}),
        (["all"], {}),
        (["rate-limit"], {"server error": 2, "context too long": 1, "connection lost": 1}),
    ],
)
def test_each_kind_of_failure_can_be_retried_on_its_own(
    here: Workspace, retry: list[str], left: dict[str, int]
) -> None:
    """Only the failures named are asked for anew; what came of the others stays."""
    script = [answer(), refuse(500), refuse(500), refuse(400, error={"code": "context_length_exceeded"}), drop]
    with Endpoint(script=list(script)) as endpoint:
        first = run(here, endpoint, in_flight=1)
        second = run(here, endpoint, in_flight=1, retry=outcomes_to_retry(retry))

    failed = {"server error": 2, "context too long": 1, "connection lost": 1}
    assert first.outcomes == {ANSWERED: PREFIXES - 4, **failed}
    assert {k: n for k, n in second.outcomes.items() if k != ANSWERED} == left
    assert len(endpoint.requests) == PREFIXES + 4 - sum(left.values())
    retried = responses(here, second.run_id).filter(attempt=2)
    assert retried.height == 4 - sum(left.values())


def test_a_response_cut_by_length_is_a_response_and_can_be_drawn_anew(here: Workspace) -> None:
    """It is counted apart and kept; asked for anew it gets another seed, and the run says what that favours."""
    with Endpoint(script=[answer("half of", finish="length")]) as endpoint:
        first = run(here, endpoint, in_flight=1)
        everything = run(here, endpoint, in_flight=1, retry=outcomes_to_retry(["all"]))
        second = run(here, endpoint, in_flight=1, retry=outcomes_to_retry(["length"]))

    assert first.outcomes == everything.outcomes == {ANSWERED: PREFIXES - 1, CUT: 1}
    assert second.outcomes == {ANSWERED: PREFIXES}
    assert "1 response cut by length gave way to a new attempt" in second.notes[0]
    (text, seed), (again, another) = asked(endpoint)[0], asked(endpoint)[-1]
    assert (text, len(endpoint.requests)) == (again, PREFIXES + 1)
    assert seed != another


def test_names_of_failures_are_checked() -> None:
    """A name that stands for nothing is an error that lists those that do."""
    with pytest.raises(InputError, match="by the name of timeouts") as caught:
        outcomes_to_retry(["all", "timeouts"])

    assert "timeout, rate-limit" in caught.value.expected


def test_another_model_than_asked_for_is_noted(here: Workspace) -> None:
    """The names that the endpoint gave itself are counted, and the run says so."""
    other = raw(json.dumps({**completion(), "model": "a-cheaper-model"}).encode())
    with Endpoint(otherwise=choosing(lambda seen: other if "question 2" in seen.last else None)) as endpoint:
        record = run(here, endpoint)

    assert record.answered_by == {"model-that-answered": PREFIXES - CONVERSATIONS, "a-cheaper-model": CONVERSATIONS}
    assert record.notes == (
        "Asked was model-that-answered; by its own account answered model-that-answered (48), a-cheaper-model (24).",
    )


def test_a_refused_seed_is_noted(here: Workspace) -> None:
    """Whoever reads the run knows that its answers cannot be drawn again."""
    no_seed = refuse(400, error={"param": "seed"})
    with Endpoint(otherwise=choosing(lambda seen: no_seed if "seed" in seen.body else None)) as endpoint:
        record = run(here, endpoint)

    assert (record.outcomes, record.notes) == ({ANSWERED: PREFIXES}, (NO_SEED,))


def test_a_second_process_on_a_run_is_refused(here: Workspace) -> None:
    """It says so and changes nothing."""
    with Endpoint(otherwise=echo()) as endpoint:
        with Journal(journal_path(here, plan(here, endpoint).run_id())), pytest.raises(BusyError, match="Another"):
            run(here, endpoint)
        record = run(here, endpoint)

    assert (record.status, len(endpoint.requests)) == ("done", PREFIXES)


def test_a_run_that_fails_goes_on_where_it_was(here: Workspace) -> None:
    """The error is the run's; with the key repaired, only what is missing is sent."""
    with Endpoint(script=[answer()] * 20, otherwise=refuse(401)) as endpoint:
        with pytest.raises(ModelError, match="refused the key"):
            run(here, endpoint)
        failed = read_run(here, plan(here, endpoint).run_id())
        endpoint.otherwise = echo()
        refused = len(endpoint.requests) - 20
        record = run(here, endpoint)

    assert failed.status == "failed"
    assert "refused the key" in (failed.error or "")
    assert (record.status, record.error) == ("done", None)
    assert refused <= 4
    assert len(endpoint.requests) <= PREFIXES + 4
