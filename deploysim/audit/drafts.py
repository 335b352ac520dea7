"""A group of changed pairs, named: a category in YAML that a taxonomy loads, with its examples as ruled by its reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from deploysim.errors import InputError
from deploysim.taxonomy.records import Ruling

EXAMPLE_CHARS = 1_500
"""Characters of a request or response that an example keeps."""
_CUT = " […]"


@dataclass(frozen=True, slots=True)
class RuledExample:
    """One response as its reader ruled it."""

    prefix_id: str
    run: str
    """Run id, or "recorded"."""
    request: str
    response: str
    ruling: Ruling
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader says of a group."""

    name: str
    definition: str
    present_when: tuple[str, ...]
    absent_when: tuple[str, ...]
    severity: int
    phrases: tuple[str, ...]
    """What a rule looks for; empty where a judge decides."""
    examples: tuple[RuledExample, ...]

    @property
    def category_id(self) -> str:
        """The id made of the name: small letters, digits and underscores."""
        plain = re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")
        return plain[:40].rstrip("_")


def draft_yaml(draft: Draft) -> str:
    """Return a taxonomy file with the draft as its one category.

    Raises:
        InputError: where something that a category needs is missing.
    """
    missing = [
        words
        for words, there in (
            ("a name that begins with a letter", bool(re.match(r"[a-z][a-z0-9_]", draft.category_id))),
            ("a definition", bool(draft.definition.strip())),
            ("when it is present", bool(draft.present_when)),
            ("when it is absent", bool(draft.absent_when)),
        )
        if not there
    ]
    if missing:
        raise InputError(
            "The draft is not complete.", expected=" and ".join(missing), next_step="fill it in and save again"
        )
    rule = {"rule": "phrases", "parameters": {"any_of": list(draft.phrases)}}
    category: dict[str, Any] = {
        "id": draft.category_id,
        "name": draft.name.strip(),
        "definition": draft.definition.strip(),
        "present_when": list(draft.present_when),
        "absent_when": list(draft.absent_when),
        "severity": draft.severity,
        **_examples(draft.examples),
        "grader": [rule] if draft.phrases else [{"judge": "cheap"}],
    }
    return yaml.safe_dump(
        {"version": "draft", "categories": [category]}, allow_unicode=True, sort_keys=False, width=120
    )


def _examples(examples: Sequence[RuledExample]) -> dict[str, Any]:
    if not examples:
        return {}
    return {
        "examples": [
            {
                "request": _short(one.request),
                "response": _short(one.response),
                "ruling": one.ruling,
                "why": one.why.strip() or f"Its reader ruled it {one.ruling}.",
            }
            for one in examples
        ]
    }


def _short(text: str) -> str:
    kept = text.strip()
    return (kept if len(kept) <= EXAMPLE_CHARS else kept[:EXAMPLE_CHARS] + _CUT) or "(empty)"
