"""What the replay engine costs beyond a bare, perfectly concurrent client: answers a second and processor time.

    PYTHONPATH=.:tests python tests/benchmarks/bench_replay.py fake
    PYTHONPATH=.:tests python tests/benchmarks/bench_replay.py fake --delay 0.5 1.5 --widths 64 512
    PYTHONPATH=.:tests python tests/benchmarks/bench_replay.py embedded

Both send the same requests to the same server. The bare client does nothing with the answers; the replay also writes
each of them to a journal on disk, seeks its own width below the ceiling, and may try again. They take turns, so that a
machine that slows down slows both: look at the ratios. The fake is a process of its own and answers after a random
delay. For the embedded model each turn's first words make its prompts new to the server's cache.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openai
from fake_endpoint import Manner, fake_endpoint

from deploysim.chat.local import local_server
from deploysim.chat.messages import api_messages
from deploysim.chat.settings import LOCAL, ModelSettings
from deploysim.replay.engine import ReplayJob, Task, Watcher, prefix_seed, replay
from deploysim.store.journal import Journal
from deploysim.types import Message, Prefix

ASKED = (
    "Can you remind me tomorrow to call my mother?",
    "Write a short letter to my landlord about a broken heater.",
    "Where is my order 88213? It should have come last week, and nobody answers the phone.",
    "What is 17 times 23?",
    "Tell me a joke about cats.",
    "I have had a headache for three days. What should I do?",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn gave."""

    answers: int
    tokens: int
    seconds: float
    processor_s: float


@dataclass(frozen=True, slots=True)
class Contest:
    """One server, and how it is asked."""

    url: str
    model: str
    max_tokens: int
    rounds: int


def make_prefixes(count: int, turn: str) -> list[Prefix]:
    """Return prefixes that are alike in every turn but for their first words."""
    system = Message("system", f"Turn {turn}. You are the assistant of an online shop. Answer politely and briefly.")
    asked = [Message("user", f"{ASKED[n % len(ASKED)]} My reference is {n}.") for n in range(count)]
    return [Prefix(f"{turn}-{n}:2", f"{turn}-{n}", (system, message)) for n, message in enumerate(asked)]


def bare(contest: Contest, prefixes: Sequence[Prefix], in_flight: int) -> tuple[int, int]:
    """Ask through the openai client alone and return answers and tokens."""

    async def asking() -> int:
        waiting = iter(prefixes)
        tokens = 0

        async def worker(client: openai.AsyncOpenAI) -> None:
            nonlocal tokens
            for prefix in waiting:
                reply = await client.chat.completions.create(
                    model=contest.model,
                    messages=api_messages(prefix.messages),  # type: ignore[arg-type]
                    max_tokens=contest.max_tokens,
                    temperature=0.7,
                    seed=prefix_seed(0, prefix.prefix_id),
                )
                tokens += reply.usage.completion_tokens if reply.usage else 0

        async with openai.AsyncOpenAI(base_url=contest.url, api_key="none", timeout=1_800) as client:
            await asyncio.gather(*(worker(client) for _ in range(in_flight)))
        return tokens

    return len(prefixes), asyncio.run(asking())


def replayed(contest: Contest, prefixes: Sequence[Prefix], in_flight: int) -> tuple[int, int]:
    """Ask through the replay engine, with a journal on disk, and return answers and tokens."""
    settings = ModelSettings(
        "bench", contest.model, contest.url, temperature=0.7, max_tokens=contest.max_tokens, timeout_s=1_800
    )
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "responses.jsonl") as journal:
        job = ReplayJob(map(Task, prefixes), settings, in_flight=in_flight)
        tally = replay(job, journal, Watcher(lambda: datetime.now(UTC)))
        assert tally.failed == 0, tally.failed_by_kind
        return tally.rows, tally.completion_tokens


def timed(
    way: Callable[[Contest, Sequence[Prefix], int], tuple[int, int]], contest: Contest, prefixes: list[Prefix], n: int
) -> Turn:
    """Let one way take its turn."""
    processor, started = time.process_time(), time.monotonic()
    answers, tokens = way(contest, prefixes, n)
    return Turn(answers, tokens, time.monotonic() - started, time.process_time() - processor)


def compare(contest: Contest, count: int, in_flight: int) -> None:
    """Let both take turns and print a row of the table."""
    ways = {"bare": bare, "replay": replayed}
    bare(contest, make_prefixes(2, "warm"), 1)
    found: dict[str, list[Turn]] = {name: [] for name in ways}
    for turn in range(contest.rounds):
        # The second of a pair profits or suffers from what the first left behind: alternate.
        for name in sorted(ways, reverse=bool(turn % 2)):
            prefixes = make_prefixes(count, f"{turn}{name}")
            found[name].append(timed(ways[name], contest, prefixes, in_flight))
    rate = {name: sum(t.answers for t in turns) / sum(t.seconds for t in turns) for name, turns in found.items()}
    tokens = {name: sum(t.tokens for t in turns) / sum(t.seconds for t in turns) for name, turns in found.items()}
    cost = {
        name: 1_000 * sum(t.processor_s for t in turns) / sum(t.answers for t in turns) for name, turns in found.items()
    }
    ratio = tokens["replay"] / tokens["bare"]
    print(
        f"{in_flight:>9} {contest.rounds} x {count:<6} {rate['bare']:>9.1f} {rate['replay']:>9.1f} {ratio:>7.3f} "
        f"{cost['bare']:>9.2f} {cost['replay']:>9.2f} {cost['replay'] - cost['bare']:>+7.2f}",
        flush=True,
    )


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", choices=["fake", "embedded"])
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 8, 64, 512])
    parser.add_argument("--delay", type=float, nargs=2, default=[0.02, 0.06], help="of the fake, in seconds")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a turn, about")
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    print(
        "in flight turns        bare/s  replay/s   ratio   bare ms replay ms   more   (ms of processor time an answer)"
    )
    if given.server == "fake":
        low, high = given.delay
        with fake_endpoint(Manner(delay=(low, high))) as url:
            for width in given.widths:
                count = round(given.seconds * min(450.0, 2 * width / (low + high)))
                compare(Contest(url, "fake", 60, given.rounds), count, width)
        return
    with local_server() as server:
        for width in given.widths:
            count = max(width, round(given.seconds * 3))
            compare(Contest(server.url, LOCAL, 40, given.rounds), count, width)


if __name__ == "__main__":
    main()
