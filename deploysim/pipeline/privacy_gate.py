"""The gate before another machine: conversations leave this one only where the spot-check allows it."""

from __future__ import annotations

from urllib.parse import urlsplit

from deploysim.errors import InputError
from deploysim.pipeline.spot_checking import facts
from deploysim.store.workspace import Workspace

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_gate(
    workspace: Workspace, sample_id: str | None, base_url: str | None, *, limit: float | None, override: str = ""
) -> str:
    """Return nothing, or a note for the record on why a sample may leave although the limit is not met.

    Args:
        workspace: Whose spot-checks count.
        sample_id: What would be sent; the messages that were read where it was drawn from count. None is everything.
        base_url: Where it would go; None is the embedded model.
        limit: The team's limit on the share of messages that leak; None where there is none.
        override: The reason of whoever decides otherwise.

    Raises:
        InputError: where it would go to another machine, the bound is above the limit, and no reason is given.
    """
    if limit is None or not above_limit(workspace, sample_id, base_url, limit=limit):
        return ""
    found = facts(workspace, sample_id=sample_id)
    if override.strip():
        return f"Sent to another machine above the leak limit of {limit:.1%} ({found.headline()}): {override.strip()}"
    raise InputError(
        f"The spot-check does not allow sending conversations to another machine. {found.headline()}",
        expected=f"at most {limit:.1%} of messages, as DEPLOYSIM_LEAK_LIMIT says. {found.still_needed(limit)}",
        next_step="read more messages on the Privacy page, or give a reason that is recorded: --override-privacy REASON",
    )


def above_limit(workspace: Workspace, sample_id: str | None, base_url: str | None, *, limit: float | None) -> bool:
    """Say whether a sample would go to another machine although its bound is above the limit, or unknown."""
    if limit is None or not is_remote(base_url):
        return False
    bound = facts(workspace, sample_id=sample_id).bound
    return bound is None or bound > limit


def is_remote(base_url: str | None) -> bool:
    """Say whether an endpoint is on another machine."""
    return base_url is not None and (urlsplit(base_url).hostname or "") not in _LOOPBACK
