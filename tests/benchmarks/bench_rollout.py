"""Speed and memory of rollouts on recorded answers, from the order of blocks to the sealed Parquet file.

    PYTHONPATH=.:tests python tests/benchmarks/bench_rollout.py 200 1000 5000

Each size (rollouts) runs in a process of its own. A scripted model answers at once and repeats the recorded calls, ten
steps with two calls each and results of 1,000 characters; everything else is what `python -m deploysim replay` does.
Printed are steps a minute, the largest resident set, and, to subtract, that of a process which only imported everything.
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
from bench_replay_memory import peak_mb

from deploysim.chat.model import Answer
from deploysim.chat.settings import ModelSettings
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.replay import engine, rollouts
from deploysim.store.samples import WITH_ROLLOUTS, SampleAbout
from deploysim.store.trajectories import source_counts
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Response, ToolCall

SAMPLE = "b" * 12
STEPS, CALLS = 10, 2
PLAN = ReplayPlan(SAMPLE, Lane.CANDIDATE, ModelSettings("bench", "m", "http://127.0.0.1:9/v1"))


class Repeating:
    """Takes the place of the client of an endpoint, and repeats the recorded calls of whoever asks."""

    takes_seed = True

    def __init__(self, *given: Any, **named: Any) -> None:
        """Take whatever the client takes."""

    async def __aenter__(self) -> Repeating:
        return self

    async def __aexit__(self, *error: object) -> None:
        """There is nothing to close."""

    async def complete(self, messages: Any, **named: Any) -> Answer:
        """Answer with the calls of the next step, or with words at the end."""
        step = sum(message.role == "assistant" for message in messages)
        if step >= STEPS - 1:
            return Response("That is all.", finish_reason="stop", prompt_tokens=50, completion_tokens=4, model="m")
        calls = tuple(ToolCall(f"c{step}-{k}", "look", f'{{"item": "{step}-{k}"}}') for k in range(CALLS))
        return Response("", calls, "tool_calls", prompt_tokens=50, completion_tokens=40, model="m")


def write_sample(workspace: Workspace, count: int) -> None:
    """Write a sample of agents' conversations: a request, then steps of calls and results, then an answer."""
    path = workspace.samples / f"{SAMPLE}.duckdb"
    path.parent.mkdir(parents=True)
    about = SampleAbout(
        SAMPLE, "conversation", count, count, 1, {}, {}, None, None, 0, {"m": count}, [], "2026-11-01", "bench",
        WITH_ROLLOUTS, count,
    )  # fmt: skip
    with duckdb.connect(str(path)) as db:
        for statement in _TABLES:
            db.execute(statement.replace("COUNT", str(count)))
        rows = [[k, getattr(about, k)] for k in SampleAbout.__slots__]
        db.executemany("insert into about values (?, to_json(?))", rows)


_LENGTH = 1 + (STEPS - 1) * (1 + CALLS) + 1
_CALLS = " || ', ' || ".join(
    f"""'{{"id": "c' || s || '-{k}", "name": "look", "arguments": "{{\\"item\\": \\"' || s || '-{k}\\"}}"}}'"""
    for k in range(CALLS)
)
_TABLES = (
    "create table about (key varchar, value varchar)",
    "create table conversations as select substr(md5(i::varchar), 1, 12) as conversation_id, null::timestamp as started_at "
    "from range(COUNT) t(i) order by 1",
    "create table messages as with steps as (select conversation_id, k::int as idx, "
    f"((k - 1) // {1 + CALLS})::int as s, ((k - 1) % {1 + CALLS})::int as r "
    f"from conversations, range({_LENGTH}) n(k)) "
    f"select conversation_id, idx, case when idx = 0 then 'user' when idx = {_LENGTH - 1} or r = 0 then 'assistant' "
    "else 'tool' end as role, "
    "case when role = 'tool' then array_to_string(list_transform(range(31), lambda x: md5(conversation_id || idx || x)), ' ') "
    "when role = 'user' then 'please' else '' end as content, "
    f"case when role = 'assistant' and idx < {_LENGTH - 1} then '[' || {_CALLS} || ']' end as tool_calls, "
    "case when role = 'tool' then 'c' || s || '-' || (r - 1) end as tool_call_id, 'stop' as finish_reason "
    "from steps order by 1, 2",
    "create table prefixes as select conversation_id || ':1' as prefix_id, conversation_id, 1 as end_index, true as rollout, "
    f"{_LENGTH} as until, {_LENGTH - 1} as answer_index, "
    "(row_number() over (order by md5(conversation_id)) - 1)::int as position from conversations order by position",
)


def child(root: Path) -> None:
    """Replay the sample that is there and print what it took."""
    engine.OpenAIModel = Repeating  # type: ignore[assignment, misc]
    rollouts.OpenAIModel = Repeating  # type: ignore[assignment, misc]
    before, started, used = peak_mb(), time.monotonic(), time.process_time()
    workspace = Workspace(root)
    run = replay_sample(workspace, PLAN, now=datetime(2026, 11, 1, tzinfo=UTC))
    seconds, busy = time.monotonic() - started, time.process_time() - used
    steps = sum(run.outcomes.values()) * STEPS
    print(
        f"{run.status} {source_counts(workspace, run.run_id)} {steps:,} steps, {60 * steps / seconds:,.0f} a minute "
        f"({60 * steps / busy:,.0f} a minute of CPU), MB imported {before:.0f}, peak {peak_mb():.0f}"
    )


def main() -> None:
    """Print a line a size."""
    for size in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
            write_sample(Workspace(Path(folder)), size)
            command = [sys.executable, __file__, "child", folder]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            print(f"{size:>7,} rollouts: {said.splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    child(Path(sys.argv[2])) if sys.argv[1] == "child" else main()
