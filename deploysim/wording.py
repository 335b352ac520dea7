"""Small pieces of language that pages and commands share."""

from __future__ import annotations


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: "1 prefix", "2,000 prefixes"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time as people say it: "45 s", "12 min", "3.5 h", "2 days"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def money(amount: float, currency: str) -> str:
    """Return an amount of money: "12.50 USD", and "less than 0.01 USD" for what would read as nothing."""
    return f"less than 0.01 {currency}" if 0 < amount < 0.01 else f"{amount:,.2f} {currency}"
