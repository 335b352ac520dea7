"""When the next call may begin: the one gate that all calls to an endpoint pass, each try anew.

A call waits until there is a slot (`Width`), until the limits per minute allow it (`Allowance`), and until no server
asks everybody to wait: what one call is told holds for all.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from deploysim.chat.allowance import Allowance
from deploysim.chat.width import Width


class GivenUpError(Exception):
    """The run was asked to stop before this call was sent."""


@dataclass(slots=True)
class _Waiting:
    """A call that wants to begin."""

    tokens: float
    again: bool
    admitted: asyncio.Future[None]


class Pace:
    """The gate. It belongs to one event loop.

    Args:
        width: How many calls may be in flight.
        requests_per_minute: Most requests a minute, or None for no limit.
        tokens_per_minute: Most tokens a minute, read and written, or None for no limit.
        now: Tells the time in seconds.
    """

    def __init__(
        self,
        width: Width,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.width = width
        self.retries = 0
        """Calls that were tried again."""
        self._requests = Allowance(requests_per_minute) if requests_per_minute else None
        self._tokens = Allowance(tokens_per_minute) if tokens_per_minute else None
        self._now = now
        self._running = 0
        self._held_until = float("-inf")
        self._queue: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def limits_tokens(self) -> bool:
        """Whether it matters how many tokens a call will take."""
        return self._tokens is not None

    @property
    def waits_s(self) -> float:
        """How long calls still have to wait for a limit, however many slots are free."""
        return self._wait_s() if self._queue else 0.0

    async def begin(self, tokens: float = 0.0, *, again: bool = False) -> float:
        """Wait until a call may begin, and return when it does.

        Args:
            tokens: Tokens that it will probably take.
            again: It was tried before, and goes before those that were not.

        Raises:
            GivenUpError: where the run was asked to stop and the call was not sent yet, or would wait for a limit.
        """
        if self._closed and self._is_given_up(again):
            raise GivenUpError
        self.retries += again
        if self._queue or not self._free() or self._wait_s() > 0:
            await self._wait_in_line(_Waiting(tokens, again, asyncio.get_running_loop().create_future()))
        else:
            self._admit(tokens)
        return self._now()

    def end(self) -> None:
        """A call has come to its end, whatever became of it."""
        self._running -= 1
        self._pump()

    def hold(self, seconds: float) -> None:
        """Let no call begin for so long."""
        self._held_until = max(self._held_until, self._now() + seconds)

    def close(self) -> None:
        """Give up every call that was not sent yet, and those that would wait for a limit. The others come to an end.

        What was sent has its outcome then, and which calls were sent does not depend on what they answered.
        """
        self._closed = True
        for waiting in list(self._queue):
            if self._is_given_up(waiting.again):
                self._queue.remove(waiting)
                if not waiting.admitted.done():
                    waiting.admitted.set_exception(GivenUpError())

    def _is_given_up(self, again: bool) -> bool:
        return not again or self._wait_s() > 0

    def answered(self, latency_s: float, *, surplus_tokens: float = 0.0) -> None:
        """A call gave a response, which took so many tokens more than were expected."""
        waited_for = bool(self._queue) and self._wait_s() == 0
        self.width.answered(latency_s, now=self._now(), waited_for=waited_for)
        if self._tokens:
            self._tokens.correct(surplus_tokens)
        self._pump()

    def failed(self) -> None:
        """A call met a server error, a timeout or no connection."""
        self.width.failed()

    def refused(self, *, began: float) -> None:
        """A call that began at a time met a rate limit."""
        self.width.refused(began=began, now=self._now())

    async def _wait_in_line(self, waiting: _Waiting) -> None:
        (self._queue.appendleft if waiting.again else self._queue.append)(waiting)
        self._pump()
        try:
            await waiting.admitted
        except asyncio.CancelledError:
            admitted = waiting.admitted
            if admitted.done() and not admitted.cancelled() and admitted.exception() is None:
                self.end()
            raise

    def _free(self) -> bool:
        return self._running < self.width.size

    def _wait_s(self) -> float:
        now = self._now()
        limits = [limit.wait_s(now) for limit in (self._requests, self._tokens) if limit]
        return max(self._held_until - now, 0.0, *limits)

    def _admit(self, tokens: float) -> None:
        self._running += 1
        now = self._now()
        if self._requests:
            self._requests.take(1, now)
        if self._tokens:
            self._tokens.take(tokens, now)

    def _pump(self) -> None:
        """Let begin whoever may."""
        while self._queue and self._free():
            wait = self._wait_s()
            if wait > 0:
                self._pump_after(wait)
                return
            waiting = self._queue.popleft()
            if not waiting.admitted.done():
                self._admit(waiting.tokens)
                waiting.admitted.set_result(None)

    def _pump_after(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._pump)
