"""Detectors made of one regular expression each, run only where a cheap look says that they could match."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from deploysim.scrub.findings import Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one entity.

    The group `v` is what is replaced; without it, the whole match is.
    """

    entity: str
    pattern: re.Pattern[str]
    score: float
    needs: tuple[str, ...] = ()
    """The rule runs only where the text, in lower case, holds one of these; empty: everywhere."""
    accept: Callable[[str], bool] | None = None
    """Says whether a matched value is meant; None accepts all."""
    bare: bool = False
    """Whether the punctuation of the sentence around a value has to be cut off its end."""
    numeric: bool = False
    """Whether every match has a digit, so that only lines with one and their neighbours have to be looked through."""


def find(text: str, rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield what the rules find in a text."""
    lowered = text.lower()
    numeric = digit_windows(text)
    for rule in rules:
        windows = numeric if rule.numeric else _WHOLE
        if windows and (not rule.needs or any(need in lowered for need in rule.needs)):
            for window in windows:
                yield from _found(text, rule, window)


def _found(text: str, rule: Rule, window: Window) -> Iterator[Finding]:
    group = "v" if "v" in rule.pattern.groupindex else 0
    for match in rule.pattern.finditer(text, *window):
        start, end = match.span(group)
        if rule.bare:
            end -= len(text[start:end]) - len(text[start:end].rstrip(".,;:)]}>"))
        if start < end and (rule.accept is None or rule.accept(text[start:end])):
            yield Finding(start, end, rule.entity, rule.score)


Window = tuple[int, int]
"""First and one past the last character of a part of a text."""
_WHOLE: list[Window] = [(0, sys.maxsize)]
_DIGIT = re.compile(r"\d")


def digit_windows(text: str) -> list[Window]:
    """Return the parts of a text that have numbers: lines with a digit, each with the line before and behind it."""
    windows: list[Window] = []
    position = 0
    while digit := _DIGIT.search(text, position):
        line_start = text.rfind("\n", 0, digit.start()) + 1
        line_end = _line_end(text, digit.start())
        start = text.rfind("\n", 0, max(0, line_start - 1)) + 1
        end = _line_end(text, line_end + 1)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
        position = line_end
    return windows


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def has_digit(value: str) -> bool:
    """Whether a value holds a digit."""
    return any(char.isdigit() for char in value)


def digit_count(value: str) -> int:
    """Return the number of digits in a value."""
    return len(_DIGIT.findall(value))
