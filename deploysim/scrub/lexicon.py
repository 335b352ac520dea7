"""Lists of names, places and ordinary words that decide what a capital letter means.

Names come from the locale data of the Faker package and from counts of bearers, places from Faker, ordinary English words
from the language pipeline, those of other languages from counts of words.
"""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

from deploysim.scrub.name_data import (
    DICTIONARIES,
    family_shares,
    family_surplus,
    frequencies,
    is_mostly_family,
    is_mostly_name,
    is_often_name,
    name_counts,
    name_surplus,
    ordinary_words,
)
from deploysim.scrub.word_lists import word_set

PARTICLES = word_set(
    """van der den de da do dos das del della di du la le les von zu zum zur bin ibn binti al el ter ten af av y e"""
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words by what they can be. A word can be in several sets."""

    female: frozenset[str]
    male: frozenset[str]
    given: frozenset[str]
    family: frozenset[str]
    everyday: frozenset[str]
    """Names that are ordinary words as well."""
    places: frozenset[str]
    countries: frozenset[str]
    words: frozenset[str]
    """Ordinary English words; empty where the language pipeline carries none."""
    topics: frozenset[str]
    """Capitalised words that are products, languages, brands or famous places, never private persons."""
    language: str = "en"
    """The language of `words`."""

    def is_given(self, token: str) -> bool:
        """Whether a token is a given name and nothing more common."""
        folded = fold(token)
        return folded in self.given and folded not in self.everyday and len(folded) > 2

    def is_family(self, token: str) -> bool:
        """Whether a token is a family name and nothing more common."""
        folded = fold(token)
        return folded in self.family and folded not in self.everyday

    def is_name(self, token: str) -> bool:
        """Whether a token is a given or family name and nothing more common."""
        return self.is_given(token) or self.is_family(token)

    def is_word(self, token: str) -> bool:
        """Whether a token, or the word it is a form of, is an ordinary English word."""
        folded = fold(token)
        return folded in self.everyday or any(stem in self.words for stem in _stems(folded))

    def is_place(self, phrase: str) -> bool:
        """Whether a phrase is a known city or country."""
        folded = fold(phrase)
        return folded in self.places or folded in self.countries


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """Return a word in lower case without accents."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS)).translate(_MARKS)


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})
"""Letters that are no letter with a mark on it."""
_MARKS = dict.fromkeys(code for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
"""The marks of which letters are rid."""


def _stems(word: str) -> Iterator[str]:
    yield word
    for ending, replacements in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            for replacement in replacements:
                yield stem + replacement
            if ending in {"ed", "ing", "er", "est"} and len(stem) > 2 and stem[-1] == stem[-2]:
                yield stem[:-1]


_ENDINGS = (
    ("s", ("",)),
    ("es", ("", "e")),
    ("ies", ("y",)),
    ("ed", ("", "e")),
    ("ied", ("y",)),
    ("ing", ("", "e")),
    ("er", ("", "e")),
    ("est", ("", "e")),
    ("ly", ("", "le")),
    ("ness", ("",)),
    ("n't", ("",)),
)


def read_words(name: str) -> frozenset[str]:
    """Return the words of one of the lists that are part of the package."""
    text = files("deploysim.scrub").joinpath("words", name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(fold(word) for line in lines for word in line.split())


def read_phrases(name: str) -> frozenset[str]:
    """Return the lines of one of the lists that are part of the package."""
    text = files("deploysim.scrub").joinpath("words", name).read_text(encoding="utf-8")
    return frozenset(fold(line.strip()) for line in text.splitlines() if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=2)
def load_lexicon(words: frozenset[str]) -> Lexicon:
    """Read the lists; takes about half a second.

    Args:
        words: Ordinary English words, folded.
    """
    female = _locales_of("person", ("first_name_female", "first_names_female"))
    male = _locales_of("person", ("first_name_male", "first_names_male"))
    given = _locales_of("person", ("first_name",))
    family = _locales_of("person", ("last_name",))
    family.update(name for name in family_shares() if is_mostly_family(name))
    listed = read_words("everyday_names.txt")
    empty: frozenset[str] = frozenset()
    bare = Lexicon(empty, empty, empty, empty, listed, _places(), _countries(), words, read_phrases("topics.txt"))
    rescued = read_words("names_in_dictionaries.txt") | {name for name in family if _is_bearers(name)}
    doubtful = {
        name
        for name in {*given, *family} - rescued
        if bare.is_word(name) and max(given[name], family[name]) < _COMMON_LOCALES
    }
    counted = _counted(bare)
    return replace(
        bare,
        female=frozenset(set(female) - set(male)),
        male=frozenset(set(male) - set(female)),
        given=frozenset(name for name in given if name in family or not _is_brand(name)) | counted,
        family=frozenset(family),
        everyday=listed | doubtful | frozenset(name for name in counted - set(given) if bare.is_word(name)),
    )


@cache
def in_language(lexicon: Lexicon, language: str) -> Lexicon:
    """Return the lists with the ordinary words of another language; English ones where those are not known."""
    if language not in DICTIONARIES or language == "en":
        return lexicon
    words = frozenset(word if word.isascii() else fold(word) for word in ordinary_words(language))
    return replace(lexicon, language=language, words=words, everyday=(lexicon.given | lexicon.family) & words)


def _counted(bare: Lexicon) -> frozenset[str]:
    """Return the names whose bearers are counted: all that are nothing else, and words that many are called by."""
    return frozenset(
        name
        for name in name_counts()
        if not (bare.is_place(name) or name in bare.topics)
        and (is_often_name(name) if bare.is_word(name) else is_mostly_name(name))
    )


def _is_bearers(name: str) -> bool:
    """Whether a dictionary lists a family name for its famous bearers, such as "strickland", and not for a word that people use."""
    return family_surplus(name) >= _BEARERS and frequencies("en").get(name, 0.0) < _USED


def _is_brand(name: str) -> bool:
    """Whether a listed name stands in texts for something else by far, such as "america"."""
    return name.isascii() and name_surplus(name) < _BRAND and frequencies("en").get(name, 0.0) >= _OFTEN


def _places() -> frozenset[str]:
    kinds = ("cities", "city_names", "towns", "municipalities")
    return frozenset(_phrases("address", kinds)) | read_phrases("large_places.txt")


def _countries() -> frozenset[str]:
    return frozenset(_phrases("address", ("countries",), only="en")) | read_phrases("countries.txt")


_COMMON_LOCALES = 3
"""A dictionary word that is a name in fewer locales than this is taken for the word."""
_BRAND = -1.0
_BEARERS = 2.0
_USED = 3.3
_OFTEN = 3.0


def _locales_of(kind: str, prefixes: tuple[str, ...]) -> Counter[str]:
    """Return the words of the names in the locale data and the number of locales that each is in."""
    counts: Counter[str] = Counter()
    for values in _provider_values(kind, prefixes):
        counts.update(_tokens(values))
    return counts


def _phrases(kind: str, prefixes: tuple[str, ...], *, only: str | None = None) -> set[str]:
    return {fold(value) for values in _provider_values(kind, prefixes, only=only) for value in values}


def _tokens(values: Iterable[str]) -> frozenset[str]:
    parts = (fold(token.strip(".,'’")) for value in values for token in value.replace("-", " ").split())
    return frozenset(part for part in parts if len(part) > 1 and part not in PARTICLES)


def _provider_values(kind: str, prefixes: tuple[str, ...], *, only: str | None = None) -> Iterator[set[str]]:
    """Yield, for each locale or only one, the texts in the lists whose names start so."""
    package = importlib.import_module(f"faker.providers.{kind}")
    for module in pkgutil.iter_modules(package.__path__):
        if only not in (None, module.name):
            continue
        provider = vars(importlib.import_module(f"faker.providers.{kind}.{module.name}").Provider)
        yield {
            text
            for name, value in provider.items()
            if name.startswith(prefixes) and isinstance(value, (tuple, list, dict, set, frozenset))
            for text in _strings(value)
        }


def _strings(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from (part for part in value if isinstance(part, str))
