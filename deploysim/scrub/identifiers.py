"""Numbers that stand for one person, order or device, recognised by the words before them."""

from __future__ import annotations

import re

from deploysim.scrub.rules import Rule, digit_count

_NUMBER_WORD = r"(?:\s*(?:numbers?|num|nr|no|id|identifier|code|ref(?:erence)?|#|№)\b\.?)"
_LINK = r"[\"'”)]*\s*(?:\bis\b|\bwas\b|\bare\b|:|=|#|-|–)?\s*[\"'“(]*"
_VALUE = r"(?P<v>#?[A-Za-z]{0,6}[-_/.]?(?=[\w-]*\d)[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+){0,5})\b"
_SPACED = r"(?P<v>[A-Z]{0,3}[ -]?\d[\dA-Z]*(?:[ -]\d[\dA-Z]*){0,5})\b"


def _identifier(value: str) -> bool:
    """Whether a value has the digits of an identifier; a lone year is a year."""
    digits = digit_count(value)
    return digits >= 3 and not re.fullmatch(r"(?:19|20)\d\d", value) and not re.search(r"\.\d{1,2}$", value)


def _long_identifier(value: str) -> bool:
    return digit_count(value) >= 5


def _rule(
    entity: str, words: str, *, number_word: str = "?", needs: tuple[str, ...], score: float = 0.75, value: str = _VALUE
) -> Rule:
    pattern = re.compile(rf"(?<![\w-])(?:{words}){_NUMBER_WORD}{number_word}{_LINK}{value}", re.I)
    return Rule(entity, pattern, score, needs, _long_identifier if value is _SPACED else _identifier)


_PREFIX_RULES = (
    Rule(
        "CUSTOMER_ID",
        re.compile(
            r"(?<![\w/.-])#?(?:CUST(?:OMER)?|CUS|CLIENT|MEMBER|MEM|USR|ACCT?|ACCOUNT|LOYALTY)[-_#][A-Z0-9]*\d{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*\b"
        ),
        0.7,
    ),
    Rule(
        "EMPLOYEE_ID",
        re.compile(r"(?<![\w/.-])#?(?:EMP(?:LOYEE)?|STAFF)[-_#][A-Z0-9]*\d{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*\b"),
        0.7,
    ),
    Rule(
        "MEDICAL_ID",
        re.compile(r"(?<![\w/.-])#?(?:MRN|PAT(?:IENT)?|RX|NHS)[-_#][A-Z0-9]*\d{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*\b"),
        0.7,
    ),
    Rule(
        "INSURANCE_ID",
        re.compile(r"(?<![\w/.-])#?(?:POL(?:ICY)?|CLM|CLAIM)[-_#][A-Z0-9]*\d{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*\b"),
        0.7,
    ),
    Rule(
        "CASE_ID",
        re.compile(r"(?<![\w/.-])#?(?:CASE|TICKET|TKT|INC|REF|SR)[-_#][A-Z0-9]*\d{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*\b"),
        0.7,
    ),
    Rule(
        "ORDER_ID",
        re.compile(
            r"(?<![\w/.-])#?(?:ORD(?:ER)?|INV(?:OICE)?|PO|RMA|TRK|BKG?|BOOKING|RES|SHIP|PNR)[-_#][A-Z0-9]*\d{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*\b"
        ),
        0.7,
    ),
)
IDENTIFIER_RULES = (
    *_PREFIX_RULES,
    _rule(
        "ORDER_ID",
        r"order|purchase order|invoice|booking|reservation|confirmation|tracking|shipment|parcel|delivery|transaction|receipt|return|rma|pnr|bestellung|commande|pedido",
        needs=(
            "order",
            "invoice",
            "booking",
            "reserv",
            "confirm",
            "track",
            "shipment",
            "parcel",
            "deliver",
            "transact",
            "receipt",
            "return",
            "rma",
            "pnr",
            "bestell",
            "commande",
            "pedido",
        ),
    ),
    _rule(
        "CUSTOMER_ID",
        r"customer|client|member(?:ship)?|account|acct|user|subscriber|loyalty|frequent flyer|library card|kunden?|cliente?",
        number_word="",
        needs=(
            "customer",
            "client",
            "member",
            "account",
            "acct",
            "user",
            "subscri",
            "loyalty",
            "flyer",
            "library",
            "kunde",
        ),
    ),
    _rule(
        "CUSTOMER_ID",
        r"customer|client|member|subscriber",
        needs=("customer", "client", "member", "subscriber"),
        score=0.6,
    ),
    _rule(
        "EMPLOYEE_ID",
        r"employee|staff|personnel|badge|worker|student|matric(?:ulation)?|roll|enrol?lment|payroll",
        number_word="",
        needs=("employee", "staff", "personnel", "badge", "worker", "student", "matric", "roll", "enrol"),
    ),
    _rule(
        "CASE_ID",
        r"case|ticket|incident|support request|complaint|docket|file|reference|report",
        number_word="",
        needs=("case", "ticket", "incident", "support", "complaint", "docket", "file", "reference", "report"),
    ),
    _rule("CASE_ID", r"ticket|reference|ref|incident", needs=("ticket", "ref", "incident"), score=0.6),
    _rule(
        "MEDICAL_ID",
        r"medical record|patient|mrn|nhs|health card|prescription|medicare|medicaid|hospital|chart",
        needs=("medical", "patient", "mrn", "nhs", "health", "prescri", "medicare", "medicaid", "hospital", "chart"),
        value=_SPACED,
    ),
    _rule(
        "MEDICAL_ID",
        r"medical record|patient|mrn|health record|prescription|rx",
        needs=("medical", "patient", "mrn", "health", "prescri", "rx"),
    ),
    _rule(
        "INSURANCE_ID",
        r"insurance|policy|claim|insurance policy|group|subscriber",
        number_word="",
        needs=("insurance", "policy", "claim", "group", "subscriber"),
    ),
    _rule("INSURANCE_ID", r"policy|claim", needs=("policy", "claim"), score=0.6),
    _rule(
        "DRIVER_LICENSE",
        r"driver'?s?'? licen[cs]e|driving licen[cs]e|driver licen[cs]e|licen[cs]e|dl",
        needs=("licen", "dl"),
        value=r"(?P<v>[A-Za-z]{0,3}\d[\dA-Za-z]*(?:-[\dA-Za-z]+){0,4})\b",
    ),
    _rule("PASSPORT", r"passport(?: card)?", needs=("passport",), value=r"(?P<v>[A-Za-z]{0,2}\d{6,9})\b"),
    _rule(
        "NATIONAL_ID",
        r"national id(?:entity)?(?: card)?|identity card|id card|nin|nino|national insurance|cpf|cnpj|curp|rfc|dni|nie|nif|pesel|codice fiscale|aadhaar|aadhar|pan(?: card)?|sin|bsn|tfn|nric|fin|ein|itin|tax(?:payer)?(?: id(?:entification)?)?|vat|steuer-?id|personnummer|egn|oib|inn|snils|rut|cedula",
        needs=(
            "id",
            "nin",
            "cpf",
            "cnpj",
            "curp",
            "rfc",
            "dni",
            "nie",
            "nif",
            "pesel",
            "codice",
            "aadha",
            "pan",
            "sin",
            "bsn",
            "tfn",
            "nric",
            "fin",
            "ein",
            "tax",
            "vat",
            "steuer",
            "person",
            "egn",
            "oib",
            "inn",
            "snils",
            "rut",
            "cedula",
            "national",
        ),
        value=r"(?P<v>(?=(?:[^\s]*\d){5})[A-Z0-9][A-Z0-9./-]{4,20}|\d{3,4}(?:[ -]\d{3,4}){2,3}|[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Z])",
    ),
    _rule(
        "BANK_ACCOUNT",
        r"(?:bank |checking |savings |current )?account|acct|routing|aba|sort code|bsb|swift|bic|iban|deposit",
        needs=("account", "acct", "routing", "aba", "sort code", "bsb", "swift", "bic", "iban"),
        value=r"(?P<v>\d{2}-\d{2}-\d{2}|\d{3}-\d{3}|(?=(?:[^\s]*\d){5})[A-Z]{0,4}\d[\dA-Z -]{4,30}\d)\b",
        score=0.7,
    ),
    _rule(
        "DEVICE_ID",
        r"imei|imsi|serial|device|udid|iccid|sim|mac|gaid|idfa|android",
        needs=("imei", "imsi", "serial", "device", "udid", "iccid", "sim", "idfa"),
        number_word="",
        value=r"(?P<v>(?=(?:[^\s]*\d){4})[A-Z0-9]+(?:[-:][A-Z0-9]+)*)\b",
    ),
    _rule(
        "DEVICE_ID",
        r"imei|imsi|iccid|udid|serial number|s/n",
        needs=("imei", "imsi", "iccid", "udid", "serial", "s/n"),
        value=r"(?P<v>(?=(?:[^\s]*\d){4})[A-Z0-9]+(?:[-: ][A-Z0-9]+)*)\b",
    ),
    _rule(
        "VEHICLE_PLATE",
        r"(?:licen[cs]e|number|registration|reg|vehicle) plate|plate|(?:vehicle|car) registration|reg(?:istration)?",
        needs=("plate", "reg"),
        value=r"(?P<v>(?=[A-Z0-9 -]*\d)(?=[A-Z0-9 -]*[A-Z])[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4}){1,2})\b",
    ),
    _rule(
        "DEVICE_ID",
        r"vin|vehicle identification",
        needs=("vin", "vehicle ident"),
        value=r"(?P<v>[A-HJ-NPR-Z0-9]{17})\b",
    ),
    Rule("US_SSN", re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])"), 0.6),
    Rule(
        "US_SSN",
        re.compile(
            r"\b(?:ssn|social security(?: number| no\.?| #)?|social)\b[\s:#=is'\"]{0,8}(?P<v>\d{3}[- .]?\d{2}[- .]?\d{4})\b",
            re.I,
        ),
        0.9,
        ("ssn", "social"),
    ),
    Rule(
        "NATIONAL_ID",
        re.compile(r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"),
        0.6,
    ),
    Rule(
        "COORDINATES",
        re.compile(
            r"(?<![\d.])[-+−]?(?:[1-8]?\d|90)\.\d{4,}\s*°?\s*[NS]?\s*[,;/ ]\s*[-+−]?(?:1[0-7]\d|\d{1,2}|180)\.\d{4,}(?![\d.])"
        ),
        0.7,
    ),
    Rule(
        "COORDINATES",
        re.compile(r"\b(?:lat(?:itude)?|lon(?:gitude)?|lng)\b[\"']?\s*[:=]\s*(?P<v>[-+]?\d{1,3}\.\d{3,})", re.I),
        0.7,
        ("lat", "lon", "lng"),
    ),
    Rule(
        "UUID",
        re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\b"),
        0.9,
    ),
)
