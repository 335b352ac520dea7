"""Drafts of categories: a YAML file each, and beside it whose words its examples are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from deploysim.store.files import read_json, write_json, write_text
from deploysim.store.workspace import Workspace


def draft_path(workspace: Workspace, category_id: str) -> Path:
    """Return where the draft of a category is kept."""
    return workspace.drafts / f"{category_id}.yaml"


def write_draft(workspace: Workspace, category_id: str, text: str, prefix_ids: Collection[str]) -> Path:
    """Write a draft; which prefixes its examples come from is written first, so that erasing always finds them."""
    path = draft_path(workspace, category_id)
    write_json(path.with_suffix(".json"), {"prefixes": sorted(prefix_ids)})
    write_text(path, text)
    return path


def list_drafts(workspace: Workspace) -> list[Path]:
    """Return the drafts' files, by name."""
    return sorted(workspace.drafts.glob("*.yaml"))


def drafts_quoting(workspace: Workspace, conversation_ids: Collection[str]) -> tuple[Path, ...]:
    """Return the files of drafts with an example from one of the conversations."""
    found: list[Path] = []
    for record in sorted(workspace.drafts.glob("*.json")):
        prefixes = read_json(record)["prefixes"]
        if any(str(prefix).split(":", 1)[0] in conversation_ids for prefix in prefixes):
            found += [path for path in (record.with_suffix(".yaml"), record) if path.exists()]
    return tuple(found)
