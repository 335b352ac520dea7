"""Names written with initials: "J. R. R. Tolkien", "AJ Styles", and "Holler, J." as references have it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import Lexicon, fold
from deploysim.scrub.name_data import family_surplus
from deploysim.scrub.name_words import NEVER, STOPS, UPPER, is_acronym, is_code_like
from deploysim.scrub.word_lists import word_set

_SURNAME = rf"{UPPER}[^\W\d_]{{2,}}(?:[-’']{UPPER}[^\W\d_]+)?"
_DOTTED = re.compile(rf"(?<![\w.])(?P<i>(?:{UPPER}\. ?){{2,3}}) ?{_SURNAME}(?!\w)")
_BARE = re.compile(
    rf"(?<![\w.])(?:AJ|BJ|CJ|DJ|EJ|JB|JD|JJ|JK|JP|JR|JT|KJ|LJ|MJ|OJ|PJ|RJ|TJ|JRR|RJ) (?P<s>{_SURNAME})(?!\w)"
)
_REFERRED = re.compile(rf"(?<![\w.])(?P<s>{_SURNAME}|{UPPER}[^\W\d_]), (?:{UPPER}\.[ -]?){{1,3}}(?=[,;:&()\s]|$)")
_NO_INITIALS = word_set("us uk dc eu un ai ad bc am pm tv la ny nyc usa ussr phd ma ba")
"""Abbreviations with dots that stand before capitals."""


def initialled(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield family names with initials before or behind them, initials included."""
    if "." in text:
        for match in _DOTTED.finditer(text):
            letters = re.sub(r"[. ]", "", match["i"]).lower()
            if letters not in _NO_INITIALS:
                yield Finding(*match.span(), "PERSON", 0.55)
        for match in _REFERRED.finditer(text):
            if _is_surname(match["s"], lexicon):
                yield Finding(match.start(), match.start() + len(match[0].rstrip()), "PERSON", 0.55)
    for match in _BARE.finditer(text):
        if _is_surname(match["s"], lexicon):
            yield Finding(*match.span(), "PERSON", 0.5)


def _is_surname(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    if folded in NEVER or folded in STOPS or folded in lexicon.topics or is_acronym(word) or is_code_like(word):
        return False
    return folded in lexicon.family or family_surplus(folded) >= 0 or not lexicon.is_word(word)
