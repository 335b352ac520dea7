"""Where an address certainly is: a house number beside a street, a unit, a box, a postcode."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.lexicon import Lexicon
from deploysim.scrub.rules import Window
from deploysim.scrub.word_lists import word_set

_WORD = r"[^\W\d_](?:[^\W_]|['’.\-](?=[^\W_]))*"
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ\u3000-\uffff](?:[^\W_]|['’.\-](?=[^\W_]))*"
_HOUSE = r"\d{1,5}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?"
_BEFORE = r"(?<![\w.$€£:/%-])"

_KIND = (
    r"(?:street|avenue|road|lane|drive|boulevard|court|terrace|crescent|parkway|highway|plaza|square|close|grove|gardens|mews|"
    r"circle|trail|alley|way|place|hill|row|loop|pike|heights|cove|ridge|run|bend|crossing|landing|station|str|"
    r"cres|blvd|ave|hwy|pkwy|st|rd|ln|dr|ct|pl|sq|av|cir|ter)"
)
_ENDINGS = (
    r"(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ufer|damm|gata|gatan|gate|v[äe]gen|vagen|veien|vegen|veg|vej|gade|stræde|"
    r"straat|laan|plein|gracht|kade|dreef|steeg|katu|kuja|polku|tie|gatu|götu|braut|stígur|stræti|utca|útja|bakken|bakke|lia|"
    r"tanum|rinne|parken|plaats|ová|ská|ského|ova)"
)
_STARTS = (
    r"(?:rue|avenue|boulevard|chemin|impasse|allée|place|quai|route|cours|via|viale|piazza|piazzale|corso|vicolo|largo|strada|calle|"
    r"avenida|avda\.?|av\.|paseo|plaza|camino|carrera|ronda|travessa|rua|praça|estrada|alameda|ul\.|ulica|aleja|al\.|plac|os\.|nám\.|"
    r"náměstí|jalan|jl\.|улица|ул\.|проспект|odos|leoforos|an der|auf der|am|im|grote|c/)"
)
UNIT = r"(?:apt|apartment|suite|ste|unit|flat|room|rm|floor|building|bldg|box|p\.?\s?o\.?\s?box|psc|cmr|lot)"

_CERTAIN = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_BEFORE}{_HOUSE},?[ \t]+(?:[NSEW]\.?[ \t]+)?(?:{_WORD}[ \t]+){{1,4}}?{_KIND}\b\.?(?:[ \t]+[NSEW]{{1,2}}\b)?",
        rf"{_BEFORE}{_HOUSE},?[ \t]+{_STARTS}[ \t]+(?:{_WORD}[ \t]*){{1,5}}?(?=\d|[.,;\n]|$)(?:\d{{1,5}}[A-Za-z]?\b)?",
        rf"(?<!\w){_STARTS}[ \t]+(?:{_WORD}[ \t]+){{0,4}}{_WORD},?[ \t]+(?:no?[°º.]?[ \t]*)?{_HOUSE}\b",
        rf"(?<!\w)[^\W\d_]{{2,}}?{_ENDINGS}[ \t]+{_HOUSE}\b",
        rf"(?<!\w)[^\W\d_]{{3,}}[ \t]+(?:út|utca|útja|körút)[ \t]+{_HOUSE}\b",
        rf"{_BEFORE}{_HOUSE},?[ \t]+(?:[NSEW]\.?[ \t]+)?\d{{1,3}}(?:st|nd|rd|th)[ \t]+{_KIND}\b\.?",
        r"(?<!\w)(?:apt|apartment|suite|flat|p\.?\s?o\.?\s?box|psc|unit(?=[ \t]\d+[ \t]box))\.?[ \t]*#?[ \t]*\d+[A-Za-z]?(?:,?[ \t]+box[ \t]+\d+)?\b",
    )
)
_SMALL = r"(?:u|út|utca|útja|tér|tere|körút|tee|terrasse|plads|vei|mnt)"
_CASED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_BEFORE}(?:{_HOUSE}[ \t]+)?{_CAPITAL}[ \t]+(?:{_WORD}[ \t]+){{0,2}}?{_SMALL}\.?[ \t]+{_HOUSE}\b",
        rf"{_BEFORE}{_HOUSE}[ \t]+(?:{_CAPITAL}[ \t]+){{1,4}}{_HOUSE}\b(?!\s*[%:])",
    )
)
_POSTCODES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\w)[A-Z]{2},?[ \t]+\d{5}(?:-\d{4})?(?!\w)",
        r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]?[ \t]?\d[ABD-HJLNP-UW-Z]{2}(?!\w)",
        r"(?<!\w)[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d(?!\w)",
        r"(?<![\w.-])[A-Z]{1,2}-\d{4,5}[ \t]+[A-Z][\w-]+",
    )
)
_PROSE_WORDS = re.compile(
    r"\b(?:hours?|minutes?|days?|weeks?|months?|years?|percent|times?|people|points?|steps?|pages?|of the|and|is|are|was|were|to|"
    r"in|for|with|that|than|a|this|these|players?|level|version|chapter|episode|season|figure|table)\b",
    re.I,
)
_SMALL_WORDS = word_set(
    """rue via calle rua ul al os am im an der auf de la le les du des del della di da do dos van von und och i nad
    na u út utca útja tér tere körút tee terrasse plads vei mnt street st road rd avenue ave th nd rd c
    das dei delle dalla dalle degli dello dal sul sulla ai aux ibn el los las zur zum"""
)
_NAMED_STREET = re.compile(rf"(?<![\w.]){_CAPITAL}[ \t](?:Street|Avenue|Road|Lane|Drive|Boulevard|Str\.)(?!\w)")
_CAPITAL_KIND = re.compile(r"(?<!\w)(?:Rue|Via|Calle|Rua|Ulica|Strada)[ \t]")
_YEAR = re.compile(r"(?:19|20)\d\d[ \t]")
_SURROUNDINGS = 60


def anchors(text: str, window: Window, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield the stretches in a part of a text that are parts of addresses by their form alone."""
    for pattern in _POSTCODES:
        yield from (match.span() for match in pattern.finditer(text, *window))
    for pattern in _CERTAIN:
        for match in pattern.finditer(text, *window):
            if not _PROSE_WORDS.search(match[0]) and _written_as_name(text, match):
                yield match.span()
    for pattern in _CASED:
        for match in pattern.finditer(text, *window):
            if not _PROSE_WORDS.search(match[0]) and _strange(text, match, lexicon):
                yield match.span()


def named_streets(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield streets without a number, such as "Boyle Street"."""
    for match in _NAMED_STREET.finditer(text):
        if _strange(text, match, lexicon):
            yield match.span()


def _names_in(value: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]{2,}", value) if word.lower() not in _SMALL_WORDS]


def _written_as_name(text: str, match: re.Match[str]) -> bool:
    """Whether the first name in a match has a capital, or nothing around it has one, as in hurried writing."""
    names = _names_in(match[0])
    if _YEAR.match(match[0]) and len(names) > 2:
        return False
    if names and (names[0][0].isupper() or _CAPITAL_KIND.search(match[0])):
        return True
    around = text[max(0, match.start() - _SURROUNDINGS) : match.end() + _SURROUNDINGS]
    return not names or (any(char.islower() for char in around) and not any(char.isupper() for char in around))


def _strange(text: str, match: re.Match[str], lexicon: Lexicon) -> bool:
    """Whether a match is made of capitalised names, one of them no ordinary word, or fills its line."""
    names = _names_in(match[0])
    if not names or not all(name[0].isupper() for name in names) or (_YEAR.match(match[0]) and len(names) > 1):
        return False
    return any(
        not lexicon.is_word(name) or lexicon.is_place(name) or lexicon.is_name(name) for name in names
    ) or _fills_line(text, match)


def _fills_line(text: str, match: re.Match[str]) -> bool:
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    around = text[start : match.start()] + text[match.end() : len(text) if end < 0 else end]
    return "\n" in text and not around.strip(" >?*|,.\t")
