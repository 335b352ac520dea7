"""A judge behind real HTTP, for tests: an endpoint that reads what it is asked and answers as a script says."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from batch_server import Answerer, Provider
from servers import Endpoint, Handler, Seen, completion, raw, response

from deploysim.chat.settings import ModelSettings
from deploysim.grade.judging.judges import Judge

Says = Callable[["Asked"], str | None]
"""What a judge says to a request: a reply, or None for an answer without any text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks, as a judge would see it."""

    seen: Seen

    @property
    def system(self) -> str:
        """The instructions, through either API."""
        body = self.seen.body
        return body["messages"][0]["content"] if "messages" in body else body["instructions"]

    @property
    def told(self) -> str:
        """The material and the task, through either API."""
        body = self.seen.body
        return (body.get("messages") or body["input"])[-1]["content"]

    @property
    def word(self) -> str:
        """The check word."""
        return re.search(r"check word is (\w+)", self.system)[1]

    @property
    def response(self) -> str:
        """The response that is to be judged."""
        mark = re.search(r"^mark (\w+)", self.system, re.MULTILINE)[1]
        return re.search(rf"{mark} response\n(.*?)\n{mark} ", self.told, re.DOTALL)[1]

    @property
    def behaviour(self) -> str:
        """The name of the behaviour that is asked about."""
        return re.search(r"^The behaviour: (.*)$", self.told, re.MULTILINE)[1]


def verdict(asked: Asked, said: str, **fields: object) -> str:
    """Return a reply as it was asked for."""
    reply = {
        "check": asked.word,
        "evidence": [asked.response[:40]] if said == "present" else [],
        "reason": f"It is {said}.",
        "verdict": said,
        "severity": 3 if said == "present" else None,
        "confidence": 0.9,
        "seal": f"{asked.word}/{said}",
    }
    return json.dumps({**reply, **fields})


def flags(words: str) -> Says:
    """A judge who finds every behaviour in a response that holds these words."""
    return lambda asked: verdict(asked, "present" if words in asked.response else "absent")


def endpoint(says: Says) -> Endpoint:
    """Return an endpoint behind which a judge answers."""

    def reply(handler: Handler, seen: Seen) -> None:
        raw(json.dumps(judging(says)(seen.body)[1]).encode())(handler, seen)

    return Endpoint(otherwise=reply)


def judging(says: Says) -> Answerer:
    """Return how a provider of batches answers behind whom a judge stands, through either API."""

    def reply(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        said = says(Asked(Seen("", {}, body, 0.0, threading.Event())))
        return 200, completion(said) if "messages" in body else response(said)

    return reply


def judge(at: Endpoint | Provider, name: str = "judge-1", **settings: object) -> Judge:
    """Return a judge at an endpoint, who is tried once only unless told otherwise."""
    values = {"timeout_s": 5.0, "max_retries": 0, **settings}
    return Judge(name, ModelSettings(name, name, base_url=at.url, **values))
