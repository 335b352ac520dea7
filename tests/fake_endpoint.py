"""A fast fake of a chat completions endpoint in a process of its own, so that it shares no core's time with a client's
process. It answers after a random delay, and, where asked to, badly to some requests.

    python tests/fake_endpoint.py '{"delay": [0.02, 0.06], "faults": 0.05}'

prints its port and serves until its standard input closes. What a request meets is drawn from its own text and from
how often that text came before, so that every run of a benchmark meets the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

FAULTS = (
    "rate limit with a wait",
    "rate limit without",
    "500",
    "503",
    "dropped",
    "half",
    "garbage",
    "wrong type",
    "filter",
    "too long",
    "stalled",
    "cut",
    "another model",
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the endpoint behaves."""

    delay: tuple[float, float] = (0.02, 0.06)
    """Shortest and longest time for an answer, in seconds."""
    faults: float = 0.0
    """Share of requests that meet one of `FAULTS`."""
    slots: int = 0
    """Answers that it works on at a time, the others waiting for their turn; 0 is no limit."""
    per_second: float = 0.0
    """More requests a second than this meet a rate limit; 0 is no limit."""
    words: int = 40
    """Length of an answer."""
    port: int = 0
    """Port on 127.0.0.1; a free one where 0."""


@dataclass(slots=True)
class Counts:
    """What the endpoint has seen."""

    requests: int = 0
    limited: int = 0
    widest: int = 0
    """Most requests at a time."""
    running: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@contextmanager
def fake_endpoint(manner: Manner | None = None) -> Iterator[str]:
    """Run one while the block runs, and give its base URL."""
    command = [sys.executable, __file__, json.dumps(asdict(manner or Manner()))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def free_port() -> int:
    """Return a port that nobody listens on, for an endpoint that is to come back to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def counts_of(url: str) -> dict[str, Any]:
    """Return what an endpoint has seen so far."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/counts") as reply:
        found: dict[str, Any] = json.loads(reply.read())
        return found


def hurry(url: str, low: float, high: float) -> None:
    """Change how long an endpoint takes for an answer, in seconds, from now on."""
    with urllib.request.urlopen(url.removesuffix("/v1") + f"/delay/{low}/{high}"):
        pass


class _Fake:
    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.delay = manner.delay
        self.counts = Counts()
        self.again: Counter[bytes] = Counter()
        self.turns = asyncio.Semaphore(manner.slots or 1_000_000)
        self.due = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        body = await reader.readexactly(size)
        if head.startswith(b"GET"):
            path = head.split()[1].decode()
            if path.startswith("/delay/"):
                low, high = path.split("/")[2:]
                self.delay = float(low), float(high)
            counts = {name: getattr(self.counts, name) for name in Counts.__slots__}
            writer.write(reply(200, json.dumps(counts).encode()))
            return True
        self.counts.requests += 1
        self.counts.running += 1
        self.counts.widest = max(self.counts.widest, self.counts.running)
        try:
            return await self._answer(body, writer)
        finally:
            self.counts.running -= 1

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if self._too_many():
            self.counts.limited += 1
            writer.write(reply(429, b'{"error": {"code": "rate_limit_exceeded"}}'))
            return True
        digest = hashlib.blake2b(body, digest_size=8).digest()
        draw = Random(digest + bytes([self.again[digest] % 256]))
        self.again[digest] += bool(self.manner.faults)
        part, faulty = draw.random(), draw.random() < self.manner.faults
        async with self.turns:
            low, high = self.delay
            await asyncio.sleep(low + (high - low) * part)
        if not faulty:
            writer.write(completion(self.manner.words))
            return True
        fault = draw.choice(FAULTS)
        self.counts.faults[fault] += 1
        return await self._misbehave(fault, writer)

    def _too_many(self) -> bool:
        if not self.manner.per_second:
            return False
        now = asyncio.get_running_loop().time()
        self.due = max(self.due, now - 1.0)
        if self.due > now:
            return True
        self.due += 1 / self.manner.per_second
        return False

    async def _misbehave(self, fault: str, writer: asyncio.StreamWriter) -> bool:
        if fault == "stalled":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{")
            await asyncio.sleep(30)
        elif fault == "half":
            writer.write(completion(self.manner.words)[:-50])
        elif fault in _BAD:
            writer.write(_BAD[fault])
            return True
        return False


def reply(status: int, body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    """Return a whole HTTP reply."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{more}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def completion(words: int, *, model: str = "fake", finish: str = "stop") -> bytes:
    """Return a reply with a chat completion of so many words."""
    message = {"role": "assistant", "content": "well " * words}
    value = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 7, "completion_tokens": words, "total_tokens": words + 7},
    }
    return reply(200, json.dumps(value).encode())


_BAD = {
    "rate limit with a wait": reply(429, b'{"error": {"code": "rate_limit_exceeded"}}', retry_after="0.2"),
    "rate limit without": reply(429, b'{"error": {"code": "rate_limit_exceeded"}}'),
    "500": reply(500, b'{"error": {"message": "oh"}}'),
    "503": reply(503, b"<html>busy", "text/html"),
    "garbage": reply(200, b'{"choices": [{{'),
    "wrong type": reply(200, b"well well", "text/plain"),
    "filter": reply(400, b'{"error": {"code": "content_filter"}}'),
    "too long": reply(400, b'{"error": {"code": "context_length_exceeded"}}'),
    "cut": completion(3, finish="length"),
    "another model": completion(3, model="fake-2"),
}


async def _serve(manner: Manner) -> None:
    fake = _Fake(manner)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", manner.port, backlog=2_048, limit=1 << 24)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()
    # Whoever is still being answered has nobody left to answer to.
    os._exit(0)


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    asyncio.run(_serve(Manner(**{**wanted, "delay": tuple(wanted["delay"])})))
