"""The measuring stack as it is archived, and the registration of a forecast that names it: frozen records.

What a stack holds is enough to measure again: the taxonomy's files word by word, and how each judge was asked. The code
of rules and prompts is part of each grader's fingerprint, so a stack that is taken up again gives the same fingerprints
or is known to measure differently.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeVar

from deploysim.forecast.codec import canonical_json, from_plain, to_plain

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file of the taxonomy."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ArchivedJudge:
    """How a judge was asked; without its key."""

    name: str
    model: str
    base_url: str | None
    system_prompt: str | None
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    api: str


@dataclass(frozen=True, slots=True)
class Stack:
    """All that decides what is measured."""

    taxonomy: str
    """Fingerprint of the taxonomy."""
    files: tuple[ArchivedFile, ...]
    cheap: tuple[ArchivedJudge, ...]
    strong: tuple[ArchivedJudge, ...]
    graders: tuple[tuple[str, str], ...]
    """(category id, grader fingerprint)."""
    software: str


@dataclass(frozen=True, slots=True)
class InputHash:
    """One file that a forecast rests on."""

    name: str
    """What it is, in words."""
    path: str
    """Within the workspace."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Registration:
    """That a forecast was there, from what, and when: written before the release."""

    forecast_id: str
    registered_at: str
    """ISO time, UTC."""
    statement: str
    """What whoever registered it wanted to say; may be empty."""
    models: tuple[tuple[str, str], ...]
    """(lane, model)."""
    graders: tuple[tuple[str, str], ...]
    """(category id, grader fingerprint)."""
    taxonomy: str
    stack: str
    """Under which its measuring stack is archived."""
    seed: int
    software: str
    inputs: tuple[InputHash, ...]


def frozen_json(record: object) -> str:
    """Write a record as canonical JSON."""
    return canonical_json(to_plain(record))


def read_frozen(kind: type[Record], text: str, where: str) -> Record:
    """Read a record back; `where` names it in errors.

    Raises:
        InputError: where the text does not hold such a record.
    """
    plain: Any = json.loads(text)
    found: Record = from_plain(kind, plain, where)
    return found
