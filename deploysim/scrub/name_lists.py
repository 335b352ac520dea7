"""Names found by the lists alone, where capitals say that they are names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.name_data import is_often_name
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
from deploysim.scrub.word_lists import word_set

_CAPITAL = rf"{UPPER}[^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*\.?"
_LINK = rf"(?:{'|'.join(sorted(PARTICLES - {'e', 'y', 'av', 'af'}))})"
_CAPITAL_RUN = re.compile(rf"(?<![\w@./\\-]){_CAPITAL}(?:[ \t]+(?:{_LINK}[ \t]+){{0,2}}{_CAPITAL}){{0,4}}")
_MIDDLE = re.compile(r"(?<![^\W_])([^\W\d_A-ZÀ-Þ][^\W\d_]*),?[ \t]$")
_DETERMINERS = word_set(
    """the a an this that these those my our your his her its their each every any some no both all of le la les un une el los las il
    lo i gli o os as um uma de het een den det en et der die das san"""
)


def listed(text: str, lexicon: Lexicon, *, alone: bool) -> Iterator[Finding]:
    """Yield capitalised runs that hold a name from the lists.

    Args:
        text: One sentence.
        lexicon: The lists.
        alone: Whether a name counts without another beside it; in languages whose capitals and words the lists do not
            know, it does not.
    """
    telling = alone and _capitals_tell(text, lexicon)
    for match in _CAPITAL_RUN.finditer(text):
        inside = telling and _MIDDLE.search(text, max(0, match.start() - 30), match.start())
        for finding in _named_parts(match, lexicon, inside=bool(inside and fold(inside[1]) not in _DETERMINERS)):
            if alone or " " in text[finding.start : finding.end]:
                yield finding


def _capitals_tell(sentence: str, lexicon: Lexicon) -> bool:
    """Whether a capital inside a sentence marks a name: not in headings, nor in German, where all nouns have one."""
    words = [match[0] for match in TOKEN.finditer(sentence)]
    capitals = sum(word[0].isupper() for word in words)
    return lexicon.language != "de" and (capitals <= 0.5 * len(words) or len(words) < 3)


def _named_parts(match: re.Match[str], lexicon: Lexicon, *, inside: bool) -> Iterator[Finding]:
    places = [token.start() for token in TOKEN.finditer(match[0])]
    words = [POSSESSIVE.sub("", token[0].rstrip(".")) for token in TOKEN.finditer(match[0])]
    at = 0
    while at < len(words):
        if not (_opens(words, at, lexicon) or (inside and at == 0 and _borne(words, lexicon))):
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
    if not word[0].isupper() or is_code_like(word) or is_something_else(folded, lexicon):
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


def _borne(words: list[str], lexicon: Lexicon) -> bool:
    """Whether a run that stands inside a sentence opens with a word that many people are called by, be it a word or not."""
    folded = fold(words[0])
    if not words[0][0].isupper() or words[0].isupper() or is_code_like(words[0]) or is_something_else(folded, lexicon):
        return False
    if lexicon.is_place(words[0]) or (len(words) > 1 and fold(words[1]) in NOT_AFTER):
        return False
    return folded in lexicon.given and is_often_name(folded)


def is_something_else(folded: str, lexicon: Lexicon) -> bool:
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
