"""Descriptions of tools and decoding parameters without personal data: still valid JSON, and still the same names.

What people write (descriptions, examples, stop words) is looked through like any text. What programs compare (the name of
a function, the words of a schema) stays, or goes as a whole where it is personal, as in the calls that name it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from deploysim.scrub.json_text import Literal, literals

_NAMED = ("function", "json_schema")
"""Inner objects that have a name of their own."""
_SCHEMA_WORDS = frozenset({"type", "required", "format", "additionalProperties"})
_WORD = re.compile(r"[a-z][A-Za-z_\-]{0,63}")


def given_literals(value: str) -> tuple[Literal, ...]:
    """Return what is looked through of a tool's description, or of a parameter's value, as JSON text."""
    names = list(_names(value))
    found = []
    for literal in literals(value):
        if literal.key == "name" and literal.value in names:
            names.remove(literal.value)
        elif not _is_schema_word(literal):
            found.append(literal)
    return tuple(found)


def renamed(scrubbed: str, original: str, name: Callable[[str], str]) -> str:
    """Return scrubbed JSON text with the names of functions and schemas as `name` makes them."""
    if not _names(original):
        return scrubbed
    value, before = json.loads(scrubbed), json.loads(original)
    for key in _NAMED:
        if isinstance(inner := before.get(key), dict) and isinstance(inner.get("name"), str):
            value[key]["name"] = name(inner["name"])
    return json.dumps(value, ensure_ascii=False)


def _names(value: str) -> list[str]:
    found = json.loads(value)
    inner = [found.get(key) for key in _NAMED] if isinstance(found, dict) else []
    return [one["name"] for one in inner if isinstance(one, dict) and isinstance(one.get("name"), str)]


def _is_schema_word(literal: Literal) -> bool:
    return literal.key in _SCHEMA_WORDS and _WORD.fullmatch(literal.value) is not None
