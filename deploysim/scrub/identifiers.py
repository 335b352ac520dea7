"""Numbers that stand for one person, order or device, recognised by a prefix or by the words before them."""

from __future__ import annotations

import re
from collections.abc import Callable

from deploysim.scrub import identifier_words as words
from deploysim.scrub.rules import Rule, digit_count

_NUMBER_WORD = r"(?:[\s_-]*(?:(?:numbers?|num|nummer|nr|no|id|identifier|code|ref(?:erence)?|locator|n[°º]|numéro|numero|número|番号|号|번호)(?!\w)\.?|#|№))"
_NUMBER_OF = (
    r"(?:number|numéro|numero|número|nummer|code|código) (?:de|di|of|du|van|do|da|für|d['’]) ?(?:la |le |l['’])?"
)
_LINK = (
    r"[\"'”)]*\s*(?:\((?:[^()\n]{1,25})\)\s*)?(?:\b(?:is|was|are|ist|lautet|est|es|è|é|of|with|bearing)\b|[:=#：]|-(?!\d)|–)?"
    r"\s*(?:\b(?:number|no\.?|code|now)\s*:?\s*)?[\"'“(*`<]*"
)
_VALUE = r"(?P<v>#?[A-Za-z]{0,6}[-_/.]?(?=[\w:-]*\d)[A-Za-z0-9]+(?:[-_/.:][A-Za-z0-9]+){0,5})\b"
_SPACED = r"(?P<v>[A-Z]{0,3}[ -]?\d[\dA-Z]*(?:[ -]\d[\dA-Z]*){0,5})\b"
_MIXED = r"(?P<v>(?=(?:[^\s]*\d){4})[A-Z0-9]+(?:[-:][A-Z0-9]+)*)\b"


def _identifier(value: str) -> bool:
    """Whether a value has the digits of an identifier; a lone year is a year and a decimal is an amount."""
    return digit_count(value) >= 3 and not re.fullmatch(r"(?:19|20)\d\d|-?\d+[.,]\d+", value)


def _long(value: str) -> bool:
    return digit_count(value) >= 6


def _telling(value: str) -> bool:
    """Whether a value could hardly be an amount: long, or mixed of capitals and digits."""
    mixed = digit_count(value) >= 2 and any(char.isupper() for char in value)
    return _identifier(value) and (_long(value) or mixed)


def _announced(
    entity: str,
    announcing: str,
    *,
    number_word: str = "?",
    value: str = _VALUE,
    accept: Callable[[str], bool] | None = _identifier,
    score: float = 0.75,
) -> Rule:
    """Return the rule for a value behind words; with `number_word=""` only behind "... number", "... id" and the like."""
    behind = rf"(?:{announcing}){_NUMBER_WORD}{number_word}|{_NUMBER_OF}(?:{announcing})"
    pattern = re.compile(rf"(?<![^\W_])(?<!\w-)(?:{behind}){_LINK}{value}", re.I)
    return Rule(entity, pattern, score, fragments(announcing), accept, numeric=value is not _SWIFT_VALUE)


def fragments(announcing: str) -> tuple[str, ...]:
    """Return for each alternative of an expression the longest letters that every match of it holds, in lower case."""
    while (flat := re.sub(r"\((?:\?:)?[^()]*\)\??|\[[^]]*\][?+*]?|\\?.\?", " ", announcing)) != announcing:
        announcing = flat
    return tuple(max(re.findall(r"[^\W\d_]+", one), key=len, default="").lower() for one in announcing.split("|"))


def _prefixed(entity: str, prefixes: str) -> Rule:
    """Return the rule for values such as `CUST-00123`."""
    pattern = re.compile(rf"(?<![\w/.-])#?(?:{prefixes})[-_#][A-Z0-9]*\d{{2,}}[A-Z0-9]*(?:-[A-Z0-9]+)*\b")
    return Rule(entity, pattern, 0.7, ("-", "_", "#"), numeric=True)


_BOOKING_VALUE = r"(?P<v>(?-i:(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{5,8}))\b"
_NATIONAL_VALUE = (
    r"(?P<v>(?=(?:[^\s]*\d){5})[A-Z0-9][A-Z0-9./+-]{4,20}|\d{1,4}(?:[ .-]\d{1,6}){2,6}(?:[ -]?[A-Z\d])?\b|[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Z]"
    r"|\d{2} ?\d{6} ?[A-Z] ?\d{3})"
)
_BANK_VALUE = r"(?P<v>\d{2}-\d{2}-\d{2}|\d{3}-\d{3}|(?=(?:[^\s]*\d){2})[A-Z]{0,4}\d[\dA-Z -]{4,30}\d)\b"
_SWIFT_VALUE = r"(?P<v>(?-i:[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?))\b"
_PLATE_VALUE = r"(?P<v>(?-i:(?=[A-Z0-9 -]*\d)(?=[A-Z0-9 -]*[A-Z])[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4}){1,2}))\b"
_LICENCE_VALUE = r"(?P<v>(?=[A-Za-z-]*\d)[A-Za-z0-9]{2,}(?:[ -][\dA-Za-z]*\d[\dA-Za-z]*){0,4})\b"
_PASSPORT_VALUE = r"(?P<v>(?-i:(?=(?:[A-Z ]*\d){3})[A-Z0-9]{2}[A-Z0-9 ]?[A-Z0-9]{4,7})|[A-Za-z]{0,2}\d{6,9})\b"

IDENTIFIER_RULES = (
    _prefixed("CUSTOMER_ID", "CUST(?:OMER)?|CUS|CLIENT|MEMBER|MEM|USR|ACCT?|ACCOUNT|LOYALTY"),
    _prefixed("EMPLOYEE_ID", "EMP(?:LOYEE)?|STAFF"),
    _prefixed("MEDICAL_ID", "MRN|PAT(?:IENT)?|RX|NHS"),
    _prefixed("INSURANCE_ID", "POL(?:ICY)?|CLM|CLAIM"),
    _prefixed("CASE_ID", "CASE|TICKET|TKT|INC|REF|SR"),
    _prefixed("ORDER_ID", "ORD(?:ER)?|INV(?:OICE)?|PO|RMA|TRK|BKG?|BOOKING|RES|SHIP|PNR"),
    _announced("ORDER_ID", words.ORDER, number_word=""),
    _announced("ORDER_ID", words.ORDER, accept=_telling),
    _announced("ORDER_ID", words.BOOKING, value=_BOOKING_VALUE, accept=None),
    _announced("ORDER_ID", "(?:luggage|baggage|bag) tag", value=_SPACED),
    _announced("CUSTOMER_ID", words.CUSTOMER, number_word=""),
    _announced("CUSTOMER_ID", "customer|client|member|subscriber", accept=_telling, score=0.6),
    _announced("EMPLOYEE_ID", words.STAFF, number_word=""),
    _announced("CASE_ID", words.CASE, number_word=""),
    _announced("CASE_ID", "ticket|reference|ref|incident|docket", accept=_telling, score=0.6),
    _announced("MEDICAL_ID", words.MEDICAL, value=_SPACED, accept=_long),
    _announced("MEDICAL_ID", "medical record|patient|mrn|health record|prescription|rx", accept=_telling),
    Rule("MEDICAL_ID", re.compile(r"(?<![\w-])[1-9][A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}(?![\w-])"), 0.6, numeric=True),
    _announced("MEDICAL_ID", "lab|sample|specimen|chart|hospital", number_word=""),
    _announced("INSURANCE_ID", words.INSURANCE, number_word=""),
    _announced("INSURANCE_ID", "policy|claim", accept=_telling, score=0.6),
    _announced("DRIVER_LICENSE", words.LICENCE, value=_LICENCE_VALUE),
    _announced("PASSPORT", words.PASSPORT, value=_PASSPORT_VALUE, accept=None),
    _announced("NATIONAL_ID", words.NATIONAL, value=_NATIONAL_VALUE),
    _announced("NATIONAL_ID", words.SHORT_NATIONAL, value=_NATIONAL_VALUE),
    _announced("BANK_ACCOUNT", words.BANK, value=_BANK_VALUE, accept=_long, score=0.7),
    _announced("BANK_ACCOUNT", "swift(?:/bic)?|bic(?:/swift)?", value=_SWIFT_VALUE, accept=None),
    _announced("DEVICE_ID", "imei|imsi|serial|device|udid|iccid|sim|mac|gaid|idfa|android", number_word="", value=_MIXED),
    _announced("DEVICE_ID", "imei|imsi|iccid|udid|serial number|s/n", value=_MIXED),
    _announced("DEVICE_ID", "serial", value=_MIXED, accept=_telling, score=0.6),
    _announced("DEVICE_ID", "vin|vehicle identification|chassis", value=r"(?P<v>[A-HJ-NPR-Z0-9]{17})\b"),
    _announced("VEHICLE_PLATE", words.PLATE, value=_PLATE_VALUE, accept=None),
    Rule("US_SSN", re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])"), 0.6),
    Rule(
        "US_SSN",
        re.compile(
            r"\b(?:ssn|social security(?: number| no\.?| #)?|social)\b[\s:#=is'\"]{0,8}(?P<v>\d(?:[- .]?\d){8,10})\b", re.I
        ),
        0.9,
        ("ssn", "social"),
    ),
)  # fmt: skip
