"""Where an address certainly is: a house number beside a street, a unit, a box, a postcode."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.lexicon import Lexicon

_WORD = r"[^\W\d_](?:[^\W_]|['’.\-](?=[^\W_]))*"
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ](?:[^\W_]|['’.\-](?=[^\W_]))*"
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
    r"avenida|avda|paseo|plaza|camino|carrera|ronda|travessa|rua|praça|estrada|alameda|ul\.|ulica|aleja|al\.|plac|os\.|nám\.|"
    r"náměstí|jalan|jl\.|улица|ул\.|проспект|odos|leoforos|an der|auf der|am|im|grote|c/)"
)
UNIT = r"(?:apt|apartment|suite|ste|unit|flat|room|rm|floor|building|bldg|box|p\.?\s?o\.?\s?box|psc|cmr|lot)"

_CERTAIN = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_BEFORE}{_HOUSE},?[ \t]+(?:[NSEW]\.?[ \t]+)?(?:{_WORD}[ \t]+){{1,4}}?{_KIND}\b\.?(?:[ \t]+[NSEW]{{1,2}}\b)?",
        rf"{_BEFORE}{_HOUSE},?[ \t]+{_STARTS}[ \t]+(?:{_WORD}[ \t]*){{1,5}}?(?=\d|[,\n]|$)(?:\d{{1,5}}[A-Za-z]?\b)?",
        rf"(?<!\w){_STARTS}[ \t]+(?:{_WORD}[ \t]+){{0,4}}{_WORD},?[ \t]+(?:n[°º.]?[ \t]*)?{_HOUSE}\b",
        rf"{_BEFORE}(?:{_HOUSE}[ \t]+)?(?:{_WORD}[ \t]+){{0,2}}?[^\W\d_]{{2,}}{_ENDINGS}[ \t]+{_HOUSE}\b",
        rf"(?<!\w){UNIT}\.?[ \t]*#?[ \t]*\d+[A-Za-z]?(?:,?[ \t]+box[ \t]+\d+)?\b",
    )
)
_CASED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_BEFORE}(?:{_HOUSE}[ \t]+)?(?:{_CAPITAL}[ \t]+){{1,3}}(?:u|út|utca|útja|tér|tere|körút|tee|terrasse|plads|vei|mnt)\.?[ \t]+{_HOUSE}\b",
        rf"{_BEFORE}{_HOUSE}[ \t]+(?:{_CAPITAL}[ \t]+){{1,4}}{_HOUSE}\b(?!\s*[%:])",
        r"(?<!\w)(?:[A-Z]{2}|[A-Z][a-z]+),?[ \t]+\d{5}(?:-\d{4})?(?!\w)",
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


def anchors(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield the stretches that are parts of addresses by their form alone."""
    if not any(char.isdigit() for char in text):
        return
    for pattern in _CERTAIN:
        for match in pattern.finditer(text):
            if not _PROSE_WORDS.search(match[0]):
                yield match.span()
    for pattern in _CASED:
        for match in pattern.finditer(text):
            words = re.findall(r"[^\W\d_]{2,}", match[0])
            strange = [word for word in words if not lexicon.is_word(word) or lexicon.is_place(word)]
            if not _PROSE_WORDS.search(match[0]) and (
                strange or not words or re.search(r"\b[A-Z]{2},?\s+\d{5}", match[0])
            ):
                yield match.span()


_STATE_ZIP = re.compile(r"\b[A-Z]{2},?\s+\d{5}")


def _alone(text: str, match: re.Match[str]) -> bool:
    """Whether a match fills its line."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    around = text[start : match.start()] + text[match.end() : len(text) if end < 0 else end]
    return "\n" in text and not around.strip(" >?*|,.\t")
