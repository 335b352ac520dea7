"""Names found by the lists alone, where capitals or neighbours say that they are names."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.language import prose_lines
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.name_words import (
    NEVER,
    NOT_AFTER,
    NOT_BEFORE,
    POSSESSIVE,
    STOPS,
    TOKEN,
    UPPER,
    is_acronym,
    is_code_like,
)

_CAPITAL = rf"{UPPER}[^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*\.?"
_LINK = r"(?:van|von|de|der|den|da|dos|del|di|al|bin|ibn|el|la|le|du)"
_CAPITAL_RUN = re.compile(rf"(?<![\w@./\\-]){_CAPITAL}(?:[ \t]+(?:{_LINK}[ \t]+){{0,2}}{_CAPITAL}){{0,4}}")
_LOWER_WORD = re.compile(r"(?<![\w@./#$\\{(\[=<'’-])[a-zà-öø-ÿ]{3,}(?![\w@(=\[\]{}<>/\\]|[.\-]\w)")
_CUE = (
    r"tell|told|ask|asked|asking|spoke to|spoke with|talked to|talking to|talking with|met|thx,?|hey,? it'?s|hi,? it'?s|me and"
    r"|my (?:\w+ )?(?:wife|husband|boss|friend|cousin|brother|sister|uncle|aunt|neighbou?r|son|daughter|gf|bf|roommate|coworker)"
)
_CUED = re.compile(rf"\b(?i:{_CUE}) (?P<v>[^\W\d_][a-zà-öø-ÿ]{{2,}})(?![\w@(=/]|['’](?!s\b))")
_DOES = r"(?:says|said|texted|emailed|messaged|called me|told me|asked me|and i|is my)"
_DOING = re.compile(rf"(?<![\w@./'’-])(?P<v>[a-zà-öø-ÿ]{{3,}}) {_DOES}\b")
_LOWER_PAIR = re.compile(r"(?<![\w@./-])([a-zà-öø-ÿ]{3,})[ \t]+([a-zà-öø-ÿ]{3,})(?![\w@])")


def listed(text: str, lexicon: Lexicon, *, alone: bool) -> Iterator[Finding]:
    """Yield capitalised runs that hold a name from the lists.

    Args:
        text: One sentence.
        lexicon: The lists.
        alone: Whether a name counts without another beside it; in languages whose capitals and words the lists do not
            know, it does not.
    """
    for match in _CAPITAL_RUN.finditer(text):
        for finding in _named_parts(match, lexicon):
            if alone or " " in text[finding.start : finding.end]:
                yield finding


def _named_parts(match: re.Match[str], lexicon: Lexicon) -> Iterator[Finding]:
    places = [token.start() for token in TOKEN.finditer(match[0])]
    words = [POSSESSIVE.sub("", token[0].rstrip(".")) for token in TOKEN.finditer(match[0])]
    at = 0
    while at < len(words):
        if not _opens(words, at, lexicon):
            at += 1
            continue
        last = at
        while last + 1 < len(words) and _extends(words[last + 1], lexicon):
            last += 1
        while fold(words[last]) in PARTICLES:
            last -= 1
        start = match.start() + places[at]
        yield Finding(start, match.start() + places[last] + len(words[last]), "PERSON", 0.55)
        at = last + 1


def _opens(words: list[str], at: int, lexicon: Lexicon) -> bool:
    """Whether a person's name starts at a word of a capitalised run."""
    word = words[at]
    folded = fold(word)
    if not word[0].isupper() or is_code_like(word) or _is_something_else(folded, lexicon):
        return False
    if at and fold(words[at - 1]) in NOT_BEFORE:
        return False
    following = words[at + 1] if at + 1 < len(words) else ""
    if following and lexicon.is_place(f"{word} {following}"):
        return False
    paired = bool(following) and (fold(following) in lexicon.family) and folded in lexicon.given
    if paired and (lexicon.is_given(word) or lexicon.is_family(following)):
        return True
    if folded in lexicon.given and following[:1].isupper() and not lexicon.is_word(following) and len(following) > 3:
        return not is_code_like(following) and not is_acronym(following)
    if fold(following) in NOT_AFTER or (is_acronym(word) and len(word) <= 3):
        return False
    if lexicon.is_given(word):
        sure = folded in lexicon.female or folded in lexicon.male
        return sure or bool(following) or not (lexicon.is_place(word) or word.isupper())
    return lexicon.is_family(word) and not lexicon.is_word(word) and not lexicon.is_place(word) and not word.isupper()


def _is_something_else(folded: str, lexicon: Lexicon) -> bool:
    common = folded in NEVER or folded in STOPS or folded in PARTICLES
    return common or folded in lexicon.topics or folded in lexicon.countries


def _extends(word: str, lexicon: Lexicon) -> bool:
    """Whether a word goes on with the name before it."""
    folded = fold(word)
    if folded in PARTICLES or (len(word) == 1 and word.isupper()):
        return True
    if not word[0].isupper() or folded in NEVER or folded in STOPS or is_code_like(word):
        return False
    return folded in lexicon.family or lexicon.is_name(word) or not lexicon.is_word(word)


def lower_names(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield single names in the lower case of hurried English prose: those of the lists that are no words, and strangers whom
    somebody is told to speak to or who are introduced as a relative.
    """
    known = {word for word in set(_LOWER_WORD.findall(text)) if _only_a_name(word, lexicon)}
    matches = [match.span() for match in _LOWER_WORD.finditer(text) if match[0] in known] if known else []
    cued = [*_CUED.finditer(text), *_DOING.finditer(text)]
    matches += [match.span("v") for match in cued if _could_be_told(match["v"], match.re is _CUED, lexicon)]
    if not matches:
        return
    lines = [(line.start, line.start + len(line.text)) for line in prose_lines(text)]
    for start, end in matches:
        at = bisect_right(lines, (start, len(text)))
        if at and end <= lines[at - 1][1]:
            yield Finding(start, end, "PERSON", 0.5)


def _only_a_name(word: str, lexicon: Lexicon) -> bool:
    """Whether a word is a name and nothing else, also with the "s" of a possessive whose apostrophe was left out."""
    return any(_is_listed(form, lexicon) for form in (word, word.removesuffix("s"))) and _lower_stranger(word, lexicon)


def _is_listed(word: str, lexicon: Lexicon) -> bool:
    return lexicon.is_given(word) or (len(word) > 4 and lexicon.is_family(word))


def _could_be_told(word: str, strangers: bool, lexicon: Lexicon) -> bool:
    folded = fold(word)
    if is_acronym(word) or _is_something_else(folded, lexicon):
        return False
    named = folded in lexicon.female or folded in lexicon.male
    return named or (strangers and len(word) > 3 and _lower_stranger(word, lexicon))


def _lower_stranger(word: str, lexicon: Lexicon) -> bool:
    """Whether a word in lower case is none of the words, places and brands that are written so."""
    if not lexicon.words or _is_something_else(fold(word), lexicon):
        return False
    return not lexicon.is_word(word) and not lexicon.is_place(word)


def lower_pairs(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield a lower-case given name followed by a lower-case family name, not both of them words."""
    position = 0
    while match := _LOWER_PAIR.search(text, position):
        first, second = match[1], match[2]
        words = fold(first) in lexicon.words and fold(second) in lexicon.words
        if lexicon.is_given(first) and lexicon.is_family(second) and not words:
            yield Finding(match.start(), match.end(), "PERSON", 0.5)
            position = match.end()
        else:
            position = match.start(2)
