"""Which places say something about a person and which are only what a sentence is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import Lexicon, fold, read_phrases
from deploysim.scrub.name_data import is_rare
from deploysim.scrub.name_words import NEVER, STOPS, is_acronym, is_code_like

_MOVES = (
    "live|lives|lived|living|reside|resides|residing|move|moves|moved|moving|born|grew up|raised|based|located|from|hometown|"
    "home town|stay|stays|stayed|staying|travel|travels|traveled|travelled|traveling|travelling|fly|flying|flew|trip|visit|visits|"
    "visited|visiting|arrive|arrived|arriving|come|comes|coming|am in|i'm in|are in|we're in|work in|works in|working in|worked in|"
    "office in|study in|studying in|studied in|settled|relocated|relocating|heading|drove|home in|home city|house in|apartment in|"
    "returned to|back to|went to|going to|been to|passport to|withdrawn from|spent \\w+ \\w+ (?:at|in)|year at|agency in|company in|office in|"
    "headquartered|founded in|studies in|school in|university in|job in|colleagues? in|family in|parents in|friends in|vacation in|holiday in"
)
_PERSONAL_BEFORE = re.compile(rf"\b(?:{_MOVES})\b[^.!?\n]{{0,25}}$", re.I)
_OWN_AFFAIRS = re.compile(
    r"\b(?:my|our|me|us|i|i'm|im|we)\b[^.!?\n]{0,60}\b(?:cards?|account|cash|withdraw|accepted|atm|bank|branch|orders?|delivery|package|passport|visa|flights?|"
    r"hotel|booking|appointment|job|house|apartment|flat|room|wife|husband|family|parents|mother|father|friends?|trip|vacation|holidays?|honeymoon|"
    r"conference|meeting|wedding|school|internship|see me|visit me|meet me|wallet|phone|bag|purse|luggage|car|bike|keys|laptop|lost|stolen|stuck|arrested|grandparents|children|kids|"
    r"office|work|business|gym|doctor|dentist|lawyer|landlord|apartment)\b[^.!?\n]{0,40}\b(?:in|to|from|at|near|around)\s(?:the )?$"
    r"|\b(?:my|our) (?!essay|interest|paper|research|project|question|story|novel|game|belief|book|presentation|thesis|article|report)"
    r"(?:[a-z]+ ){1,2}(?:in|to|from|at|near|around)\s(?:the )?$",
    re.I,
)
"""What a first person does somewhere, or owns there."""
_PERSONAL_AFTER = re.compile(
    r"\s+(?:was|is|has been)\s+(?:so |super |really |very )?(?:fun|great|lovely|amazing|wonderful|my home|where (?:i|we))\b"
    r"|\s+(?:with me|with us|for a (?:business trip|conference|wedding|holiday)|next (?:week|month)|last (?:week|month|year))\b"
    r"|,?\s+(?:at the conference|originally)\b",
    re.I,
)
_PERSON_NEAR = re.compile(
    r"\b(?:i|i'm|i've|im|i'll|we|we're|we've|my|our|me|us|he|she|his|her|him|they|their|who's|friend|mr|mrs|ms|dr|arrived)\b",
    re.I,
)
_LISTED_LINE = re.compile(
    r"^[ >?*|\t]*(?:where|city|town|country|state|location|place of birth|hometown|residence|nationality)\s*:", re.I
)


def telling(finding: Finding, text: str, lexicon: Lexicon, large: frozenset[str]) -> bool:
    """Whether a place tells where a person is or comes from.

    A country or a large city does so only beside words such as "I live in"; a small place identifies by itself.
    """
    value = fold(text[finding.start : finding.end])
    if value not in lexicon.countries and value not in large:
        return True
    line_start = text.rfind("\n", 0, finding.start) + 1
    if _LISTED_LINE.match(text, line_start):
        return True
    before = text[max(line_start, finding.start - 140) : finding.start]
    after = text[finding.end : finding.end + 40]
    if _PERSONAL_AFTER.match(after) and not before.strip():
        return True
    if _OWN_AFFAIRS.search(before):
        return True
    before = before[-90:]
    near = bool(_PERSON_NEAR.search(before + " | " + after))
    return near and bool(_PERSONAL_BEFORE.search(before) or _PERSONAL_AFTER.match(after))


_NAME = r"[^\W\d_][^\W\d_'’.\-]*(?:['’.\-][^\W\d_]+)*"
_CUE = re.compile(
    rf"\b(?:{_MOVES})\b(?: here| back| over| originally)?(?: (?:in|to|from|at|near|around|outside))?(?: the)? (?P<v>{_NAME}(?:[ \t]{_NAME}){{0,5}})",
    re.I,
)
_CAPITALISED = re.compile(
    r"(?<![\w@./\\-])[^\W\d_a-zß-öø-ÿ][^\W\d_]{3,}(?:[ \-](?:[^\W\d_a-zß-öø-ÿ][^\W\d_]+|de|la|le|do|da|am|an|der|sur|of|the|and|u|na|nad))*"
)


_SITUATED = re.compile(
    rf"\b(?:(?:based|located|headquartered|situated|born|grew up|raised|lives?|resid(?:es?|ing)|office|street|avenue|road) in"
    rf"|(?:[Aa]t|[Ff]or|[Ww]ith) (?:[^\W\d_a-zß-öø-ÿ][\w&.-]*[ \t]){{1,3}}in) (?P<v>{_NAME}(?:[ \t\-]{_NAME}){{0,3}})"
)
"""Where somebody or something has its place, whoever is spoken of."""
_IN = re.compile(rf"\b(?:in|from|near|at|to|around|outside) (?:the )?(?P<v>{_NAME}(?:[ \t\-]{_NAME}){{0,3}})")
_TO = re.compile(rf"\bfrom (?:{_NAME}[ \t]){{1,3}}to (?P<v>{_NAME}(?:[ \t]{_NAME}){{0,3}})", re.I)


def find_places(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield places that follow words such as "I live in", in any case, and the capitalised ones that the lists know."""
    for match in (*_CUE.finditer(text), *_TO.finditer(text)):
        if _PERSON_NEAR.search(text, max(0, match.start() - 40), match.start("v")):
            end = _named(text, match, lexicon)
            if end:
                yield Finding(match.start("v"), end, "LOCATION", 0.6)
    for match in _SITUATED.finditer(text):
        end = _named(text, match, lexicon)
        if end and not is_acronym(text[match.start("v") : end]):
            yield Finding(match.start("v"), end, "LOCATION", 0.5)
    for match in _CAPITALISED.finditer(text):
        end = _longest_known(text, match.start(), match.end(), lexicon)
        value = text[match.start() : end or match.start()]
        several = " " in value and not all(lexicon.is_word(word) or lexicon.is_name(word) for word in value.split())
        if end and (several or fold(value) in lexicon.countries):
            yield Finding(match.start(), end, "LOCATION", 0.5)
    for match in _IN.finditer(text):
        end = _longest_known(text, match.start("v"), match.end("v"), lexicon)
        value = text[match.start("v") : end or match.start("v")]
        if end and (value[0].isupper() or is_rare(value)) and not _is_named(value, lexicon):
            yield Finding(match.start("v"), end, "LOCATION", 0.5)


def _is_named(value: str, lexicon: Lexicon) -> bool:
    """Whether a place has the name of a person or a word, so that its list entry alone says little."""
    words = value.split()
    if fold(value) in STOPS or fold(value) in NEVER:
        return True
    return len(words) == 1 and (lexicon.is_word(value) or lexicon.is_given(value) or fold(value) in lexicon.topics)


def _named(text: str, match: re.Match[str], lexicon: Lexicon) -> int | None:
    """Return the end of the place that a cue names, known or strange."""
    known = _longest_known(text, match.start("v"), match.end("v"), lexicon)
    return known or _strange_run(match["v"], match.start("v"), lexicon)


_SURNAMED = re.compile(
    r"[ \-](?:del|de las?|de los|do|da|dos|an der|in der|ob der|sur|upon|nad|pod|sul)[ \-][^\W\d_a-zß-öø-ÿ][^\W\d_]{2,}"
)
"""How the second part of a town's name goes on: Chiclana de la Frontera."""


def _longest_known(text: str, start: int, end: int, lexicon: Lexicon) -> int | None:
    """Return the end of the longest known place at the start of a stretch; a lower-case one must be no ordinary word."""
    words = [start + match.end() for match in re.finditer(_NAME, text[start:end])]
    for stop in reversed(words):
        phrase = text[start:stop]
        capital = phrase[0].isupper()
        if (
            len(phrase) > 3
            and lexicon.is_place(phrase)
            and (capital or fold(phrase) in lexicon.countries or not lexicon.is_word(phrase))
        ):
            more = _SURNAMED.match(text, stop)
            return more.end() if more else stop
    return None


def _strange_run(value: str, start: int, lexicon: Lexicon) -> int | None:
    """Return the end of the capitalised words at the start of a value, unless ordinary words or a person's name."""
    end = 0
    for match in re.finditer(_NAME, value):
        if not match[0][0].isupper() and not (end and match[0] in {"de", "la", "le", "am", "upon", "sur", "do", "del"}):
            break
        end = match.end()
    words = value[:end].split()
    if not words or len(words) > 4 or (all(lexicon.is_word(word) for word in words) and not value[:end].isupper()):
        return None
    return (
        None
        if any(lexicon.is_given(word) or fold(word) in lexicon.topics or is_code_like(word) for word in words)
        else start + end
    )


@cache
def large_places() -> frozenset[str]:
    """Return cities, states and regions so large that they identify nobody."""
    return read_phrases("large_places.txt")
