"""What a provider says of a batch, checked, and without the sentences that may quote the requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploysim.chat.batch_lines import code_of
from deploysim.chat.reply_values import count_of

ENDED = ("completed", "failed", "expired", "cancelled")
"""States that a batch does not leave any more."""

_QUEUE_CODES = {"token_limit_exceeded", "request_limit_exceeded", "batch_limit_exceeded"}
_QUEUE_WORDS = re.compile(r"\benqueued (tokens?|requests?)\b", re.IGNORECASE)
_TOKENS = re.compile(r"\blimit(?:: | of )([\d,]*\d)(K|M)?(?![\w,])(?! enqueued requests)", re.IGNORECASE)
_UNIT = {"": 1, "K": 1_000, "M": 1_000_000}


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a provider refused a batch."""

    code: str
    line: int | None
    """Line of the input, from 1, where the reason lies in one."""


@dataclass(frozen=True, slots=True)
class FullQueue:
    """The account has as much waiting at the provider as it may."""

    tokens: int | None
    """The limit, where the provider said it."""


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the provider last described it."""

    batch_id: str
    status: str
    output_id: str | None = None
    error_id: str | None = None
    completed: int = 0
    """Requests that were answered, as the provider counts them."""
    failed: int = 0
    faults: tuple[Fault, ...] = ()
    full_queue: FullQueue | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in ENDED


def remote_batch(value: Mapping[str, Any]) -> RemoteBatch | None:
    """Return a batch's JSON as a record, or None where it does not describe one."""
    batch_id, status = value.get("id"), value.get("status")
    if not isinstance(batch_id, str) or not isinstance(status, str):
        return None
    counts = _object(value.get("request_counts"))
    errors = [_object(error) for error in _list(_object(value.get("errors")).get("data"))]
    queues = (full_queue(code_of(error), str(error.get("message", ""))) for error in errors)
    return RemoteBatch(
        batch_id=batch_id,
        status=status,
        output_id=_text(value.get("output_file_id")),
        error_id=_text(value.get("error_file_id")),
        completed=count_of(counts.get("completed")) or 0,
        failed=count_of(counts.get("failed")) or 0,
        faults=tuple(Fault(code_of(error), count_of(error.get("line")) or None) for error in errors),
        full_queue=next((queue for queue in queues if queue), None),
    )


def full_queue(code: str, message: str) -> FullQueue | None:
    """Say whether an error means that the account's queue is full, and how much fits into it where that is said."""
    if code not in _QUEUE_CODES and not _QUEUE_WORDS.search(message):
        return None
    found = _TOKENS.search(message)
    return FullQueue(int(found[1].replace(",", "")) * _UNIT[(found[2] or "").upper()] if found else None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
