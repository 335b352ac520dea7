"""A replay that is killed or interrupted, and what the next one finds."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from servers import Endpoint, echo

from deploysim.store.journal import read_journal

ROOT = Path(__file__).resolve().parent.parent.parent
PREFIXES, IN_FLIGHT = 120, 6
SCRIPT = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from deploysim.chat.settings import ModelSettings
from deploysim.replay.engine import ReplayJob, Task, Watcher, replay
from deploysim.store.journal import Journal
from deploysim.store.outcomes import read_outcomes
from deploysim.types import Message, Prefix

url, path = sys.argv[1], Path(sys.argv[2])
with Journal(path) as journal:
    kept = read_outcomes(path).find([f"{{n}}:1" for n in range({PREFIXES})], 0)
    prefixes = (Prefix(f"{{n}}:1", str(n), (Message("user", str(n)),)) for n in range({PREFIXES}) if kept[n] < 0)
    replay(
        ReplayJob(map(Task, prefixes), ModelSettings("x", "m", url), in_flight={IN_FLIGHT}),
        journal,
        Watcher(lambda: datetime.now(UTC)),
    )
"""


def start(endpoint: Endpoint, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, endpoint.url, str(path)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, lines: int) -> None:
    deadline = time.monotonic() + 30
    while len(list(read_journal(path))) < lines:
        assert time.monotonic() < deadline, "the replay does not get anywhere"
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, how: signal.Signals) -> None:
    """However it ends, all that was written stays, at most what was in flight is sent again, and the sum is right."""
    path = tmp_path / "run-1" / "responses.jsonl"
    with Endpoint(otherwise=echo(after_s=0.02)) as endpoint:
        first = start(endpoint, path)
        wait_for(path, 40)
        first.send_signal(how)
        _, printed = first.communicate()
        kept = list(read_journal(path))
        second = start(endpoint, path)
        _, trouble = second.communicate()
        rows = list(read_journal(path))
        sent = Counter(seen.last for seen in endpoint.requests)

    assert 40 <= len(kept) < PREFIXES
    assert (trouble, second.returncode) == ("", 0)
    assert kept == rows[: len(kept)]
    assert {str(n): 1 for n in range(PREFIXES)} == Counter(row["prefix_id"].removesuffix(":1") for row in rows)
    assert sum(sent.values()) - PREFIXES <= IN_FLIGHT
    assert "to: " not in printed


def test_a_second_process_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    """Two processes on one run: one goes on, the other says why it does not."""
    path = tmp_path / "run-1" / "responses.jsonl"
    with Endpoint(otherwise=echo(after_s=0.05)) as endpoint:
        first = start(endpoint, path)
        wait_for(path, 1)
        second = start(endpoint, path)
        _, refused = second.communicate()
        _, trouble = first.communicate()

    assert "BusyError: Another process is writing responses.jsonl of run-1." in refused
    assert (trouble, first.returncode) == ("", 0)
    assert PREFIXES == len(endpoint.requests) == len(list(read_journal(path)))
