"""How much personal data may be left, from a spot-check."""

from __future__ import annotations

from scipy.special import betaincinv

LEVEL = 0.95
_MOST = 1 << 24


def leak_bound(leaks: int, read: int, *, level: float = LEVEL) -> float | None:
    """Upper bound of the share of messages that leak, one-sided and exact (Clopper, Pearson 1934, Biometrika 26:404).

    Args:
        leaks: Messages in which a leak was found.
        read: Messages that were read, drawn at random.
        level: Probability with which the bound holds.

    Returns:
        A share in 0..1; None where nothing was read: unknown is not zero.
    """
    if read <= 0:
        return None
    return 1.0 if leaks >= read else float(betaincinv(leaks + 1, read - leaks, level))


def clean_needed(leaks: int, read: int, limit: float, *, level: float = LEVEL) -> int | None:
    """Return how many more messages without a leak bring the bound to the limit; None where more than 16 million."""
    low, high = 0, 1
    if _within(leaks, read, limit, level):
        return 0
    while not _within(leaks, read + high, limit, level):
        low, high = high, high * 2
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _within(leaks, read + middle, limit, level) else (middle, high)
    return high


def conversation_bound(bound: float | None, messages: int, conversations: int) -> float | None:
    """Upper bound of the share of conversations that hold a leaking message.

    Conversations with a leak are at most as many as messages with one, so their share is at most the bound of messages
    times the mean number of messages of a conversation. It holds however leaks are spread, and is wide where they
    cluster. None where nothing was read.
    """
    if bound is None or conversations <= 0:
        return None
    return min(1.0, bound * messages / conversations)


def _within(leaks: int, read: int, limit: float, level: float) -> bool:
    bound = leak_bound(leaks, read, level=level)
    return bound is not None and bound <= limit
