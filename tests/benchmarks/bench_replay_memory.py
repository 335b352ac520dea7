"""Memory of a whole replay, from drawing the order of blocks to the sealed Parquet file, by the size of the sample.

    PYTHONPATH=.:tests python tests/benchmarks/bench_replay_memory.py 1000 10000 100000 1000000

Each size runs in a process of its own, once from the beginning and once resumed from half of its journal. A scripted
model answers at once with 2,000 characters, so that a million prefixes take minutes; everything else is what
`python -m deploysim replay` does. Printed are the largest resident set of the process and, to subtract, that of one
which only imported everything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from deploysim.chat.model import Answer
from deploysim.chat.settings import ModelSettings
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.replay import engine
from deploysim.store.runs import journal_path
from deploysim.store.samples import SampleAbout
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Response

SAMPLE = "a" * 12
PLAN = ReplayPlan(SAMPLE, Lane.CANDIDATE, ModelSettings("bench", "m", "http://127.0.0.1:9/v1"))
TEXT = "A response of some length. " * 74


class Scripted:
    """Takes the place of the client of an endpoint, and says the same to everybody."""

    takes_seed = True

    def __init__(self, *given: Any, **named: Any) -> None:
        """Take whatever the client takes."""

    async def __aenter__(self) -> Scripted:
        return self

    async def __aexit__(self, *error: object) -> None:
        """There is nothing to close."""

    async def complete(self, messages: Any, **named: Any) -> Answer:
        """Answer."""
        return Response(TEXT, finish_reason="stop", prompt_tokens=500, completion_tokens=400, latency_s=1.0, model="m")


def write_sample(workspace: Workspace, prefixes: int) -> None:
    """Write a sample of conversations of two turns, about 400 characters a message."""
    path = workspace.samples / f"{SAMPLE}.duckdb"
    path.parent.mkdir(parents=True)
    about = SampleAbout(
        SAMPLE, "turn", prefixes, prefixes // 2, 1, {}, {}, None, None, 0, {"m": prefixes}, [], "2026-11-01", "bench"
    )
    with duckdb.connect(str(path)) as db:
        for statement in _TABLES:
            db.execute(statement.replace("COUNT", str(prefixes // 2)))
        db.executemany(
            "insert into about values (?, to_json(?))", [[k, getattr(about, k)] for k in SampleAbout.__slots__]
        )


_TABLES = (
    "create table about (key varchar, value varchar)",
    "create table conversations as select substr(md5(i::varchar), 1, 12) as conversation_id, null::timestamp as started_at "
    "from range(COUNT) t(i) "
    "order by 1",
    "create table messages as select conversation_id, k::int as idx, case k % 2 when 0 then 'user' else 'assistant' end "
    "as role, array_to_string(list_transform(range(12), lambda x: md5(conversation_id || k || x)), ' ') as content, "
    "null::varchar as tool_calls, null::varchar as tool_call_id, 'stop' as finish_reason "
    "from conversations, range(4) r(k) order by 1, 2",
    "create table prefixes as select conversation_id || ':' || (2 * t + 1) as prefix_id, conversation_id, "
    "(2 * t + 1)::int as end_index, (row_number() over (order by md5(conversation_id || t)) - 1)::int as position "
    "from conversations, range(2) r(t) order by position",
)


def peak_mb() -> float:
    """Return the largest resident set of this process so far."""
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1_024


def child(root: Path) -> None:
    """Replay the sample that is there and print what it took."""
    engine.OpenAIModel = Scripted  # type: ignore[assignment, misc]
    before, started = peak_mb(), time.monotonic()
    run = replay_sample(Workspace(root), PLAN, now=datetime(2026, 11, 1, tzinfo=UTC))
    print(f"{run.status} {sum(run.outcomes.values()):,} {time.monotonic() - started:.0f} {before:.0f} {peak_mb():.0f}")


def measured(root: Path) -> str:
    """Run a child and return what it printed."""
    command = [sys.executable, __file__, "child", str(root)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Print the table."""
    print("prefixes      | status outcomes seconds MB-imported MB-peak")
    for size in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
            workspace = Workspace(Path(folder))
            write_sample(workspace, size)
            print(f"{size:>9,} new | {measured(workspace.root)}", flush=True)
            journal = journal_path(workspace, PLAN.run_id())
            os.truncate(journal, journal.stat().st_size // 2)
            (journal.parent / "responses.parquet").unlink()
            print(f"{size:>9,} res | {measured(workspace.root)}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "child":
        child(Path(sys.argv[2]))
    else:
        main()
