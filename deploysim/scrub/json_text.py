"""JSON scrubbed literal by literal, so that it stays valid and keeps its layout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*')
_AFTER_KEY = re.compile(r"\s*:")


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or number of a JSON text that may hold personal data."""

    start: int
    end: int
    value: str
    """Decoded."""
    key: str
    """The object key that it belongs to; empty for a key itself and for array items outside an object."""


def is_json(text: str) -> bool:
    """Whether a text is a JSON object or array."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def literals(text: str) -> Iterator[Literal]:
    """Yield the strings of a JSON text and its numbers of five digits or more.

    Object keys are what a tool's schema names: they are yielded only where they hold an `@` or five digits.
    """
    key = ""
    for match in _LITERAL.finditer(text):
        quoted = match[0].startswith('"')
        value = json.loads(match[0]) if quoted else match[0]
        if quoted and _AFTER_KEY.match(text, match.end()):
            key = value
            if "@" in value or sum(char.isdigit() for char in value) >= 5:
                yield Literal(match.start(), match.end(), value, "")
        elif quoted or sum(char.isdigit() for char in value) >= 5:
            yield Literal(match.start(), match.end(), value, key)


def encoded(piece: str) -> str:
    """Return text as it stands inside the quotes of a JSON string."""
    return json.dumps(piece, ensure_ascii=False)[1:-1]


def is_number(text: str) -> bool:
    """Whether a text is a JSON number."""
    return re.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", text) is not None
