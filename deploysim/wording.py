"""Small pieces of language that pages and commands share."""

from __future__ import annotations


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: "1 prefix", "2,000 prefixes"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def money(amount: float, currency: str) -> str:
    """Return an amount of money: "12.50 USD", and "less than 0.01 USD" for what would read as nothing."""
    return f"less than 0.01 {currency}" if 0 < amount < 0.01 else f"{amount:,.2f} {currency}"
