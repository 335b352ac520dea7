"""Conversations that are withheld, because somebody marked a leak in one of their messages."""

from __future__ import annotations

from functools import lru_cache

from deploysim.store.spot_checks import leaking, spot_checks
from deploysim.store.workspace import Workspace


def quarantined(workspace: Workspace) -> frozenset[str]:
    """Return the ids of conversations that lists, samples, pages and forecasts leave out."""
    journals = [(path.name, path.stat()) for path in sorted(workspace.reviews.glob("*.jsonl"))]
    # Every question to the store asks this; the journals are read again only when one has grown.
    return _leaking(workspace, tuple((name, about.st_mtime_ns, about.st_size) for name, about in journals))


@lru_cache(maxsize=8)
def _leaking(workspace: Workspace, journals: tuple[tuple[str, int, int], ...]) -> frozenset[str]:
    return leaking(spot_checks(workspace))
