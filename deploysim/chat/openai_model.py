"""Any OpenAI-compatible endpoint, through the openai client: chat completions or the Responses API."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx2

from deploysim.chat.allowance import exhausted_s
from deploysim.chat.api import APIS, read_attempt, request_chars
from deploysim.chat.contact import Contact, concerns_all
from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import Attempt, error_attempt, error_in, refused_key
from deploysim.chat.messages import UNSENDABLE
from deploysim.chat.model import Answer, Tool
from deploysim.chat.pace import Pace
from deploysim.chat.parameters import RequestParameters
from deploysim.chat.retry import wait_s
from deploysim.chat.settings import ModelSettings
from deploysim.chat.width import UNLIMITED, Width
from deploysim.types import Failure, FailureKind, Message, Response

if TYPE_CHECKING:
    import openai

CONNECT_S = 15.0
"""Longest wait for a connection; the whole response has its own limit."""
PROBE_S = 5.0
"""An endpoint that is away is looked for at least so often."""
_CHARS_PER_TOKEN = 4.0
_TROUBLE = (FailureKind.SERVER_ERROR, FailureKind.TIMED_OUT, FailureKind.CONNECTION_LOST)
# The client keeps 100 connections by default: beyond that many calls at a time, each would pay for a new one.
_CONNECTIONS = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=5.0)


class OpenAIModel:
    """A chat model behind an endpoint. Open it inside the coroutine that uses it: its connections belong to one loop.

    A call that failed for a passing reason is tried again, after what the server asks to wait or an exponential
    backoff with jitter. These tries are made here and not by the client, because the client forgets requests to wait
    longer than two minutes, limits the gaps between bytes but not the whole response, counts waiting as latency, and
    would let one call wait for a limit while the others go on running into it.

    Args:
        settings: Which model, and how it is asked.
        base_url: Where it is, when the settings do not say (the embedded model).
        pace: When calls may begin; without one, at once.
        check: Raises ModelError where the endpoint is gone for good; asked when a connection is lost.

    Raises:
        ModelError: where the address or the key can never work.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        base_url: str | None = None,
        pace: Pace | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        # It takes most of a second to import, which commands that ask no model never need.
        import openai

        self._settings = settings
        self._api = APIS[settings.api]
        self._endpoint = Endpoint(base_url or settings.base_url or "", settings.model, self._api.name)
        self._endpoint.check()
        self._pace = pace or Pace(Width(UNLIMITED, start=UNLIMITED))
        self._check = check
        self._contact = Contact(self._endpoint, settings.max_retries)
        # Spreads waiting times only; it has no part in any result.
        self._random = Random()
        self._client = openai.AsyncOpenAI(
            base_url=self._endpoint.base_url,
            api_key=self._endpoint.checked_key(settings.api_key),
            timeout=openai.Timeout(None, connect=CONNECT_S),
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=not self._endpoint.is_this_machine, limits=_CONNECTIONS
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: object, at: TracebackType | None) -> None:
        await self._client.close()

    @property
    def takes_seed(self) -> bool:
        """Whether the endpoint takes a seed, as far as is known."""
        return self._contact.takes_seed and self._api.takes_seed

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        seed: int | None = None,
        tools: Sequence[Tool] | None = None,
        parameters: RequestParameters | None = None,
        goes_on: bool = False,
    ) -> Answer:
        """Ask until there is a response, a failure that would only repeat itself, or no try left.

        Args:
            messages: What the model is shown.
            seed: Sent where the endpoint takes one.
            tools: Descriptions of the tools that it may call.
            goes_on: It is a further step of a rollout that was begun: it goes first, and a run that is asked to stop
                lets it come to its end.

        Raises:
            GivenUpError: where the run was asked to stop before it was sent, or while it waits for a limit.
        """
        given = parameters or RequestParameters(self._settings.parameters())
        body = self._api.body(self._settings, messages, seed=seed, tools=tools, parameters=given.sent)
        began, asked, tries = time.monotonic(), 0, 0
        while True:
            asked += 1
            attempt = await self._try(body, given, asked, again=goes_on or asked > 1)
            if not attempt.again:
                break
            tries += self._contact.uses_up_a_try(attempt, began=began)
            if tries >= self._contact.tries():
                break
            if not concerns_all(attempt):
                await asyncio.sleep(wait_s(asked, attempt.asked_wait_s, self._random))
        self._contact.ended(attempt.answer)
        return attempt.answer

    async def _try(self, body: dict[str, Any], given: RequestParameters, asked: int, *, again: bool) -> Attempt:
        expected = self._expected_tokens(body)
        began = await self._pace.begin(expected, again=again)
        if not self._contact.takes_seed:
            body.pop("seed", None)
        if self._contact.refused:
            self._leave_out(body, given)
        try:
            attempt = await self._ask(body, given)
            # Before its slot goes to the next call, which had better hear of a limit first.
            self._tell_pace(attempt.answer, began, expected)
            if concerns_all(attempt):
                self._pace.hold(self._shared_wait_s(attempt, asked))
        finally:
            self._pace.end()
        return attempt

    def _shared_wait_s(self, attempt: Attempt, asked: int) -> float:
        wait = wait_s(asked, attempt.asked_wait_s, self._random)
        return min(wait, PROBE_S) if attempt.unavailable and not attempt.asked_wait_s else wait

    def _expected_tokens(self, body: dict[str, Any]) -> float:
        """Return roughly how many tokens a call takes; only a limit of tokens a minute asks."""
        if not self._pace.limits_tokens:
            return 0.0
        return request_chars(body) / _CHARS_PER_TOKEN + self._contact.reply_tokens

    def _tell_pace(self, answer: Answer, began: float, expected: float) -> None:
        if isinstance(answer, Response):
            self._contact.answered(answer)
            used = (answer.prompt_tokens or 0) + (answer.completion_tokens or 0)
            self._pace.answered(answer.latency_s or 0.0, surplus_tokens=used - expected if used else 0.0)
        elif answer.kind is FailureKind.RATE_LIMITED:
            self._pace.refused(began=began)
        elif answer.kind in _TROUBLE:
            self._pace.failed()

    async def _ask(self, body: dict[str, Any], given: RequestParameters) -> Attempt:
        import openai

        started = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                reply = await self._send(body)
        except TimeoutError:
            detail = f"no whole response within {self._settings.timeout_s:g} s"
            return Attempt(Failure(FailureKind.TIMED_OUT, detail), again=True)
        except UnicodeEncodeError:
            return Attempt(Failure(FailureKind.REJECTED, UNSENDABLE))
        except openai.APIStatusError as error:
            reply = error.response
        except openai.APIConnectionError as error:
            return self._lost(error)
        self._heed(reply.headers)
        if reply.is_success:
            return self._read(reply.content, reply.headers, time.monotonic() - started)
        said = error_in(reply.content)
        droppable = [key for key in body if given.may_lack(self._api.parameter(key))]
        key = refused_key(reply.status_code, said, droppable)
        if key:
            self._note_refusal(key, body.pop(key), given)
            return await self._ask(body, given)
        return error_attempt(self._endpoint, reply.status_code, reply.headers, said)

    def _note_refusal(self, key: str, value: Any, given: RequestParameters) -> None:
        if key == "seed":
            self._contact.takes_seed = False
            return
        self._contact.refused.add((key, json.dumps(value, sort_keys=True)))
        given.drop(self._api.parameter(key))

    def _leave_out(self, body: dict[str, Any], given: RequestParameters) -> None:
        """Take out what the endpoint did not take from an earlier call."""
        for key, value in self._contact.refused:
            name = self._api.parameter(key)
            if name in given.logged and key in body and json.dumps(body[key], sort_keys=True) == value:
                del body[key]
                given.drop(name)

    async def _send(self, body: dict[str, Any]) -> httpx2.Response:
        return await self._client.post(self._api.path, cast_to=httpx2.Response, body=body)

    def _lost(self, error: openai.APIConnectionError) -> Attempt:
        self._check()
        nothing_there = isinstance(error.__cause__, httpx2.ConnectError)
        return Attempt(Failure(FailureKind.CONNECTION_LOST, _cause(error)), again=True, unavailable=nothing_there)

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Take note of a reply, and let calls wait where it says that nothing is left of a limit."""
        self._contact.heard = True
        wait = exhausted_s(headers, tokens=self._contact.reply_tokens)
        if wait > 0:
            self._pace.hold(wait)

    def _read(self, body: bytes, headers: Mapping[str, str], latency_s: float) -> Attempt:
        attempt = read_attempt(self._api, self._endpoint, body, headers, latency_s=latency_s)
        malformed = isinstance(attempt.answer, Failure) and attempt.answer.kind is FailureKind.MALFORMED
        if malformed and "html" in headers.get("content-type", "") and self._contact.last_answer is None:
            raise self._endpoint.is_a_web_page()
        return attempt


def _cause(error: openai.APIConnectionError) -> str:
    """Return the kind of error underneath; its own words may name hosts, but it has seen no text to quote."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return f"no connection within {CONNECT_S:g} s"
    return type(error.__cause__ or error).__name__
