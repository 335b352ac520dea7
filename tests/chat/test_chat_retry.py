"""Waiting times between tries."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from deploysim.chat.retry import asked_wait_s, wait_s

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:30 +0100"}, 30.0),
    ],
)
def test_what_a_server_asks_to_wait(headers: dict[str, str], expected: float | None) -> None:
    """Seconds, milliseconds and dates are understood; nonsense counts as not said."""
    assert expected == asked_wait_s(headers, now=NOW)


@pytest.mark.parametrize(
    ("tries", "asked", "least", "most"),
    [(1, None, 0.375, 0.5), (3, None, 1.5, 2.0), (50, None, 22.5, 30.0), (1, 0.0, 0.375, 0.5), (1, 4.0, 4.0, 4.4), (1, 60.0, 60.0, 61.0)],
)  # fmt: skip
def test_waits_grow_and_are_never_shorter_than_asked(
    tries: int, asked: float | None, least: float, most: float
) -> None:
    """The backoff doubles up to half a minute; a server's own number is a lower bound."""
    waits = [wait_s(tries, asked, Random(seed)) for seed in range(50)]

    assert least <= min(waits)
    assert max(waits) <= most
    assert len(set(waits)) > 40
