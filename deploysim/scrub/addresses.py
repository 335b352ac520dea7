"""Street addresses, grown from a certain part or from the words that announce one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.address_anchors import UNIT, anchors, named_streets
from deploysim.scrub.address_forms import formed_addresses
from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.rules import digit_windows
from deploysim.scrub.word_lists import word_set

_CUE = re.compile(
    r"\b(?:(?:(?:my|our|her|his|their|your|the|new|home|street|billing|shipping|mailing|delivery|work|office|current|permanent|postal|"
    r"email|primary|secondary|same|[^\W\d_]+['’]s) )*address(?:es)?(?: of [\w .&'-]{1,40}?)?(?: is| to| with| was| are|,? here they are| for post mail)?[ \t]*[:=]?"
    r"|(?:live[sd]?|living|reside[sd]?|residing|located|situated) (?:at|on|in)|"
    r"(?:sent|ship(?:ped)?|deliver(?:ed)?|mail(?:ed)?|send (?:it|this|one|them)|new one|taxi|return|uber|cab|ride|moved|bring it|come) to|"
    r"(?:office|offices|shop|store|house|home|apartment|station|branch|party|venue|arrived|meet(?:ing)?(?: (?:me|you|us|up))?|drops you off|pick me up|"
    r"restaurant|hotel|clinic) (?:is |are )?(?:at|on)|the corner of|"
    r"(?:zip|post(?:al)?)(?: ?code)?(?: is|[ \t]*:)|p\.?o\.? box|user:|it is|it's in|refers to|must enter on|we(?:'|’)?ll meet \w+ at)[ \t]*[:\n]?\s*",
    re.I,
)
_CROSSING = re.compile(
    r"\b(?:(?i:(?:is|are|meet(?: me| us| you)?|live|lives) at|to|with|in|are:|and|address:?|corner of))\s+(?P<v>(?:the corner of )?"
    r"(?:\d+ )?(?:[^\W\d_a-z][\w.'’-]+ (?:\d+ )?){1,4}and (?:\d+ )?(?:[^\W\d_a-z][\w.'’-]+ |(?:ul\.|rue|rua|via|calle|de|la|van|der|des|du|ten) ){1,4}"
    r"(?:\d{1,5}\b|(?i:street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd|way|court|place|square|parks?|pass)\b))"
)
"""Two streets that cross."""
_CORNER = re.compile(
    r"\b[Tt]he corner of (?:[^\W_][\w.'’/-]* ){1,6}(?:and|&) (?:\d+ )?[^\W_][\w.'’/-]*(?: [^\W\d_a-z][\w.'’-]*| (?:street|road|avenue|st|rd|ave)\b){0,4}"
)
_POSTED = re.compile(r"(?<!\w)(?P<v>[^\W\d_]{3,}(?: [^\W\d_]{2,}){0,5}?)(?: \([^)\n]{2,15}\))? \d{5,6}(?!\w)")
"""A country before its postcode, as the last line of an address."""
_GAP = re.compile(r"(?:[ \t]*[-–/][ \t]*|[ \t]*(?:,|\.(?=[ ,\n]))?[ \t]*(?:\n[ \t>?*|]*){0,2},?[ \t]*)")
_NUMBER = re.compile(r"#?\d[\d\w/-]{0,9}(?!\w)")
_TAIL = re.compile(
    r",?[ \t]*(?:[^\W\d_]+,?[ \t]+){1,3}?(?:[A-Za-z]{2}[ \t]+\d{5}|[A-Za-z]{1,2}\d[A-Za-z\d]?[ \t]?\d[A-Za-z]{2})(?!\w)"
)
"""A town and its code in any case, as an American or British address ends."""
_CODE = re.compile(r"[A-Za-z]{2,3},?[ \t]*\n?[ \t]*\d{4,6}(?:-\d{4})?(?!\w)")
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['’.\-](?=[^\W_]))*")
_BRACKET = re.compile(r"\([^\W\d_][^)\n]{1,20}\)")
_CODE_LINE = re.compile(r"\d{4,6}(?=[ \t]*(?:\n|$)|[.,][ \t]*(?:\n|$)| (?:in|if|as|so|and|please|thanks|for)\b)")
"""A postcode that opens the last line of an address."""
_MISSING = re.compile(r"nan(?!\w)")
"""How exported tables write a region that an address does not have."""
_SHORT_LINE = re.compile(r"[a-z]{2,3}[ \t]*(?=\n)")
_AFTER_PLACE = re.compile(r"(?:[ \t]+\([^)\n]{2,15}\))?[ \t]+\d{3,6}(?!\w)")
_STREET_WORD = re.compile(
    rf"{UNIT}|street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|north|south|east|west", re.I
)
_NOT_IN_ADDRESS = word_set(
    """the i we you he she it they my our your this that please thanks thank if when where what how and or but
    because so for from with phone tel fax email e-mail mobile website dear hello hi bot user is are was were am
    pm in on at not no yes can could monday tuesday wednesday thursday friday saturday sunday january february
    march april june july august september october november december desk office regards sincerely best cheers
    yours love kind warm dob ssn order account total subject date name customer"""
)
_SMALL_WORDS = word_set("and of the u nad pod am an im na w z sur sous upon under cum sul dei delle das dos")
_REACH = 24
"""Most words that an address grows by in one direction."""


def find_addresses(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield addresses, each from its house number or name to its country where they stand together."""
    for window in digit_windows(text):
        for start, end in (*anchors(text, window, lexicon), *formed_addresses(text, window, lexicon)):
            yield Finding(_grown_left(text, start, lexicon), _grown_right(text, start, end, lexicon), "ADDRESS", 0.6)
        for match in _POSTED.finditer(text, *window):
            if fold(match["v"]) in lexicon.countries:
                yield Finding(_grown_left(text, match.start(), lexicon), match.end(), "ADDRESS", 0.5)
    yield from _without_number(text, lexicon)


def _without_number(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield streets, corners, and what follows words such as "I live at", with or without a number."""
    for start, end in named_streets(text, lexicon):
        yield Finding(_grown_left(text, start, lexicon), _grown_right(text, start, end, lexicon), "ADDRESS", 0.6)
    for match in _CORNER.finditer(text):
        yield Finding(match.start(), match.end(), "ADDRESS", 0.6)
    for match in _CROSSING.finditer(text):
        if any(not lexicon.is_word(word) for word in _WORD.findall(match["v"])):
            end = _grown_right(text, match.start("v"), match.end("v"), lexicon)
            yield Finding(match.start("v"), end, "ADDRESS", 0.6)
    for match in _CUE.finditer(text):
        start = match.start() if match[0].lower().startswith("the corner") else match.end()
        end = _grown_right(text, match.end(), match.end(), lexicon)
        if _tells(text[match.end() : end], lexicon):
            yield Finding(start, end, "ADDRESS", 0.5)


def _tells(value: str, lexicon: Lexicon) -> bool:
    """Whether what follows a cue is an address: a number beside a strange word or a postcode, and not just a place name."""
    words = [match[0] for match in _WORD.finditer(value)]
    digits = sum(char.isdigit() for char in value)
    if not words:
        return 3 <= digits <= 5 and not re.fullmatch(r"(?:19|20)\d\d", value.strip())
    strange = any(not lexicon.is_word(word) or lexicon.is_place(word) for word in words)
    return strange and (digits > 0 or any(_STREET_WORD.fullmatch(word) for word in words))


def _grown_right(text: str, start: int, end: int, lexicon: Lexicon) -> int:
    around = text[max(0, start - 40) : end + 60]
    lower = any(char.islower() for char in around) and not any(char.isupper() for char in around)
    for _ in range(_REACH):
        tail = _TAIL.match(text, end) if start < end else None
        if tail:
            end = tail.end()
            continue
        gap = _GAP.match(text, end)
        after = gap.end() if gap and start < end else end
        if "." in text[end:after] and not (
            _abbreviated(text, start, end, after) or _numbered_line(text, end, after, lexicon)
        ):
            return end
        reached = _step(text, after, lexicon, lower=lower, new_line="\n" in text[end:after])
        if reached is None:
            return end
        end = reached
    return end


def _abbreviated(text: str, start: int, end: int, after: int) -> bool:
    """Whether a full stop belongs to a short word such as "Apt." or stands before a number."""
    last = re.search(r"[^\W_]+$", text[start:end])
    return bool(last and len(last[0]) <= 4 and not last[0].isdigit()) or text[after : after + 1].isdigit()


def _numbered_line(text: str, end: int, after: int, lexicon: Lexicon) -> bool:
    """Whether a full stop ends a house number and its line, as Hungarian ones do, and a strange name opens the next."""
    word = _WORD.match(text, after)
    return text[end - 1].isdigit() and "\n" in text[end:after] and word is not None and not lexicon.is_word(word[0])


def _step(text: str, at: int, lexicon: Lexicon, *, lower: bool, new_line: bool) -> int | None:
    """Return the end of the part of an address that starts at a place, or None where none does."""
    if new_line and not _address_line(text, at, lexicon, lower=lower):
        return None
    if lower and new_line and (short := _SHORT_LINE.match(text, at)):
        return short.end()
    for pattern in (_CODE, _NUMBER, _BRACKET, _MISSING):
        match = pattern.match(text, at)
        if match:
            return match.end()
    match = _WORD.match(text, at)
    if match is None or (fold(match[0]) in _NOT_IN_ADDRESS and not match[0].isupper()):
        return None
    return _place_at(text, at, lexicon, lower=lower) or _word_end(text, match, lexicon, lower=lower)


def _word_end(text: str, match: re.Match[str], lexicon: Lexicon, *, lower: bool) -> int | None:
    word = match[0]
    if _STREET_WORD.fullmatch(word) or word[0].isupper():
        return match.end()
    if fold(word) in PARTICLES or word in _SMALL_WORDS:
        return _after_particle(text, match.end())
    unknown = not lexicon.is_word(word)
    before_number = re.compile(r"[ \t]+\d").match(text, match.end())
    return match.end() if unknown and (lower or (before_number and len(word) > 2)) else None


def _after_particle(text: str, end: int) -> int | None:
    match = _PARTICLE_TAIL.match(text, end)
    return match.end() if match else None


_PARTICLE_TAIL = re.compile(r"[ \t]+(?:[^\W\d_]{1,3}[ \t]+)?[^\W\d_a-zß-öø-ÿ][^\W_]*")
_SEGMENT = re.compile(r"[^,.?!;\n]*")


def _address_line(text: str, at: int, lexicon: Lexicon, *, lower: bool) -> bool:
    """Whether a new line opens like one more line of an address: a place with its code, or few words that are all names,
    numbers or codes.
    """
    place = _place_at(text, at, lexicon, lower=lower)
    if (
        (place and (_AFTER_PLACE.match(text, place) or fold(text[at:place]) in lexicon.countries))
        or _MISSING.match(text, at)
        or _CODE_LINE.match(text, at)
        or (lower and _SHORT_LINE.match(text, at))
    ):
        return True
    segment = _SEGMENT.match(text, at)
    words = segment[0].split() if segment else []
    if not words or len(words) > 6 or segment is None or ":" in segment[0]:
        return False
    if _CODE.match(text, at) or place:
        return True
    named = (word for word in words if word[0].isalpha() and fold(word) not in PARTICLES and word not in {"of", "the"})
    return all(
        word[0].isupper() or (lower and not lexicon.is_word(word)) or _STREET_WORD.fullmatch(word) for word in named
    )


def _place_at(text: str, at: int, lexicon: Lexicon, *, lower: bool) -> int | None:
    line_end = text.find("\n", at)
    words = list(_WORD.finditer(text, at, min(len(text) if line_end < 0 else line_end, at + 60)))[:6]
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        phrase = text[at:end]
        if (
            len(phrase) > 3
            and lexicon.is_place(phrase)
            and (lower or phrase[0].isupper() or not lexicon.is_word(phrase))
        ):
            return end
    return None


_LEFT = re.compile(r"(?:(?<![\w.])\d[\w/-]{0,8}[ \t]*[,\n]?[ \t]*|(?<!\w)[^\W\d_a-zß-öø-ÿ](?:[^\W_]|['’-])*\.?[ \t]+)$")
_LEFT_NUMBERED = re.compile(r"(?<![\w.])\d{1,5}[ \t]+((?:[^\W\d_]{2,}[ \t]+){1,3})$")


def _grown_left(text: str, start: int, lexicon: Lexicon) -> int:
    for _ in range(4):
        numbered = _LEFT_NUMBERED.search(text, max(0, start - 50), start)
        if numbered and not any(lexicon.is_word(word) for word in numbered[1].split()):
            return numbered.start()
        match = _LEFT.search(text, max(0, start - 40), start)
        if (
            not match
            or fold(match[0].strip(" ,.\n\t")) in _NOT_IN_ADDRESS
            or not (match[0][0].isupper() or match[0][0].isdigit())
        ):
            return start
        start = match.start()
    return start
