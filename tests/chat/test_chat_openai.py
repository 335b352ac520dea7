"""The client against a real server that misbehaves on purpose."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from typing import Any

import pytest
from servers import (
    Endpoint,
    Handler,
    Reply,
    Seen,
    answer,
    completion,
    drop,
    echo,
    half,
    raw,
    refuse,
    silence,
    stall,
)

from deploysim.chat import contact
from deploysim.chat.contact import GIVE_UP_AFTER
from deploysim.chat.model import Answer
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.pace import Pace
from deploysim.chat.settings import ModelSettings
from deploysim.chat.width import Width
from deploysim.config import Secret
from deploysim.errors import ModelError
from deploysim.types import Failure, FailureKind, Message, Response

PROMPT = "the user said SECRETWORD"


def settings(url: str, **changes: Any) -> ModelSettings:
    values: dict[str, Any] = {"timeout_s": 5.0, "max_retries": 0, "api_key": Secret("sk-test"), **changes}
    return ModelSettings("x", "old-model", url, **values)


def ask(endpoint: Endpoint, *, times: int = 1, prompt: str = PROMPT, **changes: Any) -> list[Answer]:
    """Ask one after the other through one client and return the answers."""

    async def asking() -> list[Answer]:
        async with OpenAIModel(settings(endpoint.url, **changes)) as model:
            return [await model.complete([Message("user", prompt)], seed=5) for _ in range(times)]

    return asyncio.run(asking())


def test_a_good_answer_comes_through() -> None:
    """The request carries key, model, messages and seed; the answer comes back whole."""
    with Endpoint() as endpoint:
        (found,) = ask(endpoint, temperature=0.2)

    seen = endpoint.requests[0]
    assert isinstance(found, Response)
    assert (
        found.text,
        found.finish_reason,
        found.prompt_tokens,
        found.completion_tokens,
    ) == ("an answer", "stop", 7, 3)
    assert seen.path == "/v1/chat/completions"
    assert {name.lower(): value for name, value in seen.headers.items()}["authorization"] == "Bearer sk-test"
    assert seen.body == {
        "model": "old-model",
        "messages": [{"role": "user", "content": PROMPT}],
        "temperature": 0.2,
        "seed": 5,
    }


@pytest.mark.parametrize(
    ("bad", "kind", "detail"),
    [
        (refuse(429), FailureKind.RATE_LIMITED, "HTTP 429"),
        (refuse(500, error={"message": PROMPT}), FailureKind.SERVER_ERROR, "HTTP 500"),
        (raw(b"<html>", status=503, kind="text/html"), FailureKind.SERVER_ERROR, "HTTP 503"),
        (drop, FailureKind.CONNECTION_LOST, "RemoteProtocolError"),
        (half, FailureKind.CONNECTION_LOST, "RemoteProtocolError"),
        (stall, FailureKind.TIMED_OUT, "no whole response within 0.8 s"),
        (silence, FailureKind.TIMED_OUT, "no whole response within 0.8 s"),
        (raw(b'{"choices": [SECRETWORD'), FailureKind.MALFORMED, "the reply is not JSON"),
        (raw(PROMPT.encode(), kind="text/plain"), FailureKind.MALFORMED, "the reply is not JSON"),
        (raw(b"{}"), FailureKind.MALFORMED, "the reply has no choices"),
        (answer(None), FailureKind.MALFORMED, "the message has neither text nor tool calls"),
        (answer("half", finish="content_filter"), FailureKind.REFUSED_BY_FILTER, "finish_reason content_filter"),
        (refuse(400, error={"code": "content_filter"}), FailureKind.REFUSED_BY_FILTER, "HTTP 400, content_filter"),
        (
            refuse(400, error={"code": "context_length_exceeded"}),
            FailureKind.CONTEXT_TOO_LONG,
            "HTTP 400, context_length_exceeded",
        ),
        (refuse(400, error={"message": PROMPT}), FailureKind.REJECTED, "HTTP 400"),
        (raw(b'{"error": {"code": 503, "message": "busy"}}'), FailureKind.SERVER_ERROR, "HTTP 503"),
        (raw(b"not gzip", content_encoding="gzip"), FailureKind.CONNECTION_LOST, "DecodingError"),
    ],
)
def test_every_misbehaviour_is_a_failure_with_its_reason(bad: Reply, kind: FailureKind, detail: str) -> None:
    """Whatever the server does, the call ends in a failure that quotes nothing, and the next call is fine."""
    with Endpoint(script=[answer(), bad]) as endpoint:
        first, second, third = ask(endpoint, times=3, timeout_s=0.8 if kind is FailureKind.TIMED_OUT else 5.0)

    assert isinstance(first, Response)
    assert Failure(kind, detail) == second
    assert isinstance(third, Response)


@pytest.mark.parametrize("bad", [refuse(429), refuse(500), refuse(503, retry_after="0.2"), drop, half, stall])
def test_passing_trouble_is_tried_again(bad: Reply) -> None:
    """One bad reply and then a good one is a response, even at the very first contact."""
    with Endpoint(script=[bad]) as endpoint:
        (found,) = ask(endpoint, max_retries=2, timeout_s=0.8)

    assert isinstance(found, Response)
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    "bad", [refuse(400), refuse(400, error={"code": "context_length_exceeded"}), raw(b"{}"), answer(None)]
)
def test_what_would_only_repeat_itself_is_not_tried_again(bad: Reply) -> None:
    """A refused request or a reply without a response is taken as it is."""
    with Endpoint(script=[bad]) as endpoint:
        (found,) = ask(endpoint, max_retries=2)

    assert isinstance(found, Failure)
    assert len(endpoint.requests) == 1


def test_tries_end() -> None:
    """After the last try the failure stands, and the waits grew from one to the next."""
    with Endpoint(otherwise=refuse(503)) as endpoint:
        (found,) = ask(endpoint, max_retries=2)

    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(endpoint.requests)]
    assert Failure(FailureKind.SERVER_ERROR, "HTTP 503") == found
    assert len(gaps) == 2
    assert gaps[0] < gaps[1]


def test_retry_after_is_honoured() -> None:
    """The server's own wait is kept, not the shorter backoff; latency does not count it."""
    with Endpoint(script=[refuse(429, retry_after="1")]) as endpoint:
        (found,) = ask(endpoint, max_retries=1)

    assert 1.0 <= endpoint.requests[1].at - endpoint.requests[0].at < 2.0
    assert isinstance(found, Response)
    assert found.latency_s is not None
    assert found.latency_s < 0.9


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (refuse(401, error={"code": "invalid_api_key"}), "refused the key"),
        (refuse(403), "refused the key"),
        (refuse(404, error={"code": "model_not_found"}), "knows no model 'old-model'"),
        (raw(b"Not Found", status=404, kind="text/plain"), "has no chat completions"),
        (raw(b"<html>Welcome</html>", kind="text/html"), "web page"),
        (refuse(429, retry_after="7200"), "asks to wait 120 minutes"),
        (drop, "Nothing answers at"),
    ],
)
def test_what_every_call_would_meet_stops_the_run(bad: Reply, words: str) -> None:
    """A wrong key, model or address is an error with a next step, and shows neither key nor text."""
    with Endpoint(otherwise=bad) as endpoint, pytest.raises(ModelError, match=words) as caught:
        ask(endpoint, max_retries=0)

    assert caught.value.next_step
    assert not any(hidden in str(caught.value) for hidden in ("sk-test", "SECRETWORD"))


def test_an_unreachable_endpoint_is_found_at_the_start() -> None:
    """Where nothing listens, the first call says so within seconds."""
    with Endpoint() as endpoint:
        pass
    started = time.monotonic()

    with pytest.raises(ModelError, match=r"Nothing answers at http://127\.0\.0\.1"):
        ask(endpoint, max_retries=9)

    assert time.monotonic() - started < 20


def test_a_server_that_dies_for_good_stops_the_run() -> None:
    """Single lost calls are failures; many in a row mean that the endpoint is gone."""
    with Endpoint(script=[answer()], otherwise=drop) as endpoint, pytest.raises(ModelError, match="answered before"):
        ask(endpoint, times=GIVE_UP_AFTER + 1)

    assert len(endpoint.requests) == GIVE_UP_AFTER + 1


def test_calls_to_this_machine_pass_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy set for the internet never sees what is sent to a local model."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Endpoint() as endpoint:
        (found,) = ask(endpoint)

    assert isinstance(found, Response)


def test_text_that_cannot_be_sent_is_a_failure() -> None:
    """Half a character cannot travel, and does not stop the run."""
    with Endpoint() as endpoint:
        (found,) = ask(endpoint, prompt="half \ud83d")

    assert isinstance(found, Failure)
    assert found.kind == FailureKind.REJECTED
    assert endpoint.requests == []


@pytest.mark.parametrize("key", ["sk-\n", "clé"])
def test_a_key_that_cannot_be_sent_is_refused_unseen(key: str) -> None:
    """The error does not repeat the key."""
    with Endpoint() as endpoint, pytest.raises(ModelError, match="characters that no request can carry") as caught:
        ask(endpoint, api_key=Secret(key))

    assert key not in str(caught.value)


def test_a_rate_limit_holds_back_everybody() -> None:
    """One call is told to wait, and until then none of the others begins."""

    async def asking(url: str) -> list[Answer]:
        async with OpenAIModel(settings(url, max_retries=2), pace=Pace(Width(1))) as model:
            return await asyncio.gather(*(model.complete([Message("user", str(n))]) for n in range(5)))

    with Endpoint(script=[answer(), refuse(429, retry_after="0.7")]) as endpoint:
        found = asyncio.run(asking(endpoint.url))

    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(endpoint.requests)]
    assert all(isinstance(one, Response) for one in found)
    assert [gap >= 0.7 for gap in gaps] == [False, True, False, False, False]
    assert endpoint.requests[1].last == endpoint.requests[2].last


def test_a_header_that_says_nothing_is_left_holds_back_everybody() -> None:
    """Nobody runs into a limit that the last reply has told of."""
    told = raw(
        json.dumps(completion()).encode(),
        x_ratelimit_remaining_requests="0",
        x_ratelimit_reset_requests="600ms",
    )
    with Endpoint(script=[answer(), told]) as endpoint:
        ask(endpoint, times=4)

    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(endpoint.requests)]
    assert [gap >= 0.6 for gap in gaps] == [False, True, False]


def test_a_rate_limit_is_waited_for_and_no_failure() -> None:
    """More refusals than a call has tries do not make it fail: "later" is not "no"."""
    with Endpoint(script=[answer(), *[refuse(429, retry_after="0.05")] * 6]) as endpoint:
        found = ask(endpoint, times=2, max_retries=2)

    assert all(isinstance(one, Response) for one in found)
    assert len(endpoint.requests) == 8


def test_a_rate_limit_that_never_ends_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience has an end, after which the tries count as others do."""
    monkeypatch.setattr(contact, "PATIENCE_S", 0.3)
    with Endpoint(script=[answer()], otherwise=refuse(429, retry_after="0.1")) as endpoint:
        found = ask(endpoint, times=2, max_retries=1)

    assert Failure(FailureKind.RATE_LIMITED, "HTTP 429") == found[1]


@pytest.mark.parametrize("bad", [refuse(429), refuse(500), refuse(503), drop])
def test_retries_can_be_turned_off(bad: Reply) -> None:
    """Each call is sent once, and what it meets is its outcome."""
    with Endpoint(script=[answer(), bad]) as endpoint:
        found = ask(endpoint, times=2, max_retries=0)

    assert isinstance(found[1], Failure)
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("away", [refuse(503), refuse(502)])
def test_an_endpoint_that_is_away_is_waited_for(away: Reply) -> None:
    """While nobody is answered, a call loses no tries: the gateway may be back in a moment."""
    with Endpoint(script=[answer(), *[away] * 3]) as endpoint:
        found = ask(endpoint, times=2, max_retries=1)

    assert all(isinstance(one, Response) for one in found)
    assert len(endpoint.requests) == 5


def test_an_endpoint_that_stays_away_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written off while it is waited for, and the error says how long that was."""
    monkeypatch.setattr(contact, "PATIENCE_S", 0.5)
    with (
        Endpoint(script=[answer()], otherwise=refuse(503)) as endpoint,
        pytest.raises(ModelError, match="answered before, but nobody"),
    ):
        ask(endpoint, times=2, max_retries=1)


def test_one_call_that_the_endpoint_cannot_serve_is_a_failure() -> None:
    """While others are answered meanwhile, an endpoint is not away: this call fails, and after its tries."""

    def reply(handler: Handler, seen: Seen) -> None:
        (refuse(503) if seen.last == "poison" else echo())(handler, seen)

    async def asking(url: str) -> tuple[Answer, int]:
        async with OpenAIModel(settings(url, max_retries=1)) as model:
            await model.complete([Message("user", "first")])
            poison = asyncio.create_task(model.complete([Message("user", "poison")]))
            others = 0
            while not poison.done():
                await model.complete([Message("user", "another")])
                others += 1
                await asyncio.sleep(0.05)
            return await poison, others

    with Endpoint(otherwise=reply) as endpoint:
        found, others = asyncio.run(asking(endpoint.url))

    assert Failure(FailureKind.SERVER_ERROR, "HTTP 503") == found
    assert others > 1


def test_many_calls_share_one_client() -> None:
    """Answers in flight at the same time do not mix."""

    async def asking(url: str) -> list[Answer]:
        async with OpenAIModel(settings(url)) as model:
            return await asyncio.gather(*(model.complete([Message("user", str(n))]) for n in range(40)))

    with Endpoint(otherwise=echo(after_s=0.05)) as endpoint:
        found = asyncio.run(asking(endpoint.url))

    assert [f"to: {n}" for n in range(40)] == [one.text for one in found if isinstance(one, Response)]


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither prompts nor keys reach a log at the level that programs run with."""
    caplog.set_level(logging.INFO)
    with Endpoint(script=[refuse(500, error={"message": PROMPT})]) as endpoint:
        ask(endpoint, max_retries=1)

    assert not any(hidden in caplog.text for hidden in ("SECRETWORD", "sk-test"))
