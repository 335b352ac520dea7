"""Audits kept: saved under their own hash, and found again by kind and sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from deploysim.audit.discoveries import DiscoverAudit
from deploysim.audit.noticing import AwarenessAudit
from deploysim.audit.records import FidelityAudit
from deploysim.audit.register import Audit, audit_from_json, audit_to_json
from deploysim.errors import InputError
from deploysim.store.audits import list_audits, read_audit, save_audit
from deploysim.store.workspace import Workspace

Kind = TypeVar("Kind", FidelityAudit, DiscoverAudit, AwarenessAudit)


@dataclass(frozen=True, slots=True)
class SavedAudit(Generic[Kind]):
    """An audit with the id that it is kept under."""

    audit_id: str
    audit: Kind


def keep(workspace: Workspace, audit: Kind) -> SavedAudit[Kind]:
    """Save an audit."""
    return SavedAudit(save_audit(workspace, audit_to_json(audit)), audit)


def audits_of(workspace: Workspace, kind: type[Kind]) -> list[SavedAudit[Kind]]:
    """Return the intact audits of a kind that this version can read, newest first."""
    found: list[SavedAudit[Kind]] = []
    for audit_id in list_audits(workspace):
        text = read_audit(workspace, audit_id)
        audit = _read(text) if text else None
        if isinstance(audit, kind):
            found.append(SavedAudit(audit_id, audit))
    return sorted(found, key=lambda saved: (saved.audit.created_at, saved.audit_id), reverse=True)


def unreadable_audits(workspace: Workspace) -> list[str]:
    """Return the audits that were changed after they were made, or that another version wrote."""
    return [i for i in list_audits(workspace) if not (text := read_audit(workspace, i)) or _read(text) is None]


def _read(text: str) -> Audit | None:
    try:
        return audit_from_json(text)
    except InputError:
        return None
