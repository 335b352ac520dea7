"""Small pieces of language that pages and commands share."""

from __future__ import annotations


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: "1 prefix", "2,000 prefixes"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
