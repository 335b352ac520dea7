"""Names that the layout of a text gives away: speakers of a dialogue, authors of citations, letterheads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.name_data import is_often_name, is_rare
from deploysim.scrub.name_words import NAME, NEVER, STOPS, UPPER, is_acronym, is_code_like

_NAME_LINE = re.compile(rf"^[ >?*|\t]*(?P<v>{NAME}(?:[ \t]+{NAME}\.?){{1,3}})[ \t]*$", re.M)
_SPEAKER = re.compile(
    rf"^[ >*\t]*(?P<v>{UPPER}[^\W\d_'’\-]+(?:[ -]{UPPER}[^\W\d_'’\-]+)?)[*]*[ \t]*"
    r"(?:\([^)\n]{1,60}\)|, [^:\n.]{1,60})?:[*]*(?=[ \t]+\S)",
    re.M,
)
_CUE_LINE = re.compile(
    rf"^[ \t]*(?P<v>{UPPER}{{3,}}(?:[ -]{UPPER}{{2,}})?)(?: \([^)\n]{{1,30}}\))?[ \t]*\n(?=[ \t]*[^\s\d#=*|-])", re.M
)
"""How screenplays name who speaks: alone on a line, in capitals, above what is said."""
_MAILED = re.compile(
    rf"(?P<v>{UPPER}{NAME}(?:[ \t]+(?:{UPPER}\.|{UPPER}{NAME})){{1,3}})[\"']?[ \t]*(?:<|\(|\[mailto:|[-–:][ \t])[^<>@\s]{{1,64}}@"
)
_CITED = re.compile(
    rf"(?<![\w.])(?P<v>{UPPER}[^\W\d_]{{2,}}(?:[-’']{UPPER}[^\W\d_]+)?)(?= et al\b|,? \(?(?:19|20)\d\d[a-z]?[);,:]| & {UPPER}\w+,? \(?(?:19|20)\d\d)"
)


def laid_out(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield names that stand alone on a line, speak in a dialogue or are cited with a year."""
    if "\n" in text:
        for match in _NAME_LINE.finditer(text):
            if _is_letterhead(match["v"].split(), lexicon):
                yield Finding(*match.span("v"), "PERSON", 0.5)
        yield from _speakers(text, lexicon)
    if "@" in text:
        for match in _MAILED.finditer(text):
            if any(not lexicon.is_word(word) or fold(word) in lexicon.given for word in match["v"].split()):
                yield Finding(*match.span("v"), "PERSON", 0.6)
    for match in _CITED.finditer(text):
        if _could_be_person(match["v"], lexicon) and not lexicon.is_word(match["v"]):
            yield Finding(*match.span("v"), "PERSON", 0.5)


def _speakers(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield the names before colons: known ones, and strangers where one who speaks twice or two known ones make it a
    dialogue."""
    matches = [match for match in _SPEAKER.finditer(text) if _could_speak(match["v"], lexicon)]
    cues = [match for match in _CUE_LINE.finditer(text) if _could_speak(match["v"].title(), lexicon)]
    turns = Counter(match["v"] for match in matches)
    strangers = {words for words in turns if not any(map(lexicon.is_word, words.split()))}
    known = {word for word in turns if _is_known(word, lexicon)}
    dialogue = len(known) > 1 or any(turns[word] > 1 for word in strangers | known)
    for match in matches:
        if match["v"] in known or (dialogue and match["v"] in strangers):
            yield Finding(*match.span("v"), "PERSON", 0.5)
    called = Counter(match["v"] for match in cues)
    for match in cues:
        stranger = called[match["v"]] > 1 and not any(map(lexicon.is_word, re.split("[ -]", match["v"])))
        if stranger or _is_known(match["v"], lexicon):
            yield Finding(*match.span("v"), "PERSON", 0.5)


def _could_speak(value: str, lexicon: Lexicon) -> bool:
    return all(_could_be_person(word, lexicon) for word in re.split("[ -]", value))


def _is_known(value: str, lexicon: Lexicon) -> bool:
    """Whether who speaks is somebody: a given name with no ordinary word behind it."""
    word, *more = re.split("[ -]", value)
    if any(lexicon.is_word(other) and fold(other) not in lexicon.family for other in more):
        return False
    return fold(word) in lexicon.given and (lexicon.is_given(word) or is_often_name(fold(word)))


def _could_be_person(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    # Small places are no reason: many a town has the name of a family.
    other = folded in NEVER or folded in STOPS or folded in lexicon.topics or folded in lexicon.countries
    return not (other or is_acronym(word) or is_code_like(word))


def _is_letterhead(words: list[str], lexicon: Lexicon) -> bool:
    """Whether a line is a name alone, as in a letterhead: a given name and words that are no ordinary ones."""
    bare = [word.rstrip(".") for word in words]
    if bare[0].islower() and bare[-1].isupper():  # a column and its type
        return False
    if lexicon.is_place(" ".join(bare)) or any(fold(word) in lexicon.topics or is_code_like(word) for word in bare):
        return False
    telling = [word for word in bare if len(word) > 1 and fold(word) not in PARTICLES]
    strangers = all(fold(w) in lexicon.family or not lexicon.is_word(w) or is_rare(w) for w in telling[1:])
    return len(telling) > 1 and strangers and fold(telling[0]) in lexicon.given
