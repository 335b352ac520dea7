"""What the language pipeline says of a sentence, checked against the word lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import Lexicon, fold
from deploysim.scrub.name_data import is_often_name
from deploysim.scrub.name_words import NEVER, STOPS, TOKEN, is_acronym, is_code_like, tokens_of

_CAPITAL_ANYWAY = NEVER | {"i", "i'm", "i'll", "i've", "i'd"}
_BAD_CHARS = re.compile(r"[_=(){}\[\]<>/\\|#@$%^*+~`:;\d]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
"""What the English pipeline says of other letters means nothing."""
_CASELESS_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch that the language pipeline labelled."""

    start: int
    end: int
    label: str


class Reading(IntEnum):
    """How closely a sentence has to be read for names."""

    NOT = 0
    LISTS = 1
    """Its capitals are explained, some of them by the lists of names."""
    PIPELINE = 2
    """It has a capital that neither its place nor a list explains."""


def reading(sentence: str, lexicon: Lexicon) -> Reading:
    """Return how closely to read a sentence.

    Reading only some with the pipeline saves three quarters of its work on real prose and loses next to nothing.
    """
    tokens = [match[0].rstrip(".") for match in TOKEN.finditer(sentence)]
    capitals = [at for at, token in enumerate(tokens) if token[0].isupper()]
    heading = len(tokens) > 2 and len(capitals) > 0.6 * len(tokens)
    return max((_needed(tokens, at, heading, lexicon) for at in capitals), default=Reading.NOT)


def _needed(tokens: list[str], at: int, heading: bool, lexicon: Lexicon) -> Reading:
    token = tokens[at]
    folded = fold(token)
    if folded in _CAPITAL_ANYWAY or folded in lexicon.topics or is_acronym(token) or is_code_like(token):
        return Reading.NOT
    if lexicon.is_given(token):
        return Reading.LISTS
    if not lexicon.is_word(token):
        return Reading.PIPELINE
    inside = at > 0 and not heading and tokens[at - 1][0].islower()
    named = folded in lexicon.given or folded in lexicon.family or lexicon.is_place(token)
    return Reading.PIPELINE if inside and named else Reading.LISTS if named else Reading.NOT


def recased(sentence: str, lexicon: Lexicon) -> str:
    """Return a sentence written all in one case with names and unknown words capitalised and the rest in lower case.

    The pipeline knows names by their capitals, which hurried people leave out. The length stays the same.
    """
    lower, upper = sentence.lower(), sentence.upper()
    if len(lower) != len(sentence) or sentence not in (lower, upper):
        return sentence

    def cased(match: re.Match[str]) -> str:
        word = match[0]
        folded = fold(word)
        plain = folded in STOPS or folded in NEVER or (lexicon.is_word(word) and not lexicon.is_given(word))
        titled = word.title()
        return word if plain or len(titled) != len(word) else titled

    return _CASELESS_WORD.sub(cased, lower)


def from_pipeline(entities: tuple[Entity, ...], text: str, lexicon: Lexicon, *, recased: bool) -> Iterator[Finding]:
    """Yield people, places and organisations among the pipeline's entities, with its commonest mistakes put right.

    Args:
        entities: What the pipeline says of the sentence.
        text: The sentence as the pipeline read it.
        lexicon: The word lists.
        recased: Whether its capitals are ours; then the lists have to know a name or place.
    """
    for entity in entities:
        for start, end in _parts(text, entity.start, entity.end):
            value = text[start:end]
            kind = None if _BAD_CHARS.search(value) or not _LATIN.search(value) else _kind(value, entity.label, lexicon)
            if kind and (not recased or lexicon.is_place(value) or any(map(lexicon.is_name, tokens_of(value)))):
                yield Finding(start, end, kind, 0.6)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield an entity's stretch cut at gaps and tidied at its ends."""
    for match in re.finditer(r"\S+(?:[ \t]\S+)*", text[start:end]):
        left, right = _tidy(text, start + match.start(), start + match.end())
        if left < right:
            yield left, right


def _tidy(text: str, start: int, end: int) -> tuple[int, int]:
    value = text[start:end]
    tail = re.search(r"(?: et al\.?|['’]s|['’]|[\s,.;:!?\"”)\-–—])+$", value)
    if tail and not re.search(r"\b[A-Z]\.$|\b(?:Jr|Sr)\.$", value):
        end -= len(tail[0])
    head = re.match(r"(?:the |[\s\"“'’(\-–—>*•.])+", text[start:end], re.I)
    return (start + head.end() if head else start), end


def _kind(value: str, label: str, lexicon: Lexicon) -> str | None:
    tokens = tokens_of(value)
    if not tokens or all(fold(token) in NEVER or fold(token) in STOPS or len(token) == 1 for token in tokens):
        return None
    if fold(value) in lexicon.topics:
        return "LOCATION" if lexicon.is_place(value) else None
    if any(is_code_like(token) for token in tokens):
        return None
    if label == "PERSON":
        return _person_kind(value, tokens, lexicon)
    if label in {"GPE", "LOC", "FAC"}:
        return _place_kind(value, tokens, label, lexicon)
    named = _two_names(tokens, lexicon)
    if label == "ORG":
        return "PERSON" if named else "ORGANIZATION"
    return "PERSON" if named and len(tokens) <= 3 else None


def _person_kind(value: str, tokens: list[str], lexicon: Lexicon) -> str | None:
    named = any(lexicon.is_name(token) for token in tokens)
    if not named and lexicon.is_place(value):
        return "LOCATION"
    if not named and all(lexicon.is_word(token) for token in tokens):
        borne = len(tokens) <= 2 and tokens[0][0].isupper() and is_often_name(fold(tokens[0]))
        return "PERSON" if borne and fold(tokens[0]) not in lexicon.topics else None
    if len(tokens) == 1 and not named and (not tokens[0][0].isupper() or is_acronym(tokens[0])):
        return None
    return "PERSON" if len(tokens) <= _MOST_WORDS else None


def _place_kind(value: str, tokens: list[str], label: str, lexicon: Lexicon) -> str | None:
    if lexicon.is_place(value):
        return "LOCATION"
    if _two_names(tokens, lexicon) or (len(tokens) == 1 and lexicon.is_given(value)):
        return "PERSON"
    strange = [token for token in tokens if token[0].isupper() and not lexicon.is_word(token)]
    return "LOCATION" if label == "GPE" and strange and not is_acronym(value.replace("-", "")[:5]) else None


def _two_names(tokens: list[str], lexicon: Lexicon) -> bool:
    if not 2 <= len(tokens) <= 4 or not tokens[0][0].isupper():
        return False
    return lexicon.is_given(tokens[0]) and fold(tokens[-1]) in lexicon.family
