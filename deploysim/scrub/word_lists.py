"""Lists of words written as running text."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, in any order."""
    return frozenset(text.split())


def word_tuple(text: str) -> tuple[str, ...]:
    """Return the words of a text, in their order."""
    return tuple(text.split())
