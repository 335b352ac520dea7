"""A replay in batches that is killed at each of its steps, and what the next process makes of it."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from batch_server import Plan, Provider, asked, echo, error
from replaying_apart import PREFIXES, start
from servers import Handler, Reply, Seen

from deploysim.store.batches import BatchBook
from deploysim.store.journal import read_journal


class Killed:
    """A process, and replies of the provider that end it."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self.folder = folder
        self._url = provider.url
        self._process: BaseProcess | None = None

    def start(self) -> BaseProcess:
        self._process = start(self._url, self.folder)
        return self._process

    def kill(self, handler: Handler, seen: Seen) -> None:
        assert self._process
        self._process.kill()
        # The process that started it waits for it.
        time.sleep(0.05)
        handler.close_connection = True

    def kill_in_the_middle(self, handler: Handler, seen: Seen) -> None:
        """Serve one whole line and a piece of the next, give it time to be taken, and kill."""
        handler.send_response(200)
        handler.send_header("content-type", "application/octet-stream")
        handler.send_header("content-length", "100000")
        handler.end_headers()
        handler.wfile.write(b'{"custom_id": "000000000001-1-0", "response": nu')
        time.sleep(0.1)
        self.kill(handler, seen)

    def finish(self) -> None:
        process = self.start()
        process.join(60)
        assert process.exitcode == 0


def good_or_too_long(body: dict[str, object]) -> tuple[int, dict[str, object]]:
    """Every batch gets an output and an error file."""
    return error(400, code="context_length_exceeded") if int(asked(body)) % 7 == 3 else echo(body)


def check(provider: Provider, folder: Path) -> None:
    """Every prefix has its one outcome, none was run twice, and nothing is left at the provider."""
    failed = {n for n in range(PREFIXES) if n % 7 == 3}
    rows = {int(row["prefix_id"].split(":")[0], 16): row for row in read_journal(folder / "responses.jsonl")}
    answered = Counter(row["prefix_id"] for row in read_journal(folder / "responses.jsonl") if row["status"] == "ok")

    assert set(range(PREFIXES)) == set(rows)
    assert failed == {n for n, row in rows.items() if row["status"] == "failed"}
    assert all(row["text"] == f"to: {n}" for n, row in rows.items() if n not in failed)
    assert set(answered.values()) == {1}
    assert {str(n): 1 for n in range(PREFIXES) if n not in failed} == +provider.billed
    assert provider.files == {}
    assert BatchBook(folder).open == ()


@pytest.mark.parametrize(
    ("when", "route", "nth"),
    [
        ("before", "POST /v1/files", 0),
        ("after", "POST /v1/files", 0),
        ("after", "POST /v1/files", 1),
        ("before", "POST /v1/batches", 0),
        ("after", "POST /v1/batches", 0),
        ("after", "POST /v1/batches", 2),
        ("before", "GET /v1/batches/ID", 0),
        ("after", "GET /v1/batches/ID", 3),
        ("before", "GET /v1/files/ID/content", 0),
        ("before", "GET /v1/files/ID/content", 1),
        ("middle", "GET /v1/files/ID/content", 0),
        ("middle", "GET /v1/files/ID/content", 1),
        ("before", "GET /v1/files/ID/content", 3),
        ("before", "DELETE /v1/files/ID", 0),
        ("after", "DELETE /v1/files/ID", 0),
        ("after", "DELETE /v1/files/ID", 4),
    ],
)
def test_a_kill_at_any_step_loses_nothing_and_pays_nothing_twice(
    tmp_path: Path, when: str, route: str, nth: int
) -> None:
    """Killed before a call, after it but before its note, while looking, and in the middle of results."""
    with Provider(answer=good_or_too_long) as provider:
        run = Killed(provider, tmp_path)
        last: Reply = run.kill_in_the_middle if when == "middle" else run.kill
        where = provider.after if when == "after" else provider.before
        where[route] = [*[None] * nth, last]
        first = run.start()
        first.join(60)
        run.finish()

        assert first.exitcode == -signal.SIGKILL
        check(provider, tmp_path)
        assert len(provider.batches) == 3


@pytest.mark.parametrize("seed", range(4))
def test_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    """Killed again and again while batches expire, fail in passing and end, the sum is right."""
    moments = random.Random(seed)
    with Provider(answer=good_or_too_long) as provider:
        provider.plans = [Plan(looks=3), Plan(status="expired", answered=3), Plan(looks=5)]
        run = Killed(provider, tmp_path)
        for _ in range(4):
            process = run.start()
            calls = len(provider.routes) + moments.randint(1, 12)
            while process.exitcode is None and len(provider.routes) < calls:
                time.sleep(0.002)
            process.kill()
            process.join(60)
        run.finish()

        check(provider, tmp_path)
