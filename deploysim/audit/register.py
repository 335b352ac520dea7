"""An audit frozen: canonical JSON under its own SHA-256, as forecasts are."""

from __future__ import annotations

import json
from typing import Any

from deploysim.audit.discoveries import DiscoverAudit
from deploysim.audit.noticing import AwarenessAudit
from deploysim.audit.records import FidelityAudit
from deploysim.errors import InputError
from deploysim.forecast.codec import canonical_json, from_plain, to_plain

FORMAT = 1
Audit = FidelityAudit | DiscoverAudit | AwarenessAudit
KINDS: dict[str, type[Audit]] = {"fidelity": FidelityAudit, "discover": DiscoverAudit, "awareness": AwarenessAudit}


def kind_of(audit: Audit) -> str:
    """Return the name of an audit's kind."""
    return next(name for name, kind in KINDS.items() if isinstance(audit, kind))


def audit_to_json(audit: Audit) -> str:
    """Write an audit as canonical JSON."""
    return canonical_json({"format": FORMAT, "kind": kind_of(audit), **to_plain(audit)})


def audit_from_json(text: str) -> Audit:
    """Read an audit back.

    Raises:
        InputError: where the text is no audit of this version.
    """
    try:
        plain: Any = json.loads(text)
        known = isinstance(plain, dict) and plain.pop("format", None) == FORMAT and plain["kind"] in KINDS
        if not known:
            raise KeyError
        audit: Audit = from_plain(KINDS[plain.pop("kind")], plain, "audit")
    except (ValueError, KeyError, InputError) as error:
        raise InputError(
            "A stored audit cannot be read.",
            expected=f"an audit in format {FORMAT}, as this version of deploysim writes it",
            next_step="run the audit again",
        ) from error
    return audit
