"""Quotations of a judge, found again in the response that they are said to be from."""

from __future__ import annotations

import re

from deploysim.grade.judging.material import visible
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import Span
from deploysim.types import Response

MOST = 5
"""Quotations that are looked for; more would say nothing new."""
LEAST_LETTERS = 3
"""A quotation of fewer letters or digits is found anywhere and shows nothing."""

_ELLIPSIS = re.compile(r"\s*(?:\[?\.{3,}\]?|…)\s*")
_EDGE = " \t\n\"'`*_“”‘’«».,;:"


def found_in(response: Response, quotations: tuple[str, ...]) -> tuple[Span, ...]:
    """Return where quotations stand in the response's text; those that are not there are left out.

    Case, kinds of quotes and dashes, and white space do not matter; a quotation with an ellipsis is looked for in parts.
    """
    spans = [span for quotation in quotations[:MOST] for span in _places(response.text, quotation)]
    return tuple(dict.fromkeys(spans))


def is_in_calls(response: Response, quotations: tuple[str, ...]) -> bool:
    """Say whether one of the quotations stands in a tool call of the response."""
    calls = "\n".join(f"{call.name}({call.arguments})" for call in response.tool_calls)
    return any(_places(calls, quotation) for quotation in quotations[:MOST])


def _places(text: str, quotation: str) -> list[Span]:
    """Return the places of all parts of a quotation, in order; none where one of them is missing."""
    spans: list[Span] = []
    at = 0
    parts = [part for part in _ELLIPSIS.split(quotation.strip()) if part.strip(_EDGE)]
    for part in parts:
        pattern = _pattern(part)
        match = pattern.search(prepared(text), at) if pattern else None
        if match is None:
            return []
        spans.append(match.span())
        at = match.end()
    return spans


def _pattern(part: str) -> re.Pattern[str] | None:
    words = prepared(visible(part)).strip(_EDGE).split()
    if sum(sign.isalnum() for sign in "".join(words)) < LEAST_LETTERS:
        return None
    return re.compile(r"\s+".join(map(re.escape, words)))
