"""Any OpenAI-compatible endpoint, through the openai client: chat completions or the Responses API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx2
import openai

from deploysim.chat.api import APIS, read_attempt
from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import Attempt, error_attempt, error_in
from deploysim.chat.messages import UNSENDABLE
from deploysim.chat.model import Answer, Tool
from deploysim.chat.retry import wait_s
from deploysim.chat.settings import ModelSettings
from deploysim.types import Failure, FailureKind, Message

CONNECT_S = 15.0
"""Longest wait for a connection; the whole response has its own limit."""
GIVE_UP_AFTER = 20
"""Calls in a row, each with all its tries, that find no connection: the endpoint is gone."""
_FIRST_CONTACT_TRIES = 3


@dataclass(slots=True)
class _Contact:
    """What is known of the endpoint so far."""

    heard: bool = False
    """It replied to something, whatever it said."""
    answered: bool = False
    """It gave a response at least once."""
    lost: int = 0
    """Calls in a row that found no connection."""


class OpenAIModel:
    """A chat model behind an endpoint. Open it inside the coroutine that uses it: its connections belong to one loop.

    A call that failed for a passing reason is tried again, after what the server asks to wait or an exponential
    backoff with jitter. These tries are made here and not by the client, because the client forgets requests to wait
    longer than two minutes, limits the gaps between bytes but not the whole response, and counts waiting as latency.

    Args:
        settings: Which model, and how it is asked.
        base_url: Where it is, when the settings do not say (the embedded model).

    Raises:
        ModelError: where the address or the key can never work.
    """

    def __init__(self, settings: ModelSettings, *, base_url: str | None = None) -> None:
        self._settings = settings
        self._api = APIS[settings.api]
        self._endpoint = Endpoint(base_url or settings.base_url or "", settings.model, self._api.name)
        self._endpoint.check()
        self._contact = _Contact()
        # Spreads waiting times only; it has no part in any result.
        self._random = Random()
        self._client = openai.AsyncOpenAI(
            base_url=self._endpoint.base_url,
            api_key=self._endpoint.checked_key(settings.api_key),
            timeout=openai.Timeout(None, connect=CONNECT_S),
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not self._endpoint.is_this_machine),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: object, at: TracebackType | None) -> None:
        await self._client.close()

    async def complete(
        self, messages: Sequence[Message], *, seed: int | None = None, tools: Sequence[Tool] | None = None
    ) -> Answer:
        """Ask until there is a response, a failure that would only repeat itself, or no try left."""
        body = self._api.body(self._settings, messages, seed=seed, tools=tools)
        tries = 0
        while True:
            attempt = await self._try(body)
            tries += 1
            if not attempt.again or tries >= self._tries():
                break
            await asyncio.sleep(wait_s(tries, attempt.asked_wait_s, self._random))
        self._note(attempt.answer)
        return attempt.answer

    def _tries(self) -> int:
        most = self._settings.max_retries + 1
        return most if self._contact.heard else min(most, _FIRST_CONTACT_TRIES)

    async def _try(self, body: dict[str, Any]) -> Attempt:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                reply = await self._client.post(self._api.path, cast_to=httpx2.Response, body=body)
        except TimeoutError:
            detail = f"no whole response within {self._settings.timeout_s:g} s"
            return Attempt(Failure(FailureKind.TIMED_OUT, detail), again=True)
        except UnicodeEncodeError:
            return Attempt(Failure(FailureKind.REJECTED, UNSENDABLE))
        except openai.APIStatusError as error:
            self._contact.heard = True
            bad = error.response
            return error_attempt(self._endpoint, bad.status_code, bad.headers, error_in(bad.content))
        except openai.APIConnectionError as error:
            return Attempt(Failure(FailureKind.CONNECTION_LOST, _cause(error)), again=True)
        self._contact.heard = True
        return self._read(reply.content, reply.headers, time.monotonic() - started)

    def _read(self, body: bytes, headers: Mapping[str, str], latency_s: float) -> Attempt:
        attempt = read_attempt(self._api, self._endpoint, body, headers, latency_s=latency_s)
        malformed = isinstance(attempt.answer, Failure) and attempt.answer.kind is FailureKind.MALFORMED
        if malformed and "html" in headers.get("content-type", "") and not self._contact.answered:
            raise self._endpoint.is_a_web_page()
        return attempt

    def _note(self, answer: Answer) -> None:
        """Keep account of the endpoint's health.

        Raises:
            ModelError: where it never answered, or stopped answering for good.
        """
        if not isinstance(answer, Failure):
            self._contact.answered = True
        if not isinstance(answer, Failure) or answer.kind is not FailureKind.CONNECTION_LOST:
            self._contact.lost = 0
            return
        if not self._contact.heard:
            raise self._endpoint.is_unreachable(answer.detail)
        self._contact.lost += 1
        if self._contact.lost >= GIVE_UP_AFTER:
            raise self._endpoint.stopped_answering(self._contact.lost)


def _cause(error: openai.APIConnectionError) -> str:
    """Return the kind of error underneath; its own words may name hosts, but it has seen no text to quote."""
    if isinstance(error, openai.APITimeoutError):
        return f"no connection within {CONNECT_S:g} s"
    return type(error.__cause__ or error).__name__
