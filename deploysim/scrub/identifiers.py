"""Numbers that stand for one person, order or device, recognised by a prefix or by the words before them."""

from __future__ import annotations

import re

from deploysim.scrub.rules import Rule, digit_count

_NUMBER_WORD = r"(?:\s*(?:numbers?|num|nr|no|id|identifier|code|ref(?:erence)?|#|№)\b\.?)"
_LINK = r"[\"'”)]*\s*(?:\bis\b|\bwas\b|\bare\b|:|=|#|-|–)?\s*[\"'“(]*"
_VALUE = r"(?P<v>#?[A-Za-z]{0,6}[-_/.]?(?=[\w-]*\d)[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+){0,5})\b"
_SPACED = r"(?P<v>[A-Z]{0,3}[ -]?\d[\dA-Z]*(?:[ -]\d[\dA-Z]*){0,5})\b"
_MIXED = r"(?P<v>(?=(?:[^\s]*\d){4})[A-Z0-9]+(?:[-:][A-Z0-9]+)*)\b"


def _identifier(value: str) -> bool:
    """Whether a value has the digits of an identifier; a lone year is a year and a decimal is an amount."""
    return digit_count(value) >= 3 and not re.fullmatch(r"(?:19|20)\d\d|-?\d+[.,]\d+", value)


def _long(value: str) -> bool:
    return digit_count(value) >= 5


def _announced(
    entity: str, words: str, *, needs: str, number_word: str = "?", value: str = _VALUE, score: float = 0.75
) -> Rule:
    """Return the rule for a value behind words; with `number_word=""` only behind "... number", "... id" and the like."""
    pattern = re.compile(rf"(?<![\w-])(?:{words}){_NUMBER_WORD}{number_word}{_LINK}{value}", re.I)
    accept = _long if value is _SPACED else None if value is _PLATE_VALUE else _identifier
    return Rule(entity, pattern, score, tuple(needs.split()), accept)


def _prefixed(entity: str, prefixes: str) -> Rule:
    """Return the rule for values such as `CUST-00123`."""
    pattern = re.compile(rf"(?<![\w/.-])#?(?:{prefixes})[-_#][A-Z0-9]*\d{{2,}}[A-Z0-9]*(?:-[A-Z0-9]+)*\b")
    return Rule(entity, pattern, 0.7, ("-", "_", "#"))


_ORDER_WORDS = (
    "order|purchase order|invoice|booking|reservation|confirmation|tracking|shipment|parcel|delivery|transaction|receipt|return|rma|"
    "pnr|bestellung|commande|pedido"
)
_CUSTOMER_WORDS = (
    "customer|client|member(?:ship)?|account|acct|user|subscriber|loyalty|frequent flyer|library card|kunden?|cliente?"
)
_STAFF_WORDS = "employee|staff|personnel|badge|worker|student|matric(?:ulation)?|roll|enrol?lment|payroll"
_CASE_WORDS = "case|ticket|incident|support request|complaint|docket|file|reference|report"
_MEDICAL_WORDS = "medical record|patient|mrn|nhs|health card|prescription|medicare|medicaid|hospital|chart"
_NATIONAL_WORDS = (
    "national id(?:entity)?(?: card)?|identity card|id card|nin|nino|national insurance|cpf|cnpj|curp|rfc|dni|nie|nif|pesel|"
    "codice fiscale|aadhaar|aadhar|pan(?: card)?|sin|bsn|tfn|nric|fin|ein|itin|tax(?:payer)?(?: id(?:entification)?)?|vat|steuer-?id|"
    "personnummer|egn|oib|inn|snils|rut|cedula"
)
_NATIONAL_VALUE = r"(?P<v>(?=(?:[^\s]*\d){5})[A-Z0-9][A-Z0-9./-]{4,20}|\d{3,4}(?:[ -]\d{3,4}){2,3}|[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Z])"
_BANK_WORDS = "(?:bank |checking |savings |current )?account|acct|routing|aba|sort code|bsb|swift|bic|iban|deposit"
_BANK_VALUE = r"(?P<v>\d{2}-\d{2}-\d{2}|\d{3}-\d{3}|(?=(?:[^\s]*\d){5})[A-Z]{0,4}\d[\dA-Z -]{4,30}\d)\b"
_PLATE_WORDS = (
    "(?:licen[cs]e|number|registration|reg|vehicle) plate|plate|(?:vehicle|car) registration|reg(?:istration)?"
)
_PLATE_VALUE = r"(?P<v>(?-i:(?=[A-Z0-9 -]*\d)(?=[A-Z0-9 -]*[A-Z])[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4}){1,2}))\b"
_LICENCE_WORDS = "driver'?s?'? licen[cs]e|driving licen[cs]e|driver licen[cs]e|licen[cs]e|dl"
_LICENCE_VALUE = r"(?P<v>[A-Za-z]{0,3}\d[\dA-Za-z]*(?:-[\dA-Za-z]+){0,4})\b"

IDENTIFIER_RULES = (
    _prefixed("CUSTOMER_ID", "CUST(?:OMER)?|CUS|CLIENT|MEMBER|MEM|USR|ACCT?|ACCOUNT|LOYALTY"),
    _prefixed("EMPLOYEE_ID", "EMP(?:LOYEE)?|STAFF"),
    _prefixed("MEDICAL_ID", "MRN|PAT(?:IENT)?|RX|NHS"),
    _prefixed("INSURANCE_ID", "POL(?:ICY)?|CLM|CLAIM"),
    _prefixed("CASE_ID", "CASE|TICKET|TKT|INC|REF|SR"),
    _prefixed("ORDER_ID", "ORD(?:ER)?|INV(?:OICE)?|PO|RMA|TRK|BKG?|BOOKING|RES|SHIP|PNR"),
    _announced("ORDER_ID", _ORDER_WORDS, needs="order invoice booking reserv confirm track shipment parcel deliver transact receipt "
               "return rma pnr bestell commande pedido"),
    _announced("CUSTOMER_ID", _CUSTOMER_WORDS, number_word="", needs="customer client member account acct user subscri loyalty flyer "
               "library kunde"),
    _announced("CUSTOMER_ID", "customer|client|member|subscriber", needs="customer client member subscriber", score=0.6),
    _announced("EMPLOYEE_ID", _STAFF_WORDS, number_word="", needs="employee staff personnel badge worker student matric roll enrol"),
    _announced("CASE_ID", _CASE_WORDS, number_word="", needs="case ticket incident support complaint docket file reference report"),
    _announced("CASE_ID", "ticket|reference|ref|incident", needs="ticket ref incident", score=0.6),
    _announced("MEDICAL_ID", _MEDICAL_WORDS, needs="medical patient mrn nhs health prescri medicare medicaid hospital chart",
               value=_SPACED),
    _announced("MEDICAL_ID", "medical record|patient|mrn|health record|prescription|rx", needs="medical patient mrn health prescri rx"),
    _announced("INSURANCE_ID", "insurance|policy|claim|insurance policy|group|subscriber", number_word="",
               needs="insurance policy claim group subscriber"),
    _announced("INSURANCE_ID", "policy|claim", needs="policy claim", score=0.6),
    _announced("DRIVER_LICENSE", _LICENCE_WORDS, needs="licen dl", value=_LICENCE_VALUE),
    _announced("PASSPORT", "passport(?: card)?", needs="passport", value=r"(?P<v>[A-Za-z]{0,2}\d{6,9})\b"),
    _announced("NATIONAL_ID", _NATIONAL_WORDS, needs="id nin cpf cnpj curp rfc dni nie nif pesel codice aadha pan sin bsn tfn nric fin "
               "ein tax vat steuer person egn oib inn snils rut cedula national", value=_NATIONAL_VALUE),
    _announced("BANK_ACCOUNT", _BANK_WORDS, needs="account acct routing aba sort bsb swift bic iban", value=_BANK_VALUE, score=0.7),
    _announced("DEVICE_ID", "imei|imsi|serial|device|udid|iccid|sim|mac|gaid|idfa|android", number_word="",
               needs="imei imsi serial device udid iccid sim idfa", value=_MIXED),
    _announced("DEVICE_ID", "imei|imsi|iccid|udid|serial number|s/n", needs="imei imsi iccid udid serial s/n", value=_MIXED),
    _announced("DEVICE_ID", "vin|vehicle identification", needs="vin vehicle", value=r"(?P<v>[A-HJ-NPR-Z0-9]{17})\b"),
    _announced("VEHICLE_PLATE", _PLATE_WORDS, needs="plate reg", value=_PLATE_VALUE),
    Rule("US_SSN", re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])"), 0.6),
    Rule(
        "US_SSN",
        re.compile(
            r"\b(?:ssn|social security(?: number| no\.?| #)?|social)\b[\s:#=is'\"]{0,8}(?P<v>\d{3}[- .]?\d{2}[- .]?\d{4})\b", re.I
        ),
        0.9,
        ("ssn", "social"),
    ),
    Rule(
        "NATIONAL_ID",
        re.compile(
            r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
        ),
        0.6,
    ),
)  # fmt: skip
