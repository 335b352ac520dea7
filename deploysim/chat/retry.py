"""How long to wait before a call is tried again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

FIRST_WAIT_S = 0.5
LONGEST_BACKOFF_S = 30.0


def asked_wait_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return how many seconds the server asks to wait, or None where it does not say.

    Args:
        headers: The reply's headers, with names in lower case: `retry-after-ms`, or `retry-after` in seconds or as
            an HTTP date.
        now: Aware time that a date is compared with.
    """
    for name, per_second in (("retry-after-ms", 1_000), ("retry-after", 1)):
        seconds = _number(headers.get(name, ""))
        if seconds is not None:
            return max(0.0, seconds / per_second)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def wait_s(tries: int, asked: float | None, random: Random) -> float:
    """Return how many seconds to wait after so many tries: as asked and a little more, or an exponential backoff.

    The random part keeps calls that failed together from coming back together.
    """
    if asked:
        return asked + random.random() * min(1.0, 0.1 * asked)
    backoff = min(FIRST_WAIT_S * 2.0 ** min(tries - 1, 16), LONGEST_BACKOFF_S)
    return backoff * (1 - 0.25 * random.random())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
