"""Cards, bank accounts, phone numbers, dates and ages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.rules import Rule, digit_count, digit_windows
from deploysim.scrub.surrogates.dates import CLOCK, FORMS, WITHOUT_YEAR
from deploysim.scrub.surrogates.numbers import digits_of, iban_check, luhn_digit

_ISSUERS = re.compile(r"4|5|6|2[2-7]|3[04-9]")


def _valid_card(value: str) -> bool:
    digits = digits_of(value)
    return (
        13 <= len(digits) <= 19
        and _ISSUERS.match(digits) is not None
        and luhn_digit(digits[:-1]) == digits[-1]
        and len(set(digits)) > 2
    )


def _valid_iban(value: str) -> bool:
    compact = "".join(char for char in value if char.isalnum()).upper()
    return 15 <= len(compact) <= 34 and iban_check(compact[:2], compact[4:]) == compact[2:4]


def _mixed_wallet(value: str) -> bool:
    """Whether a value mixes digits and both cases as the addresses of wallets do, or has a prefix that only they have."""
    cases = any(c.islower() for c in value) and any(c.isupper() for c in value)
    return digit_count(value) >= 3 and (cases or value.startswith(("bc1", "ltc1", "addr1", "0x", "1", "3")))


NUMBER_RULES = (
    Rule("CREDIT_CARD", re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)"), 0.9, (), _valid_card),
    Rule(
        "CREDIT_CARD",
        re.compile(
            r"\b(?:card|cc|visa|master ?card|amex|american express|maestro|diners|discover|jcb)\b[^\n\d]{0,40}?(?P<v>\d(?:[ -]?\d){11,18})(?![\d-])",
            re.I,
        ),
        0.85,
        ("card", "cc", "visa", "amex", "express", "maestro", "diners", "discover", "jcb"),
    ),
    Rule(
        "IBAN_CODE",
        re.compile(r"\b[A-Z]{2}\d{2}[ -]?(?:[A-Z0-9]{4}[ -]?){2,7}[A-Z0-9]{1,4}\b", re.I),
        0.95,
        (),
        _valid_iban,
    ),
    Rule(
        "IBAN_CODE",
        re.compile(
            r"\biban\b[^\n\w]{0,4}(?:\w+ ){0,3}?[\s:#]*(?P<v>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)\b",
            re.I,
        ),
        0.9,
        ("iban",),
    ),
    Rule(
        "CRYPTO",
        re.compile(
            r"\b(?:bc1[a-z0-9]{25,62}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|0x[a-fA-F0-9]{40}|(?:ltc1[a-z0-9]{25,62}|[LM][a-km-zA-HJ-NP-Z1-9]{26,33})|"
            r"4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|r[1-9A-HJ-NP-Za-km-z]{25,34}|T[1-9A-HJ-NP-Za-km-z]{33}|addr1[a-z0-9]{50,100}|D[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32})\b"
        ),
        0.7,
        (),
        _mixed_wallet,
    ),
    Rule(
        "AGE",
        re.compile(
            r"\b(?:i'?m|i am|aged|age:?|age is|(?:turn|turned|turning|turns)|(?:she|he)(?:'s| is)|when (?:he|she|i|they) (?:was|were)|at the age of|age of)\s+(?:just |only |about |now |currently )?"
            r"(?P<v>1[0-9]\b|[2-9]\d|\d)(?=\s*(?:years?|yrs?|y/?o|[.,;!?)]|$|\n|and\b|old\b|now\b|female|male|[mf]\b))",
            re.I,
        ),
        0.6,
        ("i'm", "i am", "im ", "age", "turn", "she", "he", "when"),
    ),
    Rule(
        "AGE",
        re.compile(r"(?<![\w.,-])(?P<v>[1-9]\d|1[01]\d)(?:[- ]?(?:years?|yrs?)[- ]olds?\b| ?y/?o\b|-year-old\b)", re.I),
        0.6,
        ("old", "yo", "y/o"),
    ),
    Rule(
        "DATE_TIME",
        re.compile(
            r"\b(?:born|birth|dob|birthday|birth ?year|geboren|jahrgang|née?|naissance|nacid[oa]|nacimiento|nat[oa] nel|nascid[oa]|urodzon[ya])\b[^\n.;]{0,20}?\b(?P<v>(?:19|20)\d\d)\b(?![-/.]\d)",
            re.I,
        ),
        0.5,
        (
            "born",
            "birth",
            "dob",
            "geboren",
            "jahrgang",
            "né",
            "naissance",
            "nacid",
            "nacim",
            "nato",
            "nata",
            "nascid",
            "urodz",
        ),
    ),
)

_VERSION_BEFORE = re.compile(r"(?:version|release|api|ver|v|==|>=|<=|~=|\^)[\"']?\s*[:=]?\s*[\"']?$", re.I)
_PERSONAL_NEAR = re.compile(
    r"\b(?:i|i'm|i've|i'll|my|me|we|our|us|he|his|she|her|born|birth|birthday|appointment|booked|booking|flight|arriv\w+|check-?in|"
    r"meeting|wedding|admitted|discharged|surgery|due|deliver\w*|hired|died|visit\w*|anniversary|scheduled|dob|interview|reservation)\b",
    re.I,
)
_HOLIDAYS = re.compile(
    r"(?:dec(?:ember)? 2[45]|2[45](?:th)? (?:of )?dec(?:ember)?|july 4(?:th)?|4(?:th)? (?:of )?july|jan(?:uary)? 1(?:st)?|feb(?:ruary)? 14(?:th)?)$",
    re.I,
)


def find_dates(text: str) -> Iterator[Finding]:
    """Yield day-exact dates; one without a year only where a person is spoken of nearby."""
    windows = digit_windows(text)
    for place, form in enumerate(FORMS):
        for match in (match for window in windows for match in form.finditer(text, *window)):
            start, end = match.span()
            if _VERSION_BEFORE.search(text[max(0, start - 12) : start]):
                continue
            if place in WITHOUT_YEAR and (
                _HOLIDAYS.match(match[0]) or not _PERSONAL_NEAR.search(text[max(0, start - 60) : end + 40])
            ):
                continue
            clock = CLOCK.match(text, end)
            yield Finding(start, clock.end() if clock else end, "DATE_TIME", 0.6)


_CANDIDATE = re.compile(
    r"(?<![\w./=#$€£%-])(?<!\d,)(?:\+|00)?\(?\+?\d[\d().\-–/  \t]{5,22}\d(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w%]|[.,]\d)",
    re.I,
)
_CUE = re.compile(
    r"(?:phone|tel(?:ephone|efon)?|call(?:ed|ing)?|cell(?:phone)?|mobile|mob|fax|whats ?app|contact|text(?:ed)?|sms|messages?|reach|ring|dial|number|"
    r"answering|office|desk|landline|hotline|handy|móvil|celular|téléphone|portable|direct|teléfono|telefono|cellulare|telefoon|mobiel|telefone|telemóvel|numéro|"
    r"rappel|telefonnummer|rufnummer|电话|手机|微信|電話|携帯|전화|телефон|тел)\b[^\n\d+(]{0,30}$",
    re.I,
)
_CUE_AFTER = re.compile(r"^[\s,(-]{0,3}(?:office|fax|mobile|cell|home|work|desk|direct)\b", re.I)
_PLAIN_FORMS = re.compile(
    r"""(?:\+\s?\d{1,3}[\s.(/-]*(?:\(0\))?\d[\d\s()./–-]{5,}\d                       # with a country code
    |(?:1[-.\s])?\(?[2-9]\d\d\)[-.\s]?\d{3}[-.\s]\d{4} | (?:1[-.\s])?[2-9]\d\d([-.\s])\d{3}\1\d{4}   # North American
    |00[1-9]\d{0,2}[\s.-]\d[\d\s.-]{6,}\d                                           # with a country code after 00
    |\(0\d{1,5}\)[\s-]?\d[\d\s-]{4,}\d                                                # trunk code in brackets
    |0\d{1,4}[\s/-]\d{2,8}(?:[\s-]?\d{2,4}){0,4} | 0\d(?:[\s.-]\d\d){4}                # trunk zero and groups
    )(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?""",
    re.X | re.I,
)
_DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\s+\d{1,2})?|\d{4}\s?[-–/]\s?\d{4}|(?:\d{1,3}\.){3}\d{1,3}")


def find_phones(text: str) -> Iterator[Finding]:
    """Yield phone numbers: by their form where it is a phone's own, else by a word such as "call" nearby."""
    if digit_count(text) < 6:
        return
    for match in _CANDIDATE.finditer(text):
        value = match[0]
        start, end = match.span()
        if value.endswith(")") is False and value.count("(") > value.count(")"):
            start += value.index("(") + 1 if value.startswith("(") else 0
        digits = digit_count(text[start:end])
        if not 6 <= digits <= 19 or _DATE_LIKE.fullmatch(value):
            continue
        if _PLAIN_FORMS.fullmatch(value) and digits >= 8:
            yield Finding(start, end, "PHONE_NUMBER", 0.6)
        elif _CUE.search(text[max(0, start - 50) : start]) or _CUE_AFTER.match(text[end : end + 20]):
            yield Finding(start, end, "PHONE_NUMBER", 0.55)
