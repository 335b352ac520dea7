"""Names known from one place found again in others: along an enumeration, and through a conversation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.name_characters import characters
from deploysim.scrub.name_data import family_surplus, frequencies, is_often_name
from deploysim.scrub.name_words import NEVER, STOPS, UPPER, is_acronym, is_code_like, tokens_of
from deploysim.scrub.places import large_places
from deploysim.scrub.word_lists import word_set

_AGAINST = r"(?: \([^()\n]{1,20}\))? (?:vs?\.?|versus) "
_NEXT = re.compile(
    rf"(?:,? (?:and|or|&) |, |{_AGAINST})({UPPER}[^\W\d_]+(?:[ \t]{UPPER}\.?)?(?:[ \t]{UPPER}[^\W\d_]+)?)(?=[,.;:!?)\n ]|$|['’]s)"
)
_PREVIOUS = re.compile(rf"(?<!\w)({UPPER}[^\W\d_]+(?:[ \t]{UPPER}[^\W\d_]+)?)(?:,? (?:and|or|&) |, |{_AGAINST})$")
_NEXT_LOWER = re.compile(r"(?:,? (?:and|or|n|&) |, )([a-zà-öø-ÿ]{3,})(?=[,.;:!?)\n ]|$|['’]s)")
_PREVIOUS_LOWER = re.compile(r"(?<!\w)([a-zà-öø-ÿ]{3,})(?:,? (?:and|or|n|&) |, )$")
_LONGEST_LIST = 12


def enumerated(findings: Iterable[Finding], text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield the words that stand in one enumeration with a person's name, in the same case, and are no ordinary words or places."""
    for person in findings:
        if person.entity == "PERSON":
            following, before = (_NEXT, _PREVIOUS) if text[person.start].isupper() else (_NEXT_LOWER, _PREVIOUS_LOWER)
            yield from _listed_after(text, person.end, following, lexicon)
            yield from _listed_before(text, person.start, before, lexicon)


def _listed_after(text: str, end: int, pattern: re.Pattern[str], lexicon: Lexicon) -> Iterator[Finding]:
    for _ in range(_LONGEST_LIST):
        match = pattern.match(text, end)
        if not match or not _could_be(match[1], lexicon):
            return
        yield Finding(match.start(1), match.end(1), "PERSON", 0.5)
        end = match.end(1)


def _listed_before(text: str, start: int, pattern: re.Pattern[str], lexicon: Lexicon) -> Iterator[Finding]:
    for _ in range(_LONGEST_LIST):
        match = pattern.search(text, max(0, start - 60), start)
        if not match or not _could_be(match[1], lexicon):
            return
        yield Finding(match.start(1), match.end(1), "PERSON", 0.5)
        start = match.start(1)


_INITIAL = r"[^\W\d_a-zß-öø-ÿа-яё]"
_AFTER = re.compile(rf"[ \t](?:{_INITIAL}\.?[ \t])?([^\W\d_]{{3,}})(?![\w@]|['’](?!s\b))")
_BEFORE = re.compile(rf"(?<![\w@.])([^\W\d_]{{3,}})[ \t](?:{_INITIAL}\.?[ \t])?$")
_NOT_A_SURNAME = word_set(
    """said says told asked went likes wants gets made came took knows thinks is was has had
    long day may will can see say so go come look love want like need mean way much back good well just even ever also wait hope try
    call write read ask tell help name case part part time home work world man people close open start end point place great true"""
)


def completed(findings: Iterable[Finding], text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield names with the given name before them or the family name behind them that was taken for a word.

    "zoe young" and "April Martin": beside a sure name, and written in the same case, the other word is a name as well.
    """
    for person in findings:
        if person.entity != "PERSON":
            continue
        start, end = person.start, person.end
        after = _AFTER.match(text, end)
        if after and _same_case(after[1], text[start]) and _surname(after[1], lexicon):
            end = after.end(1)
        before = _BEFORE.search(text, max(0, start - 30), start)
        if before and _same_case(before[1], text[start]) and _forename(before[1], lexicon):
            start = before.start(1)
        if (start, end) != (person.start, person.end):
            yield Finding(start, end, "PERSON", person.score)


def _same_case(word: str, like: str) -> bool:
    return word[0].isupper() == like.isupper()


def _surname(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    if folded in NEVER or folded in STOPS or folded in _NOT_A_SURNAME or folded in lexicon.topics or is_code_like(word):
        return False
    if word[0].isupper():
        return folded in lexicon.family or not lexicon.is_word(word) or _is_borne_by_few(folded)
    return folded in lexicon.family or (bool(lexicon.words) and not lexicon.is_word(word) and len(word) > 4)


def _forename(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    return folded in lexicon.given and folded not in NEVER and folded not in STOPS and folded not in _NOT_A_SURNAME


def _could_be(value: str, lexicon: Lexicon) -> bool:
    words = tokens_of(value)
    if _is_only_place(value, lexicon) or any(_is_other(word, lexicon) for word in words):
        return False
    if value.islower():
        folded = fold(value)
        return folded in lexicon.family or is_often_name(folded) or (not lexicon.is_word(value) and _is_rare(folded))
    return any(
        fold(word) in lexicon.given or fold(word) in lexicon.family or not lexicon.is_word(word) for word in words
    )


def _is_only_place(value: str, lexicon: Lexicon) -> bool:
    """Whether a place is not also what many people are called: many a village has the name of a person, as "Rose" has."""
    folded = fold(value)
    borne = value[0].isupper() and folded in lexicon.given and is_often_name(folded)
    return lexicon.is_place(value) and not (borne and folded not in lexicon.countries and folded not in large_places())


def _is_borne_by_few(folded: str) -> bool:
    """Whether a dictionary word behind a given name is its family name: a rare word, or one that some families are called."""
    return frequencies("en").get(folded, 0.0) < _SELDOM or family_surplus(folded) >= 0


def _is_rare(folded: str) -> bool:
    return frequencies("en").get(folded, 0.0) < _RARE


_RARE = 3.0
_SELDOM = 3.6


def _is_other(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    return folded in NEVER or folded in STOPS or folded in lexicon.topics or is_acronym(word) or is_code_like(word)


def carried(found: list[tuple[str, list[Finding]]], lexicon: Lexicon) -> list[list[Finding]]:
    """Find names that one message of a conversation gave away in all of them.

    A word of a name that is no ordinary word is found again in any case, an ordinary one with its capital: inside a sentence, and
    anywhere when it was part of a name more than once.

    Args:
        found: Text and findings of each message.
        lexicon: The lists.

    Returns:
        The further findings of each message.
    """
    counts = Counter(word for text, findings in found for word in _name_words(text, findings))
    words = set(counts)
    acting = characters([text for text, _ in found], lexicon) - words
    patterns = [
        re.compile(before + _any_of(forms) + r"(?!\w)")
        for before, forms in (
            (_ANYWHERE, {form for word in words for form in _forms(word, lexicon)} | acting),
            (_ANYWHERE, {word for word in words if counts[word] > 1 and _is_borne_word(word, lexicon)}),
            (_INSIDE, {word for word in words if _is_borne_word(word, lexicon)}),
        )
        if forms
    ]
    inflected = _inflected(words, lexicon)
    return [
        [
            *(Finding(m.start(), m.end(), "PERSON", 0.5) for pattern in patterns for m in pattern.finditer(text)),
            *(Finding(m.start(), m.end(), "PERSON", 0.5) for m in _declined(text, inflected, lexicon)),
        ]
        for text, _ in found
    ]


_CASES = "(?:ovi|owi|em|iem|om|a|u|y|e|ę|ą|s)"


def _inflected(words: set[str], lexicon: Lexicon) -> re.Pattern[str] | None:
    """Return a pattern of names with the endings that Slavic languages, German and hurried English put to them."""
    stems = {word for word in words if len(word) > 3 and word[0].isupper() and any(_forms(word, lexicon))}
    return re.compile(rf"(?<!\w){_any_of(stems)}{_CASES}(?!\w)") if stems else None


def _declined(text: str, pattern: re.Pattern[str] | None, lexicon: Lexicon) -> Iterator[re.Match[str]]:
    for match in pattern.finditer(text) if pattern else ():
        if not (lexicon.is_word(match[0]) or lexicon.is_place(match[0]) or _is_other(match[0], lexicon)):
            yield match


_ANYWHERE = r"(?<!\w)"
_INSIDE = r"(?<=[^\W\d_A-ZÀ-Þ] )"
"""Behind a word in small letters, where a capital is not the sentence's."""


def _any_of(words: set[str]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word) for word in longest_first) + ")"


def _is_borne_word(word: str, lexicon: Lexicon) -> bool:
    """Whether an ordinary word that was part of a name is one again where it has a capital inside a sentence."""
    folded = fold(word)
    listed = is_often_name(folded) or folded in lexicon.family
    return (
        len(word) > 2 and word[0].isupper() and folded in lexicon.everyday and listed and not _is_other(word, lexicon)
    )


def _name_words(text: str, findings: list[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.entity == "PERSON":
            yield from tokens_of(text[finding.start : finding.end])


def _forms(word: str, lexicon: Lexicon) -> Iterator[str]:
    folded = fold(word)
    if len(word) < 3 or (is_acronym(word) and folded not in lexicon.given):
        return
    if folded in NEVER or folded in STOPS or folded in lexicon.everyday or folded in PARTICLES:
        return
    yield word
    if not lexicon.is_word(word):
        yield from (word.lower(), word.title(), word.upper())
