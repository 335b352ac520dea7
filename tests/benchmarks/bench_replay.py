"""Tokens a second of a replay through the embedded model against a bare client on the same server in the same run.

Run it on a machine that does nothing else:

    PYTHONPATH=.:tests python tests/benchmarks/bench_replay.py [prefixes] [in flight]

Both send the same requests. The bare client is as concurrent as the server has slots and does nothing with the
answers; the replay also writes each of them to a journal on disk. They take turns, so that a machine that slows down
slows both; each turn's first words make its prompts new to the server's cache. The second table does the same against
a fake that answers after a random delay, where the work on our side is what limits.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openai
from servers import Endpoint, Handler, Seen, answer

from deploysim.chat.local import local_server
from deploysim.chat.messages import api_messages
from deploysim.chat.settings import LOCAL, ModelSettings
from deploysim.replay.engine import ReplayJob, prefix_seed, replay
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
ROUNDS = 3
TOKENS = 60


@dataclass(frozen=True, slots=True)
class Measured:
    """What one turn gave."""

    requests: int
    tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Tokens written a second."""
        return self.tokens / self.seconds


def make_prefixes(count: int, turn: str) -> list[Prefix]:
    """Return prefixes that are alike in every turn but for their first words."""
    system = Message("system", f"Turn {turn}. You are the assistant of an online shop. Answer politely and briefly.")
    asked = [Message("user", f"{ASKED[n % len(ASKED)]} My reference is {n}.") for n in range(count)]
    return [Prefix(f"{turn}-{n}:2", f"{turn}-{n}", (system, message)) for n, message in enumerate(asked)]


def bare(url: str, model: str, prefixes: Sequence[Prefix], in_flight: int) -> Measured:
    """Ask through the openai client alone."""

    async def asking() -> int:
        waiting = iter(prefixes)
        tokens = 0

        async def worker(client: openai.AsyncOpenAI) -> None:
            nonlocal tokens
            for prefix in waiting:
                reply = await client.chat.completions.create(
                    model=model,
                    messages=api_messages(prefix.messages),  # type: ignore[arg-type]
                    max_tokens=TOKENS,
                    temperature=0.7,
                    seed=prefix_seed(0, prefix.prefix_id),
                )
                tokens += reply.usage.completion_tokens if reply.usage else 0

        async with openai.AsyncOpenAI(base_url=url, api_key="none", timeout=1_800) as client:
            await asyncio.gather(*(worker(client) for _ in range(in_flight)))
        return tokens

    started = time.monotonic()
    tokens = asyncio.run(asking())
    return Measured(len(prefixes), tokens, time.monotonic() - started)


def replayed(url: str, model: str, prefixes: Sequence[Prefix], in_flight: int) -> Measured:
    """Ask through the replay engine, with a journal on disk."""
    settings = ModelSettings("bench", model, url, temperature=0.7, max_tokens=TOKENS, timeout_s=1_800)
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "responses.jsonl") as journal:
        started = time.monotonic()
        job = ReplayJob(prefixes, settings, seed=0, in_flight=in_flight)
        tally = replay(job, journal, clock=lambda: datetime.now(UTC))
        assert tally.failed == 0, tally.failed_by_kind
        return Measured(tally.rows, tally.completion_tokens, time.monotonic() - started)


def compare(title: str, url: str, model: str, count: int, in_flight: int) -> None:
    """Let both take turns and print the ratio of all tokens over all seconds."""
    ways: dict[str, Callable[[str, str, Sequence[Prefix], int], Measured]] = {"bare": bare, "replay": replayed}
    bare(url, model, make_prefixes(min(count, 2), "warm"), 1)
    found: dict[str, list[Measured]] = {"bare": [], "replay": []}
    for turn in range(ROUNDS):
        # The second of a pair profits or suffers from what the first left behind: alternate.
        for name in sorted(ways, reverse=bool(turn % 2)):
            found[name].append(ways[name](url, model, make_prefixes(count, f"{turn}{name}"), in_flight))
    rates = {name: sum(m.tokens for m in all_) / sum(m.seconds for m in all_) for name, all_ in found.items()}
    answers = {name: sum(m.requests for m in all_) / sum(m.seconds for m in all_) for name, all_ in found.items()}
    print(
        f"{title}, {in_flight} in flight, {ROUNDS} x {count} prefixes: "
        f"bare {rates['bare']:.1f} tokens/s ({answers['bare']:.1f} answers/s), "
        f"replay {rates['replay']:.1f} tokens/s ({answers['replay']:.1f} answers/s), "
        f"ratio {rates['replay'] / rates['bare']:.3f}"
    )


def delayed(handler: Handler, seen: Seen) -> None:
    """Answer after 20 to 60 ms, as if a fast endpoint had thought."""
    digest = random.Random(json.dumps(seen.body["messages"]))
    seen.ended.wait(digest.uniform(0.02, 0.06))
    answer("x")(handler, seen)


def main() -> None:
    """Print both comparisons."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    in_flight = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    with local_server(slots=in_flight) as server:
        compare("embedded model", server.url, LOCAL, count, in_flight)
    with Endpoint(otherwise=delayed) as endpoint:
        for width in (1, 8, 64):
            compare("fake endpoint", endpoint.url, "fake", width * 20, width)


if __name__ == "__main__":
    main()
