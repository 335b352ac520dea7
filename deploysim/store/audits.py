"""Audits: canonical JSON, each named by its own SHA-256."""

from __future__ import annotations

import hashlib

from deploysim.store.files import write_text
from deploysim.store.workspace import Workspace, checked_id


def save_audit(workspace: Workspace, text: str) -> str:
    """Save an audit's canonical JSON and return its id; saving it again changes nothing."""
    audit_id = hashlib.sha256(text.encode("utf-8")).hexdigest()
    target = workspace.audits / f"{audit_id}.json"
    if not target.exists():
        write_text(target, text)
    return audit_id


def read_audit(workspace: Workspace, audit_id: str) -> str | None:
    """Return an audit's text, or None where its file was changed after it was made."""
    text = (workspace.audits / f"{checked_id(audit_id, kind='audit')}.json").read_text(encoding="utf-8")
    return text if hashlib.sha256(text.encode("utf-8")).hexdigest() == audit_id else None


def list_audits(workspace: Workspace) -> list[str]:
    """Return the ids of all audits."""
    return sorted(path.stem for path in workspace.audits.glob("*.json"))
