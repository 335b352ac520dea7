"""Conversations that are withheld, because somebody marked a leak in one of their messages."""

from __future__ import annotations

from functools import lru_cache

from deploysim.store.reviews import reviews_version
from deploysim.store.spot_checks import leaking, spot_checks
from deploysim.store.workspace import Workspace


def quarantined(workspace: Workspace) -> frozenset[str]:
    """Return the ids of conversations that lists, samples, pages and forecasts leave out."""
    # Every question to the store asks this; the journals are read again only when one has grown.
    return _leaking(workspace, reviews_version(workspace))


@lru_cache(maxsize=8)
def _leaking(workspace: Workspace, version: tuple[tuple[str, int, int], ...]) -> frozenset[str]:
    return leaking(spot_checks(workspace))
