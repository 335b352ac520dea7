"""Audits kept: saved under their own hash, and found again by kind and sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from deploysim.audit.ablations import AblationAudit
from deploysim.audit.discoveries import DiscoverAudit
from deploysim.audit.noticing import AwarenessAudit
from deploysim.audit.records import FidelityAudit
from deploysim.audit.register import Audit, audit_from_json, audit_to_json
from deploysim.errors import InputError
from deploysim.store.frozen import edited, frozen_text, intact, save_frozen
from deploysim.store.workspace import Workspace

Kind = TypeVar("Kind", FidelityAudit, DiscoverAudit, AwarenessAudit, AblationAudit)


@dataclass(frozen=True, slots=True)
class SavedAudit(Generic[Kind]):
    """An audit with the id that it is kept under."""

    audit_id: str
    audit: Kind


def keep(workspace: Workspace, audit: Kind) -> SavedAudit[Kind]:
    """Save an audit."""
    return SavedAudit(save_frozen(workspace.audits, audit_to_json(audit)), audit)


def audits_of(workspace: Workspace, kind: type[Kind]) -> list[SavedAudit[Kind]]:
    """Return the intact audits of a kind that this version can read, newest first."""
    found: list[SavedAudit[Kind]] = []
    for audit_id in intact(workspace.audits):
        audit = _read(workspace, audit_id)
        if isinstance(audit, kind):
            found.append(SavedAudit(audit_id, audit))
    return sorted(found, key=lambda saved: (saved.audit.created_at, saved.audit_id), reverse=True)


def unreadable_audits(workspace: Workspace) -> list[str]:
    """Return the audits that were changed after they were made, or that another version wrote."""
    unknown = [i for i in intact(workspace.audits) if _read(workspace, i) is None]
    return sorted(edited(workspace.audits) + unknown)


def _read(workspace: Workspace, audit_id: str) -> Audit | None:
    try:
        return audit_from_json(frozen_text(workspace.audits, audit_id, kind="audit"))
    except InputError:
        return None


def newest_of(workspace: Workspace, kind: type[Kind], sample_id: str) -> SavedAudit[Kind] | None:
    """Return the newest audit of a kind that is about a sample, or None."""
    return next((saved for saved in audits_of(workspace, kind) if saved.audit.sample_id == sample_id), None)
