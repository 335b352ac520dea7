"""Detectors made of one regular expression each, run only where a cheap look says that they could match."""

from __future__ import annotations

import re
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


def find(text: str, rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield what the rules find in a text."""
    lowered = text.lower()
    for rule in rules:
        if rule.needs and not any(need in lowered for need in rule.needs):
            continue
        group = "v" if "v" in rule.pattern.groupindex else 0
        for match in rule.pattern.finditer(text):
            start, end = match.span(group)
            if rule.bare:
                end -= len(text[start:end]) - len(text[start:end].rstrip(".,;:)]}>"))
            if start < end and (rule.accept is None or rule.accept(text[start:end])):
                yield Finding(start, end, rule.entity, rule.score)


def has_digit(value: str) -> bool:
    """Whether a value holds a digit."""
    return any(char.isdigit() for char in value)


def digit_count(value: str) -> int:
    """Return the number of digits in a value."""
    return sum(char.isdigit() for char in value)
