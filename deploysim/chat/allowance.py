"""Limits of so many requests or tokens a minute: one's own, and those that a server tells in its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping

CATCH_UP_S = 1.0
"""Calls that came late may catch up on so much time, so that a timer's delay costs nothing."""
LONGEST_HEADER_WAIT_S = 60.0
"""Longer resets, such as those of a daily limit, are believed when a request is refused."""

_UNITS = {"h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+|(?P<seconds>\d+(?:\.\d+)?)")


class Allowance:
    """So much a minute, spread evenly: no minute, wherever it begins, sees more.

    A single amount may be larger than what is left; what follows waits for it.

    Args:
        per_minute: Requests or tokens.
    """

    def __init__(self, per_minute: float) -> None:
        # Over a minute and what may be caught up in it, the steps add up to the limit.
        self._step = (60.0 + CATCH_UP_S) / per_minute
        self._due = float("-inf")

    def wait_s(self, now: float) -> float:
        """Return how long the next call has to wait."""
        return max(0.0, self._due - now)

    def take(self, amount: float, now: float) -> None:
        """Count an amount, of a call that begins."""
        self._due = max(self._due, now - CATCH_UP_S) + amount * self._step

    def correct(self, amount: float) -> None:
        """Count what an amount taken was short of, or over where it is negative."""
        self._due += amount * self._step


def exhausted_s(headers: Mapping[str, str], *, tokens: float) -> float:
    """Return how long to wait because a reply's headers say that nothing is left, 0 where something is.

    Args:
        headers: With names in lower case: `x-ratelimit-remaining-requests` and `-tokens`, `x-ratelimit-reset-requests`
            and `-tokens` as the OpenAI API documents them ("1s", "6m0s", "20ms").
        tokens: Tokens that the next call will need.
    """
    waits = [
        _reset_s(headers, what) for what, need in (("requests", 1.0), ("tokens", tokens)) if _short(headers, what, need)
    ]
    return min(max(waits, default=0.0), LONGEST_HEADER_WAIT_S)


def _short(headers: Mapping[str, str], what: str, need: float) -> bool:
    try:
        return float(headers.get(f"x-ratelimit-remaining-{what}", "inf")) < need
    except ValueError:
        return False


def _reset_s(headers: Mapping[str, str], what: str) -> float:
    text = headers.get(f"x-ratelimit-reset-{what}", "").strip()
    match = _DURATION.fullmatch(text)
    if match is None:
        return 0.0
    if match["seconds"]:
        return float(match["seconds"])
    return sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))
