"""Error statuses: failures of one call, and errors that would meet every call."""

from __future__ import annotations

from typing import Any

import pytest

from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import Attempt, error_attempt, error_in
from deploysim.errors import ModelError
from deploysim.types import Failure, FailureKind

HERE = Endpoint("https://user:hunter2@models.example/v1/", "old-model")
SECRET = "the user said SECRET"


@pytest.mark.parametrize(
    ("status", "error", "kind", "again", "detail"),
    [
        (400, {"code": "context_length_exceeded", "param": "messages"}, "CONTEXT_TOO_LONG", False, "context_length_exceeded"),
        (400, {"code": 400, "type": "exceed_context_size_error"}, "CONTEXT_TOO_LONG", False, "exceed_context_size_error"),
        (400, {"message": "This model's maximum context length is 8 tokens", "param": "max_tokens"}, "CONTEXT_TOO_LONG", False, ""),
        (413, {"message": "prompt is too long: 9 tokens > 8"}, "CONTEXT_TOO_LONG", False, ""),
        (400, {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}, "REFUSED_BY_FILTER", False, "content_filter"),
        (400, {"code": None, "innererror": {"code": "ResponsibleAIPolicyViolation"}}, "REFUSED_BY_FILTER", False, "ResponsibleAIPolicyViolation"),
        (403, {"code": 403, "metadata": {"reasons": ["x"], "flagged_input": SECRET}}, "REFUSED_BY_FILTER", False, ""),
        (400, {"message": SECRET, "type": "invalid_request_error", "param": "messages[3]"}, "REJECTED", False, "invalid_request_error"),
        (413, None, "REJECTED", False, ""),
        (422, [SECRET], "REJECTED", False, ""),
        (429, {"code": "rate_limit_exceeded"}, "RATE_LIMITED", True, "rate_limit_exceeded"),
        (429, {"message": "too many tokens per minute"}, "RATE_LIMITED", True, ""),
        (408, None, "TIMED_OUT", True, ""),
        (409, None, "REJECTED", True, ""),
        (500, {"message": SECRET}, "SERVER_ERROR", True, ""),
        (500, {"message": "context length exceeded"}, "SERVER_ERROR", True, ""),
        (503, SECRET, "SERVER_ERROR", True, ""),
        (504, None, "TIMED_OUT", True, ""),
        (529, {"type": "overloaded_error"}, "SERVER_ERROR", True, "overloaded_error"),
        (400, {"code": SECRET, "type": "x" * 61}, "REJECTED", False, ""),
    ],
)  # fmt: skip
def test_an_error_of_one_call_is_a_failure(status: int, error: Any, kind: str, again: bool, detail: str) -> None:
    """Each kind of error has its reason, is tried again only where that may help, and quotes nothing."""
    expected = Failure(FailureKind[kind], ", ".join(filter(None, [f"HTTP {status}", detail])))

    unavailable = status in (502, 503, 529)
    assert Attempt(expected, again, unavailable=unavailable) == error_attempt(HERE, status, {}, error)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, {"code": "invalid_api_key"}, "refused the key"),
        (403, {"message": "forbidden"}, "refused the key"),
        (404, {"code": "model_not_found"}, "knows no model 'old-model'"),
        (405, None, "has no chat completions"),
        (400, {"param": "model", "message": "invalid model ID"}, "knows no model"),
        (402, None, "no credit left"),
        (429, {"code": "insufficient_quota"}, "no credit left"),
        (400, {"code": "unsupported_value", "param": "temperature"}, "parameter temperature"),
        (400, {"code": "unsupported_parameter", "param": "max_tokens"}, "parameter max_tokens"),
    ],
)
def test_an_error_of_every_call_is_raised(status: int, error: Any, words: str) -> None:
    """What no other call would fare better with stops the run, says the next step and hides the password."""
    with pytest.raises(ModelError, match=words) as caught:
        error_attempt(HERE, status, {}, error)

    assert caught.value.next_step
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("seconds", "asked"), [("7", 7.0), ("299", 299.0)])
def test_a_request_to_wait_is_passed_on(seconds: str, asked: float) -> None:
    """What the server asks to wait comes with the failure."""
    assert asked == error_attempt(HERE, 429, {"retry-after": seconds}, None).asked_wait_s


def test_a_very_long_wait_ends_the_run() -> None:
    """Nobody sits through an hour; the run can go on later."""
    with pytest.raises(ModelError, match="asks to wait 60 minutes"):
        error_attempt(HERE, 429, {"retry-after": "3600"}, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b'{"error": {"code": 1}}', {"code": 1}), (b'{"detail": "x"}', {"detail": "x"}), (b"<html>", None), (b"[1]", [1])],
)
def test_an_error_body_is_read_as_far_as_it_goes(body: bytes, expected: Any) -> None:
    """The error object where there is one, else whatever JSON came."""
    assert expected == error_in(body)


@pytest.mark.parametrize(
    "url", ["", "models.example/v1", "ftp://models.example", "http://", "http://[x/v1", "http://a:b/v1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """A base URL that can never work is found before anything is sent."""
    with pytest.raises(ModelError, match="is not the address"):
        Endpoint(url, "m").check()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8081/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:9/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://192.168.0.7/v1", False),
        ("http://localhost.example/v1", False),
    ],
)
def test_only_loopback_is_this_machine(url: str, expected: bool) -> None:
    """Requests that stay on this machine never pass a proxy."""
    assert expected == Endpoint(url, "m").is_this_machine
