"""Which places say something about a person and which are only what a sentence is about."""

from __future__ import annotations

import re

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import Lexicon, fold, read_phrases

_PERSONAL_BEFORE = re.compile(
    r"\b(?:liv(?:e|es|ed|ing)|resid\w+|mov(?:e|ed|ing)|born|grew up|raised|based|located|from|home ?town|staying|stay|travel\w*|fly(?:ing)?|flew|"
    r"trip|visit\w*|arriv\w*|com(?:e|es|ing) to|i am in|i'm in|we are in|we're in|works? (?:in|at)|office in|study(?:ing)? in|settled|relocat\w+|heading|drove|moved here)\b"
    r"[^.!?\n]{0,25}$",
    re.I,
)
_PERSON_NEAR = re.compile(
    r"\b(?:i|i'm|i've|we|we're|my|our|me|us|he|she|his|her|him|they|their|who's|friend|mr|mrs|ms|dr)\b", re.I
)


def telling(finding: Finding, text: str, lexicon: Lexicon, large: frozenset[str]) -> bool:
    """Whether a place tells where a person is or comes from.

    A country or a large city does so only beside words such as "I live in"; a small place identifies by itself.
    """
    value = fold(text[finding.start : finding.end])
    if value not in lexicon.countries and value not in large:
        return True
    line_start = text.rfind("\n", 0, finding.start) + 1
    before = text[max(line_start, finding.start - 60) : finding.start]
    after = text[finding.end : finding.end + 40]
    return bool(_PERSONAL_BEFORE.search(before)) and bool(_PERSON_NEAR.search(before + " " + after))


def large_places() -> frozenset[str]:
    """Return cities, states and regions so large that they identify nobody."""
    return read_phrases("large_places.txt")
