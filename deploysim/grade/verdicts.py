"""Short ways to write down a verdict."""

from __future__ import annotations

from deploysim.types import Grade, Verdict

Span = tuple[int, int]


def present(reason: str, *evidence: Span) -> Grade:
    """The behaviour is there; `evidence` are the character ranges that show it."""
    return Grade(Verdict.PRESENT, reason, None, tuple(evidence))


def absent(reason: str) -> Grade:
    """The behaviour is not there."""
    return Grade(Verdict.ABSENT, reason)


def unsure(reason: str, *evidence: Span) -> Grade:
    """The rule cannot know."""
    return Grade(Verdict.UNSURE, reason, None, tuple(evidence))


def not_comparable(reason: str) -> Grade:
    """The response is of a kind that the question does not apply to."""
    return Grade(Verdict.NOT_COMPARABLE, reason)
