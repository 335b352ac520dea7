"""How many calls are worth having in flight: pure arithmetic on what came back, without any waiting.

The width begins small and triples with every round of answers until something speaks against more. Then:

- a rate limit cuts it by a third, once for all calls that were on their way when it was first met;
- a server error, a timeout or a lost connection costs half a slot, so that single ones cost nothing and an outage
  closes down within a few rounds;
- answers that take twice the usual time cut it by a fifth;
- growth by half that brought no more answers a second is taken back.

Near the width at which one of these last happened it grows by one slot a round, below it by a quarter a round. A server
that has slowed down gets no such quarter: it may be in trouble at any width.

How long answers take is judged by how many come while all slots are busy (Little's law: slots x seconds / answers), not
by the latencies of those that came: when many calls began together, the short ones are the first to come back.
"""

from __future__ import annotations

from dataclasses import dataclass

START = 32
"""Width at the beginning. Servers that take less say so at once, and those that take more are tried within seconds."""
UNLIMITED = 1_000_000
"""A ceiling that nobody reaches."""
SHORTEST_WINDOW = 20
"""Answers that a judgement rests on at least."""
CLIMB = 2.0
"""Slots that an answer adds while nothing speaks against more."""
RECOVERY = 0.25
"""Slots that an answer adds well below where trouble began."""
REFUSED, SLOW = 0.7, 0.8
FAILED = 0.5
SLOW_FROM = 2.0
"""Seconds that an answer takes, in multiples of the usual ones, from which a server counts as slowed down."""
GROWN, PAID = 1.5, 1.1
"""Growth by the first factor has to bring answers a second by the second."""
USUAL = 0.1
"""Weight of the newest window in the usual seconds, which follow a lasting change within some ten windows."""


@dataclass(slots=True)
class _Window:
    """Some answers that came one after another."""

    size: float
    """Width when it began, with which its answers were begun."""
    since: float | None = None
    answers: int = 0
    busy: bool = True
    """All slots were busy all the time."""


@dataclass(slots=True)
class _Mark:
    """What a width gave when it was last judged."""

    size: float
    rate: float


class Width:
    """The number of calls that may be in flight, between 1 and a ceiling.

    Args:
        ceiling: It is never wider.
        start: Width at the beginning.
    """

    def __init__(self, ceiling: int, *, start: int = START) -> None:
        self.ceiling = ceiling
        self._size = float(min(start, ceiling))
        self._climbing = self._size < ceiling
        self._trouble_at = float(ceiling)
        self._cut_at = float("-inf")
        self._window = _Window(self._size)
        self._usual: float | None = None
        self._mark: _Mark | None = None

    @property
    def size(self) -> int:
        """Calls that may be in flight."""
        return max(1, int(self._size))

    def answered(self, latency_s: float, *, now: float, waited_for: bool) -> None:
        """Take note of a response.

        Args:
            latency_s: How long it took.
            now: When it came.
            waited_for: Whether other calls are waiting for a slot: only then is a wider width of any use.
        """
        window = self._window
        if waited_for:
            self._size = min(self.ceiling, self._size + self._step())
        if window.since is None:
            window.since = now - latency_s
        window.busy &= waited_for
        window.answers += 1
        if window.answers >= max(SHORTEST_WINDOW, int(window.size)):
            if window.busy:
                self._judge(window.size, window.answers / max(1e-9, now - window.since))
            self._climbing &= self._size < self.ceiling
            self._window = _Window(self._size, now)

    def failed(self) -> None:
        """Take note of a server error, a timeout or a lost connection."""
        self._size = max(1.0, self._size - FAILED)

    def refused(self, *, began: float, now: float) -> None:
        """Take note of a rate limit, met by a call that began at a time."""
        if began >= self._cut_at:
            self._cut(REFUSED)
            self._cut_at = now
            self._window = _Window(self._size)

    def _step(self) -> float:
        if self._climbing:
            return CLIMB
        return RECOVERY if self._size < 0.9 * self._trouble_at else 1 / self._size

    def _judge(self, size: float, rate: float) -> None:
        seconds = size / rate
        if self._climbing or self._usual is None:
            # The width changes too fast to tell the seconds of an answer.
            self._usual = seconds
        slow = seconds > SLOW_FROM * self._usual
        self._usual += USUAL * (seconds - self._usual)
        if slow:
            self._cut(SLOW)
            self._trouble_at = self._size
        else:
            self._weigh(size, rate)

    def _weigh(self, size: float, rate: float) -> None:
        """Say whether growth since the last mark was worth it."""
        mark = self._mark
        if mark and size >= GROWN * mark.size:
            if rate < PAID * mark.rate:
                self._trouble_at = size
                # The first climb is steep: what it passed over may still be worth a little.
                self._size = mark.size * (GROWN if self._climbing else 1.0)
                self._climbing = False
                return
            self._trouble_at = min(self.ceiling, max(self._trouble_at, 2 * size))
        if mark is None or not mark.size < size < GROWN * mark.size:
            self._mark = _Mark(size, rate)

    def _cut(self, factor: float) -> None:
        self._trouble_at = self._size
        self._size = max(1.0, self._size * factor)
        self._climbing = False
        self._mark = None
