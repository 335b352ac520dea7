"""How many calls are worth having in flight: pure arithmetic on what came back, without any waiting.

The width begins small and triples with every round of answers until something speaks against more. Then:

- a rate limit cuts it by a third, once for all calls that were on their way when it was first met;
- a server error, a timeout or a lost connection costs half a slot, so that single ones cost nothing and an outage
  closes down within a few rounds;
- answers that take twice the usual time cut it by a fifth;
- growth by half that brought no more answers a second is taken back.

Near the width at which one of these last happened it grows by one slot a round, below it by a quarter a round.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

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
"""Median latency, in multiples of the usual one, from which a server counts as slowed down."""
GROWN, PAID = 1.5, 1.1
"""Growth by the first factor has to bring answers a second by the second."""
USUAL = 0.1
"""Weight of the newest window in the usual latency, which follows a lasting change within some ten windows."""


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
        self._climbing = True
        self._trouble_at = float(ceiling)
        self._cut_at = float("-inf")
        self._latencies: list[float] = []
        self._since: float | None = None
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
        if waited_for:
            self._size = min(self.ceiling, self._size + self._step())
        if self._since is None:
            self._since = now - latency_s
        self._latencies.append(latency_s)
        if len(self._latencies) >= max(SHORTEST_WINDOW, self.size):
            self._judge(now)

    def failed(self) -> None:
        """Take note of a server error, a timeout or a lost connection."""
        self._size = max(1.0, self._size - FAILED)

    def refused(self, *, began: float, now: float) -> None:
        """Take note of a rate limit, met by a call that began at a time."""
        if began >= self._cut_at:
            self._cut(REFUSED)
            self._cut_at = now
            self._forget()

    def _step(self) -> float:
        if self._climbing:
            return CLIMB
        return RECOVERY if self._size < 0.9 * self._trouble_at else 1 / self._size

    def _judge(self, now: float) -> None:
        middle = median(self._latencies)
        rate = len(self._latencies) / max(1e-9, now - (self._since or 0.0))
        self._forget(now)
        usual = middle if self._usual is None else self._usual
        self._usual = usual + USUAL * (middle - usual)
        if middle > SLOW_FROM * usual:
            self._cut(SLOW)
        else:
            self._weigh(rate)

    def _weigh(self, rate: float) -> None:
        """Say whether growth since the last mark was worth it."""
        mark = self._mark
        if mark and self._size >= GROWN * mark.size and rate < PAID * mark.rate:
            self._trouble_at = self._size
            # What the first climb found is needed or nearly so; later growth only tried for more.
            self._size = self._size if self._climbing else mark.size
            self._climbing = False
        if mark is None or not mark.size < self._size < GROWN * mark.size:
            self._mark = _Mark(self._size, rate)

    def _cut(self, factor: float) -> None:
        self._trouble_at = self._size
        self._size = max(1.0, self._size * factor)
        self._climbing = False
        self._mark = None

    def _forget(self, now: float | None = None) -> None:
        self._latencies.clear()
        self._since = now
