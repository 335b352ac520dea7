"""How often a word is a given or a family name, and how often it stands in running text: counts that packages bring along.

Given names are those of `nomquamgender`, counted in three dozen public registers and rosters of the world; family names those
of the census of the United States, whose people come from everywhere, in `names`; words those of `wordfreq`. All are read
from the packages' own files: none opens a connection.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import distribution
from pathlib import Path

from deploysim.scrub.word_lists import word_set

_ENTRY = re.compile(r'"([a-z]{3,})": \[(\d+), (\d+),')
_RARE = 2.0
"""Words below this frequency stand in text mostly as the names that they are."""

DICTIONARIES = word_set("en de fr es it pt nl sv da nb fi pl cs hu ro tr id")
"""Languages whose ordinary words are known."""


@dataclass(frozen=True, slots=True)
class NameCount:
    """How well a given name is documented."""

    sources: int
    """Registers and rosters that list it, of 36."""
    people: int
    """People that they count under it; 0 where a source only lists names."""


@cache
def name_counts() -> dict[str, NameCount]:
    """Return given names without accents, in lower case, that at least two sources list."""
    # Not read by the package itself, whose import takes a second for functions that nothing here needs.
    file = Path(str(distribution("nomquamgender").locate_file("nomquamgender/name_data.json")))
    found = _ENTRY.findall(file.read_text(encoding="utf-8"))
    return {name: NameCount(int(sources), int(people)) for name, sources, people in found if int(sources) > 1}


@cache
def family_shares() -> dict[str, float]:
    """Return family names in lower case with the base-10 logarithm of how many in a billion people bear each."""
    file = Path(str(distribution("names").locate_file("names/dist.all.last")))
    rows = (line.split() for line in file.read_text(encoding="ascii").splitlines())
    return {row[0].lower(): math.log10(float(row[1]) * 1e7) for row in rows if float(row[1]) > 0}


def family_surplus(word: str) -> float:
    """Return how much more a word is a family name than a word, on the scale of `name_surplus`."""
    share = family_shares().get(word)
    return -math.inf if share is None else share - frequencies("en").get(word, 0.0)


def is_mostly_family(word: str) -> bool:
    """Whether a word is far more often a family name than it could be a word of its own."""
    return len(word) > 3 and family_surplus(word) >= _FAMILY_SURPLUS


_FAMILY_SURPLUS = 1.5


@cache
def frequencies(language: str) -> dict[str, float]:
    """Return the words of a language with the base-10 logarithm of how often each stands in a billion words."""
    import wordfreq

    size = "large" if language == "en" else "small"
    shares: dict[str, float] = wordfreq.get_frequency_dict(language, wordlist=size)
    return {word: math.log10(share) + 9 for word, share in shares.items()}


def is_rare(word: str) -> bool:
    """Whether a longer word hardly ever stands in English text, so that it is rather a name than the word it may be."""
    return len(word) > 4 and frequencies("en").get(word, 0.0) < _SELDOM


_SELDOM = 3.0


@lru_cache(maxsize=50_000)
def name_surplus(word: str, language: str = "en") -> float:
    """Return how much more a word is a name than a word: the logarithm of its bearers less that of its frequency.

    On this scale "mark" is 1.2, "hope" -0.4, "will" -1.8 and "house" -4.5; a word that nobody bears is far below all.
    """
    count = name_counts().get(word)
    if count is None:
        return -math.inf
    return math.log10(count.people + 1) - frequencies(language).get(word, 0.0)


def is_mostly_name(word: str) -> bool:
    """Whether a word that no dictionary lists is a given name rather than a brand, a place or slang."""
    count = name_counts().get(word)
    if count is None:
        return False
    if len(word) <= 3:
        return count.sources >= 12 and name_surplus(word) >= 1
    frequency = frequencies("en").get(word, 0.0)
    if frequency < _RARE:
        return count.sources >= (4 if frequency else 3)
    return count.sources >= 6 and name_surplus(word) >= 0


def is_often_name(word: str) -> bool:
    """Whether a word of the dictionary is borne by so many that it is a name where its place in a sentence says so."""
    count = name_counts().get(word)
    return count is not None and count.sources >= 12 and name_surplus(word) >= -0.6


@cache
def ordinary_words(language: str) -> frozenset[str]:
    """Return the words of a language, one of `DICTIONARIES`, less those that are names above all."""
    common = frequencies(language)
    named = {word for word in name_counts().keys() & common.keys() if name_surplus(word, language) >= -0.3}
    return frozenset(word for word, often in common.items() if often >= 3.2) - named
