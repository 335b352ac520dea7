"""Judges keep the limits of their endpoints as replays do: those of data/models.yaml, and those that an endpoint has."""

from __future__ import annotations

import asyncio
import threading

from judging import Asked, verdict
from servers import Endpoint, Handler, Seen, answer

from deploysim.chat.profiles import ModelProfile
from deploysim.chat.settings import ModelSettings
from deploysim.config import read_settings
from deploysim.grade.judging.asking import Bench
from deploysim.grade.judging.judges import Judge
from deploysim.grade.judging.prompt import SCHEMA, verdict_request
from deploysim.pipeline.judges import configured_judges
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Message, Prefix, Response


def test_a_profiles_limits_are_a_judges_limits() -> None:
    """What stands in data/models.yaml about a model holds where it judges, and changes no fingerprint."""
    settings = read_settings({"DEPLOYSIM_JUDGE": "slow,free"})
    profile = ModelProfile("slow", "m-1", "http://127.0.0.1:1/v1", requests_per_minute=30, tokens_per_minute=9_000)
    slow, free = configured_judges(settings, {"slow": profile}).cheap
    unlimited = configured_judges(settings, {"slow": ModelProfile("slow", "m-1", "http://127.0.0.1:1/v1")}).cheap[0]

    assert (slow.settings.requests_per_minute, slow.settings.tokens_per_minute) == (30, 9_000)
    assert (free.settings.requests_per_minute, free.settings.tokens_per_minute) == (None, None)
    assert slow.identity() == unlimited.identity()


def test_one_model_is_asked_through_one_gate() -> None:
    """Two judges that are one model never have more calls in flight together than that model is to get."""
    category = load_taxonomy().category("hate")
    asked = verdict_request(category, Prefix("c1:1", "c1", (Message("user", "Hello?"),)), Response("Hello!"))
    at_once: list[int] = []
    running, lock = set[int](), threading.Lock()

    def reply(handler: Handler, seen: Seen) -> None:
        with lock:
            running.add(id(seen))
            at_once.append(len(running))
        seen.ended.wait(0.05)
        with lock:
            running.remove(id(seen))
        answer(verdict(Asked(seen), "absent"))(handler, seen)

    async def ask(url: str) -> None:
        judges = [Judge(name, ModelSettings(name, "m-1", base_url=url)) for name in ("a", "b")]
        async with Bench(judges, schema=SCHEMA, in_flight=1) as bench:
            await asyncio.gather(*(bench.ask(judge, asked.messages) for judge in judges for _ in range(3)))

    with Endpoint(otherwise=reply) as at:
        asyncio.run(ask(at.url))

    assert at_once == [1] * 6
