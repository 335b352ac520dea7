"""A replay that is killed, interrupted, cut off from its disk or its server, and what the next one finds."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_endpoint import Manner, counts_of, fake_endpoint, free_port
from killable import IN_FLIGHT, Child, plan
from makers import NOW, conversation, fill
from servers import Endpoint, Handler, Seen, echo

from deploysim.pipeline.drawing import draw
from deploysim.pipeline.replaying import replay_sample
from deploysim.sampling import SampleSpec
from deploysim.store.journal import read_journal
from deploysim.store.outcomes import ANSWERED
from deploysim.store.responses import responses
from deploysim.store.runs import journal_path, read_run
from deploysim.store.workspace import Workspace

PREFIXES = 240


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    fill(workspace, [conversation(n, turns=3) for n in range(PREFIXES // 3)])
    draw(workspace, SampleSpec(seed=1), now=NOW)
    return workspace


def journal_of(here: Workspace, url: str) -> Path:
    return journal_path(here, plan(here.root, url).run_id())


def rows_of(here: Workspace, url: str) -> list[dict[str, Any]]:
    return list(read_journal(journal_of(here, url)))


def assert_whole(here: Workspace, url: str) -> None:
    """Every prefix has one answer to its own question, in the journal and in what was sealed from it."""
    run = read_run(here, plan(here.root, url).run_id())
    frame = responses(here, run.run_id)
    assert (run.status, run.outcomes, run.notes) == ("done", {ANSWERED: PREFIXES}, run.notes)
    assert frame["prefix_id"].n_unique() == frame.height == len(rows_of(here, url)) == PREFIXES
    assert frame["text"].n_unique() == PREFIXES


@pytest.mark.slow
def test_twenty_kills_lose_and_double_nothing(here: Workspace) -> None:
    """kill -9 at twenty random moments: all that was acknowledged stays as it was, and at most what was in flight is
    sent again."""
    random = Random(20)
    with Endpoint(otherwise=echo(after_s=0.02)) as endpoint:
        kept: list[dict[str, Any]] = []
        for _ in range(20):
            child = Child(here.root, endpoint.url)
            more = child.wait_for(len(kept) + random.randrange(1, 9))
            threading.Event().wait(random.random() * 0.03)
            child.end(signal.SIGKILL)
            rows = rows_of(here, endpoint.url)
            assert more
            assert kept == rows[: len(kept)]
            assert len(rows) >= child.acknowledged
            kept = rows
        last = Child(here.root, endpoint.url)
        last.end()
        sent = Counter(seen.last for seen in endpoint.requests)

    assert (last.error, last.process.exitcode) == ("", 0)
    assert len(kept) < PREFIXES
    assert_whole(here, endpoint.url)
    assert len(sent) == PREFIXES
    assert sum(sent.values()) - PREFIXES <= 20 * IN_FLIGHT


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on(here: Workspace, how: signal.Signals) -> None:
    """Ctrl-C lets what is in flight end and sends nothing twice; a plain kill loses no more than that."""
    with Endpoint(otherwise=echo(after_s=0.05)) as endpoint:
        first = Child(here.root, endpoint.url)
        assert first.wait_for(40)
        first.end(how)
        kept = rows_of(here, endpoint.url)
        status = read_run(here, plan(here.root, endpoint.url).run_id()).status
        second = Child(here.root, endpoint.url)
        second.end()
        again = len(endpoint.requests) - PREFIXES

    assert 40 <= len(kept) < PREFIXES
    assert (status, again) == ("stopped", 0) if how is signal.SIGINT else again <= IN_FLIGHT
    assert first.error == ("KeyboardInterrupt: " if how is signal.SIGINT else "")
    assert_whole(here, endpoint.url)


def test_a_second_ctrl_c_ends_it_at_once(here: Workspace) -> None:
    """What is in flight is given up, and the run says that its last blocks may lack slow answers."""
    stuck = threading.Event()

    def stalling(handler: Handler, seen: Seen) -> None:
        if len(endpoint.requests) > 60:
            stuck.set()
            seen.ended.wait(30)
        echo()(handler, seen)

    with Endpoint(otherwise=stalling) as endpoint:
        child = Child(here.root, endpoint.url)
        assert stuck.wait(30)
        assert child.process.pid
        os.kill(child.process.pid, signal.SIGINT)
        threading.Event().wait(0.3)
        child.end(signal.SIGINT)
        record = read_run(here, plan(here.root, endpoint.url).run_id())

    assert child.error == "KeyboardInterrupt: "
    assert record.status == "stopped"
    assert any("cut off with calls in flight" in note for note in record.notes)
    assert 0 < sum(record.outcomes.values()) <= 60


def test_a_power_cut_anywhere_leaves_whole_rows(here: Workspace) -> None:
    """However much of the journal is lost or zeroed, the rows before it count, and only what is missing is sent."""
    random = Random(8)
    with Endpoint(otherwise=echo()) as endpoint:
        replay_sample(here, plan(here.root, endpoint.url), now=NOW)
        path = journal_of(here, endpoint.url)
        for turn in range(10):
            before = path.read_bytes()
            cut = random.randrange(len(before))
            zeros = b"\x00" * random.randrange(1, 3_000) if turn % 2 else b""
            path.write_bytes(before[:cut] + zeros)
            responses_file = path.with_name("responses.parquet")
            responses_file.unlink()
            whole = before[:cut].count(b"\n")
            sent = len(endpoint.requests)

            replay_sample(here, plan(here.root, endpoint.url), now=NOW)

            assert path.read_bytes().startswith(before[:cut].rpartition(b"\n")[0])
            assert len(endpoint.requests) - sent == PREFIXES - whole
            assert_whole(here, endpoint.url)


def test_a_full_disk_stops_the_run_and_loses_nothing(here: Workspace) -> None:
    """A file that cannot grow any more ends the run with the reason; with room again it goes on from the last row."""
    pytest.importorskip("resource", reason="limits the size of files, which this system cannot")
    with Endpoint(otherwise=echo()) as endpoint:
        child = Child(here.root, endpoint.url, largest_file=20_000)
        child.end()
        rows, size = rows_of(here, endpoint.url), journal_of(here, endpoint.url).stat().st_size
        status = read_run(here, plan(here.root, endpoint.url).run_id()).status
        Child(here.root, endpoint.url).end()

    assert "cannot be written to (File too large)" in child.error
    assert 20_000 - 1_000 < size <= 20_000
    assert child.acknowledged <= len(rows) < PREFIXES
    assert status == "failed"
    assert_whole(here, endpoint.url)
    assert len(endpoint.requests) - PREFIXES <= IN_FLIGHT


def test_a_server_that_dies_and_returns_is_waited_for(here: Workspace) -> None:
    """The run goes on by itself; no prefix is written off, and at most what was in flight is sent again."""
    port = free_port()
    manner = Manner(delay=(0.02, 0.04), port=port)
    with fake_endpoint(manner) as url:
        child = Child(here.root, url)
        assert child.wait_for(60)
        first = counts_of(url)
    assert child.process.is_alive()
    with fake_endpoint(manner) as url:
        child.end()
        second = counts_of(url)

    run = read_run(here, plan(here.root, url).run_id())
    assert (child.error, run.status, run.outcomes) == ("", "done", {ANSWERED: PREFIXES})
    assert len(rows_of(here, url)) == PREFIXES
    # Between the count and the death of the first server some more may have been answered.
    assert first["requests"] + second["requests"] + 3 * IN_FLIGHT >= PREFIXES
    assert second["requests"] <= PREFIXES - 60 + IN_FLIGHT


def test_a_second_process_is_refused_and_harms_nothing(here: Workspace) -> None:
    """Two processes on one run: one goes on, the other says why it does not."""
    held = threading.Event()

    def holding(handler: Handler, seen: Seen) -> None:
        held.wait(30)
        echo()(handler, seen)

    with Endpoint(otherwise=holding) as endpoint:
        first = Child(here.root, endpoint.url)
        assert first.wait_for(0)
        while not endpoint.requests:
            threading.Event().wait(0.01)
        second = Child(here.root, endpoint.url)
        second.end()
        held.set()
        first.end()

    assert "BusyError: Another process is writing responses.jsonl" in second.error
    assert (first.error, len(endpoint.requests)) == ("", PREFIXES)
    assert_whole(here, endpoint.url)
