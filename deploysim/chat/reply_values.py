"""What the readers of replies share: JSON in, checked values out, and what a reply lacks in words of ours only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from deploysim.types import Failure, FailureKind, Response

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedError(ValueError):
    """A reply does not have the form that its API promises; says where, never quoting it."""


def read_body(body: bytes, read: Callable[[dict[str, Any]], Response | Failure]) -> Response | Failure:
    """Return what a reader finds in a reply's JSON, or say in which way the reply is malformed."""
    try:
        value = object_of(json.loads(body), "the reply")
    except MalformedError as error:
        return Failure(FailureKind.MALFORMED, str(error))
    except (ValueError, RecursionError):
        return Failure(FailureKind.MALFORMED, "the reply is not JSON")
    try:
        return read(value)
    except MalformedError as error:
        return Failure(FailureKind.MALFORMED, str(error))


def object_of(value: Any, what: str) -> dict[str, Any]:
    """Return a JSON object, or raise MalformedError."""
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is not a JSON object")
    return value


def list_of(value: Any, what: str) -> list[Any]:
    """Return a JSON list, an empty one for null, or raise MalformedError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedError(f"{what} is not a list")
    return value


def count_of(value: Any) -> int | None:
    """Return a count that a database can hold, or None where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def seconds_of(latency_s: float | None) -> float | None:
    """Return a latency as it is kept: to the millisecond, None where nobody waited for the reply."""
    return None if latency_s is None else round(latency_s, 3)


def clean(text: str) -> str:
    """Replace halves of characters, which JSON can carry and no file or database can."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def clean_or_none(value: Any) -> str | None:
    """Return a text that can be kept, or None for what is no text."""
    return clean(value) if isinstance(value, str) else None
