"""What is known of an endpoint's health, and what that makes of a failed try."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import PATIENCE_S, Attempt
from deploysim.types import Failure, FailureKind, Response

GIVE_UP_AFTER = 20
"""Calls in a row, each with all its tries, that lose their connection: the endpoint is of no use."""
FIRST_CONTACT_TRIES = 3
FIRST_GUESS_TOKENS = 300.0


@dataclass(slots=True)
class Contact:
    """The health of one endpoint, as far as its calls have shown it."""

    endpoint: Endpoint
    max_retries: int
    now: Callable[[], float] = time.monotonic
    heard: bool = False
    """It replied to something, whatever it said."""
    last_answer: float | None = None
    """When it last gave a response."""
    takes_seed: bool = True
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Parameters, with their values as JSON text, that it did not take where they came from a log."""
    reply_tokens: float = FIRST_GUESS_TOKENS
    """Usual length of a response."""
    _lost: int = field(default=0)
    """Calls in a row that lost their connection."""

    def tries(self) -> int:
        """Return how many tries a call has."""
        most = self.max_retries + 1
        return most if self.heard else min(most, FIRST_CONTACT_TRIES)

    def answered(self, answer: Response) -> None:
        """It gave a response."""
        self.last_answer = self.now()
        if answer.completion_tokens is not None:
            self.reply_tokens += 0.1 * (answer.completion_tokens - self.reply_tokens)

    def uses_up_a_try(self, attempt: Attempt, *, began: float) -> bool:
        """Say whether a failed try of a call is one of those that it has.

        A rate limit says "later", and an endpoint that answers nobody is away: neither is about this call, which waits.

        Args:
            attempt: What the try gave.
            began: When the call's first try began.

        Raises:
            ModelError: where nobody has been answered for too long.
        """
        if self.max_retries == 0 or not self.heard:
            return True
        waited = self.now() - began
        if _is_limit(attempt):
            return waited > PATIENCE_S
        if not attempt.unavailable or self.last_answer is None or self.last_answer >= began:
            return True
        if waited > PATIENCE_S:
            raise self.endpoint.has_gone(waited)
        return False

    def ended(self, answer: Response | Failure) -> None:
        """A call has come to its end.

        Raises:
            ModelError: where the endpoint never answered, or lost one connection after the other.
        """
        if isinstance(answer, Response) or answer.kind is not FailureKind.CONNECTION_LOST:
            self._lost = 0
            return
        if not self.heard:
            raise self.endpoint.is_unreachable(answer.detail)
        self._lost += 1
        if self._lost >= GIVE_UP_AFTER:
            raise self.endpoint.stopped_answering(self._lost)


def _is_limit(attempt: Attempt) -> bool:
    return isinstance(attempt.answer, Failure) and attempt.answer.kind is FailureKind.RATE_LIMITED


def concerns_all(attempt: Attempt) -> bool:
    """Say whether what a try met is met by every call, so that all had better wait."""
    return _is_limit(attempt) or attempt.unavailable or bool(attempt.asked_wait_s)
