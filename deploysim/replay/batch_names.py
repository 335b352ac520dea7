"""What the request for one response is called at a provider, and back."""

from __future__ import annotations

from typing import NamedTuple


class Asked(NamedTuple):
    """What a request asks for."""

    prefix_id: str
    repeat: int
    attempt: int


def custom_id(prefix_id: str, repeat: int = 0, attempt: int = 1) -> str:
    """Return what a request is called at the provider: at most 64 letters, digits, "-" and "_", as all of them take."""
    return f"{prefix_id.replace(':', '-')}-{repeat}-{attempt}"


def parts_of(custom_id: str) -> Asked:
    """Return what a name of `custom_id` asks for."""
    conversation, end, repeat, attempt = custom_id.rsplit("-", 3)
    return Asked(f"{conversation}:{end}", int(repeat), int(attempt))
