"""Conversations that are withheld, because somebody marked a leak in one of their messages."""

from __future__ import annotations

from deploysim.store.spot_checks import leaking, spot_checks
from deploysim.store.workspace import Workspace


def quarantined(workspace: Workspace) -> frozenset[str]:
    """Return the ids of conversations that lists, samples, pages and forecasts leave out."""
    return leaking(spot_checks(workspace))
