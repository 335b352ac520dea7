"""Names in the lower case of hurried English prose, by the lists and by the words around them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.language import prose_lines
from deploysim.scrub.lexicon import Lexicon, fold
from deploysim.scrub.name_data import frequencies, is_often_name, name_surplus
from deploysim.scrub.name_lists import is_something_else
from deploysim.scrub.name_words import NEVER, is_acronym

_LOWER_WORD = re.compile(r"(?<![\w@./#$\\{(\[=<'’-])[a-zà-öø-ÿ]{3,}(?![\w@(=\[\]{}<>/\\]|[.\-]\w)")
_LOWER_PAIR = re.compile(r"(?<![\w@./-])([a-zà-öø-ÿ]{3,})[ \t]+([a-zà-öø-ÿ]{3,})(?![\w@])")
_NAME = r"(?P<v>[^\W\d_][a-zà-öø-ÿ]{2,})(?![\w@(=/]|['’](?!s\b))"

_RELATIVES = (
    r"wife|husband|boss|friend|bff|bestie|cousin|brother|sister|bro|sis|uncle|aunt|auntie|neighbou?r|son|daughter|gf|bf|girlfriend|"
    r"boyfriend|fianc[eé]e?|ex|mom|mum|dad|mother|father|roomm?ate|flatmate|coworker|co-worker|colleague|manager|teacher|tutor|"
    r"landlord|nephew|niece|grandma|grandpa|nanny|therapist|doctor|coach|buddy|mate|partner|client|student|kid"
)
_REACHED = (
    r"(?:tell|told|telling|ask|asked|asking|asks|texted|texting|emailed|emailing|messaged|messaging|dm|dmed|invited?|inviting|hired|"
    r"fired|dated|dating|married|divorced|thanked|phoned|(?:spoke|speak|speaking|spoken|talk|talks|talked|talking|chat|chatted|"
    r"chatting|hang out|hanging out|hung out|met up|meet up|meeting up|lunch|dinner) (?:to|with|w/?)|heard (?:back )?from|met|me and|"
    rf"my (?:\w+ )?(?:{_RELATIVES})|(?:poem|song|letter|card|gift|present|speech|toast|e-?mail|message|text|note|story|eulogy|bio)"
    r" (?:for|to|about))"
)
_TOLD = re.compile(rf"\b(?i:{_REACHED}) {_NAME}")
_GREETED = re.compile(rf"\b(?i:hey|hi|hello|hiya|yo|dear|hey,? (?:it'?s|this is)|hi,? (?:it'?s|this is)),? {_NAME}")
_SIGNED = re.compile(
    rf"\b(?i:thx|thanks|thanku|thank you|ty|cheers|regards|sincerely|love|xoxo|xx|best|greetings),? *\n? *{_NAME}\W*$",
    re.M,
)
_HERE = re.compile(rf"\b(?i:it'?s|this is) {_NAME} (?:from|here|again|calling|speaking|writing)\b")
_CLAUSE = r"(?:^|[\n.,;:!?(\"“-] ?|\b(?i:that|if|so|bc|because|cuz|cause|when|while|and|but|think|thinks|thought|guess|hope|like|what|why|how|did|does|whether|since|until|til|before|after|then|idk if|says|said|know|w/?|with) )"
_SPEAKS = (
    r"(?:says|said|texted|texts|emailed|messaged|told|tells|asked|replied|thinks|wants|wanted|keeps|kept|does ?n['’o]?t|did ?n['’o]?t|dont|"
    r"isn['’]?t|wasn['’]?t|won['’]?t|hasn['’]?t|wrote|promised|called me|already|and (?:i|me)\b|is my\b|is coming|was there|"
    r"will be\b|broke up|got mad|sent me|owes)"
)
_SPEAKING = re.compile(rf"{_CLAUSE}{_NAME} {_SPEAKS}", re.M)
_KIN = re.compile(
    rf"(?<![\w@./'’-])(?P<v>[a-zà-öø-ÿ]{{3,}}?)['’]?s (?:{_RELATIVES}|birthday|house|place|phone|number|address)\b"
)
_MORE_THAN_PLACE = 1.5
"""Above this surplus a name is borne by so many that the village called the same is not meant."""
_COMMON_STRANGER = 2.6
"""A word outside the dictionary that stands in text more often than this is slang or a brand before it is a name."""


def lower_names(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield single names in lower case: those of the lists that are no words, and words and strangers that the sentence treats
    as a person who is told, thanked or greeted, speaks, or has relatives.
    """
    matches = [*_known(text, lexicon), *_cued(text, lexicon)]
    if not matches:
        return
    lines = [(line.start, line.start + len(line.text)) for line in prose_lines(text)]
    for start, end in matches:
        at = bisect_right(lines, (start, len(text)))
        if at and end <= lines[at - 1][1]:
            yield Finding(start, end, "PERSON", 0.5)


def _known(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    known = {word for word in set(_LOWER_WORD.findall(text)) if _only_a_name(word, lexicon)}
    if known:
        yield from (match.span() for match in _LOWER_WORD.finditer(text) if match[0] in known)


def _cued(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    for pattern in (_TOLD, _GREETED, _SIGNED, _HERE):
        for match in pattern.finditer(text):
            if _borne(match["v"], lexicon) or _stranger(match["v"], lexicon):
                yield match.span("v")
    for match in _SPEAKING.finditer(text):
        if _borne(match["v"], lexicon) or (" says" in match[0] and _stranger(match["v"], lexicon)):
            yield match.span("v")
    for match in _KIN.finditer(text):
        if _borne(match["v"], lexicon):
            yield match.span("v")


def _borne(word: str, lexicon: Lexicon) -> bool:
    """Whether a word, be it an ordinary one, is what many people are called."""
    folded = fold(word)
    if is_acronym(word) or is_something_else(folded, lexicon):
        return False
    return folded in lexicon.given and (is_often_name(folded) or name_surplus(folded) >= _RARER)


_RARER = 0.0


def _stranger(word: str, lexicon: Lexicon) -> bool:
    """Whether a word is none of the words, places, brands and abbreviations that are written so."""
    folded = fold(word)
    if len(word) <= 3 or not lexicon.words or is_acronym(word) or is_something_else(folded, lexicon):
        return False
    return frequencies("en").get(folded, 0.0) < _COMMON_STRANGER and _is_no_word(word, lexicon)


def _only_a_name(word: str, lexicon: Lexicon) -> bool:
    """Whether a word is a name and nothing else, also with the "s" of a possessive whose apostrophe was left out."""
    if not lexicon.words or is_something_else(fold(word), lexicon) or not _is_no_word(word, lexicon):
        return False
    return any(_is_listed(form, lexicon) for form in (word, word.removesuffix("s")))


def _is_no_word(word: str, lexicon: Lexicon) -> bool:
    return not lexicon.is_word(word) and not (lexicon.is_place(word) and name_surplus(fold(word)) < _MORE_THAN_PLACE)


def _is_listed(word: str, lexicon: Lexicon) -> bool:
    return lexicon.is_given(word) or (len(word) > 4 and lexicon.is_family(word))


def lower_pairs(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield a lower-case given name followed by a lower-case family name, not both of them words."""
    position = 0
    while match := _LOWER_PAIR.search(text, position):
        first, second = match[1], match[2]
        words = fold(first) in lexicon.words and fold(second) in lexicon.words
        if fold(first) not in NEVER and lexicon.is_given(first) and lexicon.is_family(second) and not words:
            yield Finding(match.start(), match.end(), "PERSON", 0.5)
            position = match.end()
        else:
            position = match.start(2)
