"""The lines of a batch's files: requests on their way out, results on their way in. No provider is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploysim.chat.api import Api, read_attempt
from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import Attempt, error_attempt, refused_key
from deploysim.errors import ModelError
from deploysim.types import Failure, FailureKind

VERSION_PATH = "/v1"
"""What stands before an API's path in a batch, whatever the base URL is."""
MALFORMED_LINE = "the result is not a line of JSON"

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")
_OUT_OF_TIME = {"batch_expired", "request_timeout"}
# JSON lets them stand in a text, and some readers take them for the end of a line.
_LINE_ENDS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\u0085": "\\u0085"}


@dataclass(frozen=True, slots=True)
class Result:
    """What a batch gave for one request."""

    custom_id: str
    attempt: Attempt
    """`again` where the request was not answered for a reason that may pass."""
    trouble: ModelError | None = None
    """What every other request would meet too, such as an account without credit."""
    refused: str = ""
    """Key of the request that the endpoint does not take, where it names one that says how to decode."""


def batch_path(api: Api) -> str:
    """Return the name that an API has in a batch."""
    return VERSION_PATH + api.path


def request_line(api: Api, custom_id: str, body: Mapping[str, Any]) -> bytes:
    """Return one line of a batch's input.

    Raises:
        UnicodeEncodeError: where the messages hold halves of characters, which cannot be sent.
    """
    line = {"custom_id": custom_id, "method": "POST", "url": batch_path(api), "body": body}
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    for end, escaped in _LINE_ENDS.items():
        text = text.replace(end, escaped)
    return text.encode() + b"\n"


def read_result(api: Api, endpoint: Endpoint, line: bytes) -> Result | None:
    """Return what a line of an output or error file says, or None where it is not a whole result."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    custom_id = value.get("custom_id") if isinstance(value, dict) else None
    if not isinstance(custom_id, str):
        return None
    refused = _refused(api, value)
    try:
        return Result(custom_id, _attempt(api, endpoint, value), refused=refused)
    except ModelError as trouble:
        failure = Failure(FailureKind.REJECTED, "see the error that ended it")
        return Result(custom_id, Attempt(failure, again=True), trouble, refused)


def code_of(error: Any) -> str:
    """Return the code of an error, nothing where it has none; its sentences may quote the prompt."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _attempt(api: Api, endpoint: Endpoint, value: dict[str, Any]) -> Attempt:
    response = value.get("response")
    if not isinstance(response, dict):
        return Attempt(_never_run(value.get("error")), again=True)
    status, body = response.get("status_code"), response.get("body")
    if not isinstance(status, int) or not 200 <= status < 600:
        return Attempt(Failure(FailureKind.SERVER_ERROR, "the result has no status"), again=True)
    if status >= 400:
        error = body.get("error", body) if isinstance(body, dict) else None
        return error_attempt(endpoint, status, {}, error)
    return read_attempt(api, endpoint, json.dumps(body).encode(), {}, latency_s=None)


def _refused(api: Api, value: dict[str, Any]) -> str:
    response = value.get("response")
    status, body = (response.get("status_code"), response.get("body")) if isinstance(response, dict) else (None, None)
    error = body.get("error", body) if isinstance(body, dict) else None
    return (refused_key(status, error, api.decoding_keys) or "") if isinstance(status, int) else ""


def _never_run(error: Any) -> Failure:
    code = code_of(error)
    kind = FailureKind.TIMED_OUT if code in _OUT_OF_TIME else FailureKind.SERVER_ERROR
    return Failure(kind, code or "the result has neither response nor error")
