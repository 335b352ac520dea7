"""Places: towns, countries and whole street addresses, mapped word by word."""

from __future__ import annotations

import re
from collections.abc import Callable

from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.surrogates.pools import CITIES, COUNTRIES, STATES, STREET_NAMES
from deploysim.scrub.surrogates.shapes import same_shape
from deploysim.scrub.surrogates.stream import KeyedStream
from deploysim.scrub.word_lists import word_set

_STREET_KINDS = ("Road", "Avenue", "Lane", "Way", "Drive", "Terrace", "Close", "Crescent", "Court", "Grove")
_SHORT_KINDS = ("Rd", "Ave", "Ln", "Dr", "Ct", "Blvd")
_UNIT_KINDS = ("Unit", "Room", "Floor", "Studio", "Level")
_STREET_WORDS = word_set(
    """street road avenue lane drive way boulevard court place square terrace close crescent grove highway parkway
    circle trail alley row walk mews gardens hill plaza"""
)
_SHORT_STREET_WORDS = word_set("st rd ave av ln dr blvd ct pl sq hwy pkwy cir str")
_UNIT_WORDS = word_set("suite apt apartment unit flat room floor fl rm ste box building bldg")
_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*", re.U)

StreamOf = Callable[[str, str], KeyedStream]


def pool_for(value: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the places that can stand for a place: states for a state code, countries for a country, else towns."""
    if re.fullmatch(r"[A-Z]{2}", value):
        return STATES
    return COUNTRIES if fold(value) in lexicon.countries else CITIES


def like_address(value: str, *, stream: StreamOf, lexicon: Lexicon) -> str:
    """Return an address with the same lines, numbers and kinds of words."""

    def mapped(match: re.Match[str]) -> str:
        token = match[0]
        folded = fold(token)
        if folded in PARTICLES and token.islower():
            return ""
        made = _word(token, folded, stream, lexicon)
        if any(char.isdigit() for char in token) or len(token) == 1:
            return made
        return made.upper() if token.isupper() else made.lower() if token.islower() else made

    return re.sub(r"(?<=\S) {2,}(?=\S)", " ", _TOKEN.sub(mapped, value)).strip(" ")


def _word(token: str, folded: str, stream: StreamOf, lexicon: Lexicon) -> str:
    if any(char.isdigit() for char in token) or len(token) == 1:
        return _changed(token, stream)
    for known, pool in (
        (_STREET_WORDS, _STREET_KINDS),
        (_SHORT_STREET_WORDS, _SHORT_KINDS),
        (_UNIT_WORDS, _UNIT_KINDS),
        (lexicon.countries, COUNTRIES),
        (lexicon.places, CITIES),
    ):
        if folded in known:
            return _other(stream("PLACE", folded), folded, pool)
    if re.fullmatch(r"[A-Z]{2,3}", token):
        return same_shape(token, stream("CODE", folded)) if len(token) == 3 else stream("STATE", folded).pick(STATES)
    return _other(stream("STREET", folded), folded, STREET_NAMES)


def _changed(token: str, stream: StreamOf) -> str:
    made = same_shape(token, stream("NUMBER", token))
    return made if made != token else same_shape(token, stream("NUMBER", token + "'"))


def _other(stream: KeyedStream, folded: str, pool: tuple[str, ...]) -> str:
    made = stream.pick(pool)
    return made if fold(made) != folded else stream.pick([name for name in pool if fold(name) != folded])
