"""What providers say of batches: full queues in several wordings, junk in the place of a batch, lines of results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploysim.chat.api import APIS
from deploysim.chat.batch_lines import read_result
from deploysim.chat.batch_remote import Fault, FullQueue, RemoteBatch, full_queue, remote_batch
from deploysim.chat.endpoint import Endpoint
from deploysim.types import Failure, FailureKind

OPENAI = "Enqueued token limit reached for m in organization org-1. Limit: 2,000,000 enqueued tokens. Please try again."
AZURE = "The number of enqueued tokens has surpassed the configured limit of 30K for the deployment 'm'."
REQUESTS = "Enqueued request limit reached for m in organization org-1. Limit: 1,000,000 enqueued requests."


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("token_limit_exceeded", OPENAI, FullQueue(2_000_000)),
        ("token_limit_exceeded", AZURE, FullQueue(30_000)),
        ("token_limit_exceeded", "", FullQueue(None)),
        ("", OPENAI, FullQueue(2_000_000)),
        ("", REQUESTS, FullQueue(None)),
        ("batch_limit_exceeded", "at most 10 batches", FullQueue(None)),
        ("invalid_request", "The limit of tokens is 5.", None),
        ("rate_limit_exceeded", "Limit: 3 requests per minute", None),
    ],
)
def test_a_full_queue_in_several_wordings(code: str, message: str, expected: FullQueue | None) -> None:
    """A code or the wording says that it is full; the limit is taken where it is one of tokens."""
    assert expected == full_queue(code, message)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"id": "b", "status": "in_progress"}, RemoteBatch("b", "in_progress")),
        ({"id": "b", "status": "odd", "request_counts": "SECRET", "errors": ["SECRET"]}, RemoteBatch("b", "odd")),
        ({"id": "b", "status": "odd", "request_counts": {"completed": -1}}, RemoteBatch("b", "odd")),
        (
            {
                "id": "b",
                "status": "failed",
                "errors": {"data": ["SECRET", {"code": "a SECRET", "line": "3"}, {"line": 3}]},
            },
            RemoteBatch("b", "failed", faults=(Fault("", None), Fault("", None), Fault("", 3))),
        ),
        ({"id": "b"}, None),
        ({"id": 7, "status": "failed"}, None),
    ],
)
def test_junk_in_a_batch_is_left_out(value: dict[str, Any], expected: RemoteBatch | None) -> None:
    """What has not the documented form counts as not said; sentences never get through."""
    assert expected == remote_batch(value)


@pytest.mark.parametrize(
    ("fields", "kind", "detail", "again"),
    [
        ({"error": {"code": "batch_expired", "message": "SECRET"}}, FailureKind.TIMED_OUT, "batch_expired", True),
        ({"error": {"code": "batch_cancelled"}}, FailureKind.SERVER_ERROR, "batch_cancelled", True),
        ({"error": {"code": "a SECRET"}}, FailureKind.SERVER_ERROR, "the result has neither response nor error", True),
        ({"response": {"status_code": 500, "body": None}}, FailureKind.SERVER_ERROR, "HTTP 500", True),
        ({"response": {"status_code": 429, "body": {}}}, FailureKind.RATE_LIMITED, "HTTP 429", True),
        ({"response": {"status_code": 400, "body": "SECRET"}}, FailureKind.REJECTED, "HTTP 400", False),
        ({"response": {"status_code": 200, "body": "SECRET"}}, FailureKind.MALFORMED, "the reply is not a JSON object", False),
        ({"response": {"status_code": 200}}, FailureKind.MALFORMED, "the reply is not a JSON object", False),
        ({"response": {"status_code": True}}, FailureKind.SERVER_ERROR, "the result has no status", True),
    ],
)  # fmt: skip
def test_a_result_that_is_no_response(fields: dict[str, Any], kind: FailureKind, detail: str, again: bool) -> None:
    """Each says what it was and whether another try may help, quoting nothing."""
    line = json.dumps({"custom_id": "a-1-0", "response": None, **fields}).encode()
    result = read_result(APIS["chat"], Endpoint("http://127.0.0.1/v1", "m"), line)

    assert result is not None
    assert (Failure(kind, detail), again) == (result.attempt.answer, result.attempt.again)


def test_an_error_that_every_request_meets_is_told_apart() -> None:
    """A wrong model in a result is the run's error and not the prefix's."""
    body = {"error": {"code": "model_not_found", "message": "SECRET"}}
    line = json.dumps({"custom_id": "a-1-0", "response": {"status_code": 404, "body": body}}).encode()
    result = read_result(APIS["chat"], Endpoint("http://127.0.0.1/v1", "m"), line)

    assert result is not None
    assert "knows no model 'm'" in str(result.trouble)
    assert result.attempt.again
