"""Numbers that stay valid: payment cards, bank accounts, phones, ages, coordinates."""

from __future__ import annotations

import re

from deploysim.scrub.surrogates.shapes import same_shape
from deploysim.scrub.surrogates.stream import KeyedStream


def digits_of(value: str) -> str:
    """Return the digits of a value, which is how numbers are compared."""
    return "".join(char for char in value if char.isdigit())


def pour(digits: str, form: str) -> str:
    """Write digits into the digit places of a form, from the right where there are fewer or more of them."""
    places = sum(char.isdigit() for char in form)
    left = iter(digits[-places:].rjust(places, "0"))
    return "".join(next(left) if char.isdigit() else char for char in form)


def luhn_digit(body: str) -> str:
    """Return the check digit that makes a card number valid (ISO/IEC 7812, mod 10)."""
    total = 0
    for position, char in enumerate(reversed(body)):
        digit = int(char) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def like_card(value: str, stream: KeyedStream) -> str:
    """Return a card number of the same length and issuer range whose check digit holds."""
    digits = digits_of(value)
    issuer = digits[:1] if digits[:1] == "4" else digits[:2]
    body = issuer + "".join(str(stream.below(10)) for _ in range(len(digits) - len(issuer) - 1))
    return pour(body + luhn_digit(body), value)


def iban_check(country: str, account: str) -> str:
    """Return the two check digits of an IBAN (ISO 13616, mod 97)."""
    numeric = "".join(str(int(char, 36)) for char in account + country + "00")
    return f"{98 - int(numeric) % 97:02d}"


def like_iban(value: str, stream: KeyedStream) -> str:
    """Return an IBAN of the same country, length, grouping and case whose check digits hold."""
    compact = "".join(char for char in value if char.isalnum()).upper()
    account = same_shape(compact[4:], stream)
    whole = iter(compact[:2] + iban_check(compact[:2], account) + account)
    text = "".join(next(whole) if char.isalnum() else char for char in value)
    return text.lower() if value == value.lower() else text


_NORTH_AMERICAN = re.compile(r"\(?[2-9]\d\d\)?[-. ]*[2-9]?\d\d[-. ]*\d{4}")
_EXTENSION = re.compile(r"\s*(?:x|ext\.?|extension)\s*(\d{1,6})$", re.I)


def like_phone(value: str, stream: KeyedStream) -> str:
    """Return a phone number in the same form: country code and leading zeros stay, the rest changes.

    Ten-digit North American numbers get the exchange 555 and a line from 0100 to 0199, which are set aside for fiction.
    """
    extension = _EXTENSION.search(value)
    main = value[: extension.start()] if extension else value
    tail = same_shape(value[extension.start(1) :], stream) if extension else ""
    gap = value[extension.start() : extension.start(1)] if extension else ""
    return _main_number(main, stream) + gap + tail


def _main_number(main: str, stream: KeyedStream) -> str:
    country = re.match(r"\s*(?:\+\s?1|1)?[-. ]*(?=\(?[2-9]\d\d)", main)
    body = main[country.end() :] if country else main
    if country and _NORTH_AMERICAN.fullmatch(body):
        area = f"{2 + stream.below(8)}{stream.below(10)}{stream.below(10)}"
        return main[: country.end()] + pour(f"{area}55501{stream.below(100):02d}", body)
    prefix = re.match(r"\s*(?:\+\s?\d{1,3}(?=\D|\d{6})|00\d{2}(?=\D)|\(?0)", main)
    return same_shape(main, stream, start=prefix.end() if prefix else 0)


def like_age(value: str, stream: KeyedStream) -> str:
    """Return an age a few years away, on the same side of eighteen."""
    age = int(value)
    steps = [step for step in (-4, -3, -2, -1, 1, 2, 3, 4) if (age + step >= 18) == (age >= 18) and age + step > 0]
    return str(age + stream.pick(steps))


def like_coordinates(value: str, stream: KeyedStream) -> str:
    """Return coordinates elsewhere with the same number of decimals."""

    def moved(match: re.Match[str]) -> str:
        whole = str(stream.below(80) + 1).zfill(1)
        return f"{match[1]}{whole}.{same_shape(match[3], stream)}"

    return re.sub(r"([-+−]?)(\d{1,3})\.(\d+)", moved, value)
