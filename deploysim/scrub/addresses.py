"""Street addresses: lines with a house number and a street, boxes, units, postcodes, and the lines around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from deploysim.scrub.findings import Finding

_W = r"[^\W\d_][\w'’.\-]*"
_CAP = r"[^\W\d_a-zà-öø-ÿ][\w'’.\-]*"
_KIND = (
    r"(?:street|avenue|road|lane|drive|boulevard|court|terrace|crescent|parkway|highway|plaza|square|close|grove|gardens|mews|circle|"
    r"trail|alley|way|place|hill|row|loop|pike|heights|cres|blvd|ave|hwy|pkwy|str|st|rd|ln|dr|ct|pl|sq|av|cir|ter)"
)
_FOREIGN_END = (
    r"[^\W\d_]{2,}(?:straße|strasse|str\.|weg|gasse|platz|allee|ufer|damm|ring|gata|gatan|gate|vägen|vagen|veien|vegen|väg|veg|vej|gade|stræde|"
    r"straat|laan|plein|gracht|kade|dreef|steeg|hof|katu|tie|kuja|polku|gatu|götu|gata|braut|stígur|utca|út|tér|ova|ská|ského|ova)"
)
_FOREIGN_START = (
    r"(?:rue|avenue|boulevard|chemin|impasse|allée|place|quai|route|cours|via|viale|piazza|corso|vicolo|largo|strada|calle|c/|avenida|av\.|avda\.?|"
    r"paseo|plaza|camino|carrera|travessa|rua|r\.|praça|estrada|alameda|ul\.|ulica|aleja|al\.|plac|os\.|nám\.|náměstí|ulice|jalan|jl\.|"
    r"strada|bulevardul|ulitsa|улица|ул\.|vul\.|odos|leoforos|am|an der|auf der|im|zum|zur|grote|oude|nieuwe|de)"
)
_UNIT = r"(?:apt|apartment|suite|ste|unit|flat|room|rm|floor|fl|building|bldg|box|p\.?\s?o\.?\s?box|psc|cmr|lot|studio)"

_ANCHORS = (
    re.compile(rf"(?<![\w.$€£])\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s+(?:[NSEW]\.?\s+|(?:North|South|East|West)\s+)?(?:{_W}\s+){{1,4}}{_KIND}\b\.?(?:\s+[NSEW]{{1,2}}\b)?", re.I),
    re.compile(rf"(?<![\w.$€£])\d{{1,5}}[A-Za-z]?\s+{_FOREIGN_START}\s+{_CAP}(?:[ '’-]{_W}){{0,4}}(?:\s+\d{{1,5}}[A-Za-z]?\b)?"),
    re.compile(rf"(?<!\w){_FOREIGN_START}\s+(?:{_W}\s+){{0,4}}{_CAP},?\s+(?:n[°º.]?\s*)?\d{{1,5}}[A-Za-z]?\b", re.I),
    re.compile(rf"(?<![\w.$€£])(?:\d{{1,5}}[A-Za-z]?\s+)?(?:{_CAP}\s+){{0,2}}{_FOREIGN_END}\s+\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?\b", re.I),
    re.compile(rf"(?<!\w){_UNIT}\.?\s*#?\s*\d+[A-Za-z]?(?:,?\s+box\s+\d+)?\b", re.I),
    re.compile(r"(?<!\w)(?:[A-Z]{2}|[A-Z][a-z]+),?\s+\d{5}(?:-\d{4})?(?!\w)"),
    re.compile(r"\b(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d)\b"),
    re.compile(r"(?<![\w.-])[A-Z]{1,2}-\d{4,5}\s+[A-Z][\w-]+"),
)
_CUE = re.compile(
    r"\b(?:(?:(?:my|our|her|his|their|your|the|new|home|street|billing|shipping|mailing|delivery|work|office|current|permanent|postal|email)\s+)*address(?:es)?(?:\s+of\s+[\w .&'-]{1,40}?)?"
    r"(?:\s+(?:is|to|with|was|for post mail|are)|\s*[:=])|live[sd]?\s+(?:at|on)|living\s+(?:at|on)|reside[sd]?\s+(?:at|on|in)|residing at|located\s+(?:at|on|in)|(?:sent|ship(?:ped)?|deliver(?:ed)?|mail(?:ed)?|send (?:it|this|one)|new one|taxi|return|uber|cab|ride)\s+to|"
    r"(?:office|offices|shop|store|house|home|apartment|station|branch|party|arrived|meet(?:ing)? (?:me|you|us|up)?|drops you off|pick me up)\s+(?:is\s+|are\s+)?(?:at|on)|the corner of|zip(?: ?code)?(?:\s+is|\s*:)|postcode(?:\s+is|\s*:)|postal code(?:\s+is|\s*:)|"
    r"pedestrians must enter on|what is your address\?\s*it is|it'?s in|sent to\? user:)\s*[:\n]?\s*",
    re.I,
)
_STOP = re.compile(r"[.?!](?:\s|$)|;|\b(?:for this|for post|please|in case|after|last night|last week|and they|it serves|i am|i'm|because|but|when|which|the first|to |with |card|thanks|asap)\b|\n\n", re.I)
_CHUNK = re.compile(r"(?:(?:\d[\w/-]*|[^\W\d_a-zà-öø-ÿ][\w'’.-]*|de|la|le|les|du|des|del|della|di|van|der|den|von|und|of|the|al|el|st|rd|ave|street|road|avenue|och|ja|i|na|af|do|da|dos|nad|pod|u|in der|an der)[,.]?(?:[ \t]+|\s*\n\s*|$)|\(\w+\)\s*|-\s)+")
_LINE_SHAPE = re.compile(r"^[>\s?*|]*(?P<body>(?:[\w'’.,/()#\-&]+[ \t]*){1,8})\s*$")
_LABEL_LINE = re.compile(r"^[>\s?*|]*[A-Za-z][A-Za-z -]{1,20}:")


def find_addresses(text: str) -> Iterator[Finding]:
    """Yield addresses, each line of a block as one finding."""
    anchors = [match.span() for pattern in _ANCHORS for match in pattern.finditer(text) if _plausible(match[0])]
    for start, end in anchors:
        yield Finding(start, end, "ADDRESS", 0.6)
    for match in _CUE.finditer(text):
        found = _after_cue(text, match.end())
        if found:
            yield found
    yield from _blocks(text, anchors)


def _plausible(value: str) -> bool:
    words = re.findall(r"[^\W\d_]+", value)
    return bool(words) and not re.search(r"\b(?:ways?|hours?|minutes?|days?|years?|percent|times?|people|of the|and|is|are|was|to|a)\b", value, re.I)


def _after_cue(text: str, start: int) -> Finding | None:
    """Return the run of numbers and capitalised words after words such as "my address is"."""
    stop = _STOP.search(text, start)
    limit = min(stop.start() if stop else len(text), start + 160)
    match = _CHUNK.match(text, start, limit)
    if not match or not re.search(r"\d|[^\W\d_]{3}", match[0]):
        return None
    value = match[0].rstrip(" \t\n,.")
    has_number = any(char.isdigit() for char in value)
    if not has_number and len(value.split()) > 5:
        return None
    return Finding(start, start + len(value), "ADDRESS", 0.55 if has_number else 0.45)


def _blocks(text: str, anchors: list[tuple[int, int]]) -> Iterator[Finding]:
    """Yield the short lines that stand directly above or below a line with an address in it."""
    if not anchors or "\n" not in text:
        return
    lines = _lines(text)
    hot = [any(start < line_end and line_start < end for start, end in anchors) for line_start, line_end in lines]
    shaped = [_address_line(text[start:end]) for start, end in lines]
    reached = list(hot)
    for indices in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        for here in indices:
            before = here - 1 if indices.step == 1 else here + 1
            if shaped[here] and reached[before] and abs(here - _nearest(hot, here)) <= 3:
                reached[here] = True
    for here, (start, end) in enumerate(lines):
        if reached[here] and shaped[here]:
            yield Finding(start, end, "ADDRESS", 0.5)


def _nearest(hot: list[bool], here: int) -> int:
    return min((place for place, is_hot in enumerate(hot) if is_hot), key=lambda place: abs(place - here))


def _lines(text: str) -> list[tuple[int, int]]:
    breaks = [-1, *(match.start() for match in re.finditer("\n", text)), len(text)]
    return [(left + 1, right) for left, right in pairwise(breaks)]


def _address_line(line: str) -> bool:
    """Whether a line is a few numbers and capitalised words and no sentence."""
    stripped = line.strip(" >?*|\t")
    if not stripped or len(stripped) > 70 or _LABEL_LINE.match(line) or stripped.endswith((":", "?", "!", ";", "{", "}")):
        return False
    words = stripped.replace(",", " ").split()
    if len(words) > 9:
        return False
    capital = sum(word[:1].isupper() or word[:1].isdigit() or not word[:1].isalpha() for word in words)
    return capital >= 0.7 * len(words)
