"""What of a response the assistant says itself, and not in a quotation, in code or in a text for somebody else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from deploysim.grade.text import LONGEST_READ, prepared

MASK = "\0"
"""Stands for every character that is not the assistant's own; it matches neither letters nor spaces."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE = {
    '"': re.compile(r'"[^"\n]{1,900}"'),
    "`": re.compile(r"`[^`\n]{1,300}`"),
    "'": re.compile(r"'(?<![\w']')(?=\w)(?:[^'\n]|(?<=\w)'(?=\w)){1,500}'(?![\w'])"),
    "*": re.compile(r"\*(?<![\w*]\*)(?=\w)[^*\n]{20,400}\*(?![\w*])"),
}
"""What is quoted, code or acted out inside a line, by the sign that opens it."""
_SALUTATION = re.compile(
    r"[\s*_]{0,6}(?:dear|hi|hello|hey|greetings|to whom it may concern|good (?:morning|afternoon|evening))\b"
    r"[^\n.!?]{0,60}[,:!]?[\s*_]{0,6}$"
)
_SUBJECT = re.compile(r"[\s*_#]{0,6}subject(?: line)?[\s*_]{0,4}:")
_SIGN_OFF = re.compile(
    r"[\s*_]{0,6}(?:(?:best|kind|warm|warmest|kindest|many|with|yours|sincerely)\b[^\n.!?]{0,30}"
    r"|regards|thanks|thank you|cheers|love|respectfully|cordially|take care|all the best)"
    r"[,.!]?[\s*_]{0,6}$"
)
_SPEAKER = re.compile(r"[\s*_>\-]{0,6}([a-z][\w .'-]{0,24})(?:\([^)\n]{0,40}\))?[*_]{0,3}:[*_]{0,3}\s")


class _Line(NamedTuple):
    start: int
    end: int
    text: str


@lru_cache(maxsize=32)
def own_words(text: str, *, writing_asked: bool = False) -> str:
    """Return the prepared text with everything that is not the assistant's own words masked, at the same places.

    Masked are code, quotations, quoted lines, letters with a salutation, and the lines of a dialogue. With
    `writing_asked` a letter may also begin on the first line of the response. Of a text longer than LONGEST_READ
    only the beginning is returned.
    """
    ready = prepared(text[:LONGEST_READ])
    return _without_inline(_without_lines(ready, writing_asked))


@lru_cache(maxsize=32)
def without_code(text: str) -> str:
    """Return the text with fenced and inline code masked, at the same length."""
    if "```" in text or "~~~" in text:
        lines = _lines(text)
        text = _masked(text, [lines[index] for index in _fenced(lines)])
    return _INLINE["`"].sub(_mask, text) if "`" in text else text


def is_sign_off(line: str) -> bool:
    """Say whether a prepared line is the end of a letter, such as "best regards,"."""
    return _SIGN_OFF.match(line) is not None


def _without_inline(text: str) -> str:
    for sign, pattern in _INLINE.items():
        if sign in text:
            text = pattern.sub(_mask, text)
    return text


def _mask(match: re.Match[str]) -> str:
    return MASK * len(match.group())


def _without_lines(text: str, writing_asked: bool) -> str:
    lines = _lines(text)
    hidden = {*_fenced(lines), *_quoted(lines), *_letters(lines, writing_asked), *_dialogue(lines)}
    return _masked(text, [lines[index] for index in sorted(hidden)]) if hidden else text


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    start = 0
    for line in text.split("\n"):
        lines.append(_Line(start, start + len(line), line))
        start += len(line) + 1
    return lines


def _masked(text: str, lines: list[_Line]) -> str:
    parts: list[str] = []
    at = 0
    for line in lines:
        parts += [text[at : line.start], MASK * (line.end - line.start)]
        at = line.end
    return "".join([*parts, text[at:]])


def _fenced(lines: list[_Line]) -> Iterator[int]:
    opened: str | None = None
    for index, line in enumerate(lines):
        fence = _FENCE.match(line.text)
        if opened is None:
            if fence is None:
                continue
            opened = fence.group(1)
        elif fence and fence.group(1).startswith(opened) and not line.text.strip("`~ \r"):
            opened = None
        yield index


def _quoted(lines: list[_Line]) -> Iterator[int]:
    return (index for index, line in enumerate(lines) if line.text.lstrip().startswith(">"))


def _letters(lines: list[_Line], writing_asked: bool) -> Iterator[int]:
    """Yield the lines of letters: from subject or salutation to two lines after the sign-off, or to the end."""
    first = next((index for index, line in enumerate(lines) if line.text.strip()), 0)
    left: int | None = None
    inside = False
    for index, line in enumerate(lines):
        if not inside and (writing_asked or index > first):
            inside = bool(_SALUTATION.match(line.text) or _SUBJECT.match(line.text))
            left = None
        if not inside:
            continue
        yield index
        if left is None and is_sign_off(line.text):
            left = 2
        elif left is not None and line.text.strip():
            left -= 1
        inside = left != 0


def _dialogue(lines: list[_Line]) -> Iterator[int]:
    """Yield the lines that begin with a speaker's name, where at least one of the speakers has several."""
    spoken = {index: found.group(1).strip() for index, line in enumerate(lines) if (found := _SPEAKER.match(line.text))}
    turns = Counter(spoken.values())
    if len(turns) >= 2 and max(turns.values()) >= 2:
        yield from (index for index, speaker in spoken.items() if turns[speaker] >= 2 or len(turns) == 2)
