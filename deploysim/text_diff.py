"""What changed between two texts: first by lines, then by words within the lines that changed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploysim.render import Mark

MOST_STEPS = 4_000_000
"""Pairs of words that are compared at most; stretches beyond that are marked whole, as it would take seconds."""
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

Token = tuple[str, int]
"""A piece of text and where it begins."""


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What to mark on either side."""

    old: tuple[Mark, ...]
    new: tuple[Mark, ...]
    coarse: bool = False
    """Whether some stretches are marked whole because they are too long to be compared word by word."""


def line_diff(old: str, new: str) -> TextDiff:
    """Return which lines were removed from the old text and added in the new one."""
    removed, added = [], []
    for before, after in _changed(_tokens(_LINES, old), _tokens(_LINES, new)):
        removed += _mark(before, "removed")
        added += _mark(after, "added")
    return TextDiff(tuple(removed), tuple(added))


def word_diff(old: str, new: str) -> TextDiff:
    """Return which words were removed from the old text and added in the new one."""
    removed, added, coarse = [], [], False
    for before, after in _changed(_tokens(_LINES, old), _tokens(_LINES, new)):
        words = _words_of(before), _words_of(after)
        if len(words[0]) * len(words[1]) > MOST_STEPS:
            removed += _mark(before, "removed")
            added += _mark(after, "added")
            coarse = True
            continue
        for gone, come in _changed(*words):
            removed += _mark(gone, "removed")
            added += _mark(come, "added")
    return TextDiff(tuple(removed), tuple(added), coarse)


def _changed(before: Sequence[Token], after: Sequence[Token]) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    matcher = difflib.SequenceMatcher(None, [t for t, _ in before], [t for t, _ in after], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield before[i1:i2], after[j1:j2]


def _tokens(pattern: re.Pattern[str], text: str, offset: int = 0) -> list[Token]:
    return [(m.group(), m.start() + offset) for m in pattern.finditer(text)]


def _words_of(lines: Sequence[Token]) -> list[Token]:
    return [word for line, start in lines for word in _tokens(_WORDS, line, start)]


def _mark(tokens: Sequence[Token], kind: str) -> list[Mark]:
    if not tokens:
        return []
    text, start = tokens[-1]
    return [Mark(tokens[0][1], start + len(text), kind)]
