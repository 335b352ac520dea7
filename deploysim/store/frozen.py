"""Records written once under the SHA-256 of their own text, so that any later edit shows."""

from __future__ import annotations

import hashlib
from pathlib import Path

from deploysim.errors import InputError, NotFoundError
from deploysim.store.files import write_text
from deploysim.store.workspace import checked_id


def save_frozen(folder: Path, text: str) -> str:
    """Keep a text under its SHA-256 and return that; keeping it again changes nothing."""
    name = hashlib.sha256(text.encode("utf-8")).hexdigest()
    target = folder / f"{name}.json"
    if not target.exists():
        write_text(target, text)
    return name


def frozen_text(folder: Path, name: str, *, kind: str) -> str:
    """Return a text that was kept.

    Raises:
        NotFoundError: where there is none of that name.
        InputError: where its file was edited since.
    """
    path = folder / f"{checked_id(name, kind=kind)}.json"
    if not path.exists():
        raise NotFoundError(
            f"The workspace has no {kind} {name[:12]}.", next_step="`python -m deploysim status` lists what it has"
        )
    if not _is_intact(path):
        raise InputError(
            f"The file of {kind} {name[:12]} was changed after it was written.",
            expected="a file whose SHA-256 is its name",
            next_step="restore it from a copy",
        )
    return path.read_text(encoding="utf-8")


def intact(folder: Path) -> list[str]:
    """Return the names of all records that nobody edited."""
    return [path.stem for path in sorted(folder.glob("*.json")) if _is_intact(path)]


def edited(folder: Path) -> list[str]:
    """Return the names of the records whose files were changed after they were written."""
    return [path.stem for path in sorted(folder.glob("*.json")) if not _is_intact(path)]


def _is_intact(path: Path) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
