"""Waiting: in small steps, so that a request to stop is heard within a second and whoever watches hears of the run."""

from __future__ import annotations

import time
from collections.abc import Callable

BEAT_S = 1.0
_GROWTH = 1.5


class StopAskedError(Exception):
    """Somebody asked the run to stop. It is safe at any pause: each step is written down before and after."""


class Pauses:
    """Pauses that grow while nothing changes.

    Args:
        first_s: The first pause in seconds.
        longest_s: The longest one.
        beat: Called about once a second.
        stop: Asked more often; True ends the pause, and the run with it.
    """

    def __init__(self, first_s: float, longest_s: float, *, beat: Callable[[], None], stop: Callable[[], bool]) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s
        self._beat = beat
        self._beaten = -BEAT_S
        self._stop = stop

    def check(self) -> None:
        """Tell whoever watches that the run goes on, where it is time to; raise StopAskedError where it is to end."""
        if self._stop():
            raise StopAskedError
        if time.monotonic() - self._beaten >= BEAT_S:
            self._beaten = time.monotonic()
            self._beat()

    def wait(self, seconds: float) -> None:
        """Wait so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(BEAT_S, left))
        self.check()

    def rest(self) -> None:
        """Wait for the next pause, and a longer one next time."""
        self.wait(self._next_s)
        self._next_s = min(self._longest_s, self._next_s * _GROWTH)

    def quicken(self) -> None:
        """Begin with short pauses again: something changed."""
        self._next_s = self._first_s
