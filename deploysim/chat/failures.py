"""What an error status stands for: a failure of this one call, or an error that every call would meet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deploysim.chat.endpoint import Endpoint
from deploysim.chat.model import Answer
from deploysim.chat.retry import asked_wait_s
from deploysim.types import Failure, FailureKind

PATIENCE_S = 300.0
"""Longest wait that a call puts up with. A server that asks for more ends the run: it can go on later."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"}
_CONTEXT_WORDS = re.compile(
    r"context[ _](length|size|window)|(prompt|input|request) is too long|too many (input |prompt )?tokens",
    re.IGNORECASE,
)
_FILTER_CODES = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation", "moderation_blocked"}
_FILTER_CODES |= {"invalid_prompt", "bio_policy", "misalignment_policy_violation"}
_NO_CREDIT_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
_OWN_PARAMETERS = {"model", "temperature", "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens", "seed"}
_TRY_AGAIN = {408, 409, 425, 429}
_UNAVAILABLE = {502, 503, 529}
_NOT_TAKEN = re.compile(
    r"(un|not |n't )(supported|known|recogni[sz]ed|expected|permitted|allowed|support)|extra|additional", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try gave, and whether another may give more."""

    answer: Answer
    again: bool = False
    asked_wait_s: float | None = None
    """Seconds that the server asks to wait first."""
    unavailable: bool = False
    """Whether nothing was there to answer, or nothing that had time to."""


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What a server said about an error, without the sentences, which may quote the prompt."""

    codes: tuple[str, ...]
    parameter: str | None
    too_long: bool
    flagged: bool


def error_attempt(endpoint: Endpoint, status: int, headers: Mapping[str, str], error: Any) -> Attempt:
    """Return what an error status stands for. Details name codes, never conversation text.

    Args:
        endpoint: Who answered.
        status: The HTTP status.
        headers: The reply's headers, with names in lower case.
        error: The reply's JSON, or what stands under "error" in it.

    Raises:
        ModelError: for what no other call would fare better with: a wrong key, an unknown model, no credit left, a
            parameter that the endpoint does not take, or a request to wait for a very long time.
    """
    complaint = _complaint(error)
    kind = _kind(status, complaint)
    if kind in (FailureKind.REJECTED, FailureKind.RATE_LIMITED):
        _raise_for_all(endpoint, status, complaint)
    again = kind is not FailureKind.CONTEXT_TOO_LONG and (status in _TRY_AGAIN or status >= 500)
    wait = asked_wait_s(headers, now=datetime.now(UTC)) if again else None
    if wait is not None and wait > PATIENCE_S:
        raise endpoint.asks_to_wait(wait)
    return Attempt(Failure(kind, _detail(status, complaint)), again, wait, status in _UNAVAILABLE)


def refused_key(status: int, error: Any, keys: Iterable[str]) -> str | None:
    """Return the one of some keys of a request that an endpoint does not take: whoever sent it may leave it out."""
    if status not in (400, 422):
        return None
    fields: dict[str, Any] = error if isinstance(error, dict) else {"message": error}
    named = fields.get("param")
    said = str(fields.get("message") or fields.get("detail") or "")[:500]
    for key in keys:
        if isinstance(named, str) and named.partition(".")[0] == key:
            return key
        if not named and _NOT_TAKEN.search(said) and re.search(rf"\b{re.escape(key)}\b", said, re.IGNORECASE):
            return key
    return None


def error_in(body: bytes) -> Any:
    """Return what an error reply says, or None where it is not JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value.get("error", value) if isinstance(value, dict) else value


def _raise_for_all(endpoint: Endpoint, status: int, complaint: _Complaint) -> None:
    if status == 402 or _NO_CREDIT_CODES & set(complaint.codes):
        raise endpoint.has_no_credit(status)
    if status in (401, 403):
        raise endpoint.refused_the_key(status)
    if status in (404, 405) or complaint.parameter == "model":
        raise endpoint.lacks_the_model(status)
    if status in (400, 422) and complaint.parameter in _OWN_PARAMETERS:
        raise endpoint.refused_parameter(status, complaint.parameter or "")


def _kind(status: int, complaint: _Complaint) -> FailureKind:
    codes = set(complaint.codes)
    if status < 500 and status != 429:
        if codes & _CONTEXT_CODES or (status in (400, 413, 422) and complaint.too_long):
            return FailureKind.CONTEXT_TOO_LONG
        if codes & _FILTER_CODES or complaint.flagged:
            return FailureKind.REFUSED_BY_FILTER
    if status == 429:
        return FailureKind.RATE_LIMITED
    if status in (408, 504):
        return FailureKind.TIMED_OUT
    return FailureKind.SERVER_ERROR if status >= 500 else FailureKind.REJECTED


def _complaint(error: Any) -> _Complaint:
    fields: dict[str, Any] = error if isinstance(error, dict) else {"message": error}
    inner = fields.get("innererror")
    metadata = fields.get("metadata")
    values = [fields.get("code"), fields.get("type"), inner.get("code") if isinstance(inner, dict) else None]
    parameter = fields.get("param")
    return _Complaint(
        codes=tuple(dict.fromkeys(v for v in values if isinstance(v, str) and _WORD.fullmatch(v))),
        parameter=parameter if isinstance(parameter, str) else None,
        too_long=bool(_CONTEXT_WORDS.search(str(fields.get("message", ""))[:2_000])),
        flagged=isinstance(metadata, dict) and ("flagged_input" in metadata or "reasons" in metadata),
    )


def _detail(status: int, complaint: _Complaint) -> str:
    return ", ".join([f"HTTP {status}", *complaint.codes[:1]])
