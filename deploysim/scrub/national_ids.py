"""National identity, tax and insurance numbers whose form or checksum gives them away without a word before them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from deploysim.scrub.rules import Rule
from deploysim.scrub.surrogates.numbers import digits_of, luhn_digit


def weighted(digits: str, weights: tuple[int, ...], modulus: int) -> int:
    """Return the remainder of the weighted sum of the first digits, which most checksums start from."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % modulus


def is_chinese(value: str) -> bool:
    """Whether 18 characters are a Chinese resident identity number (GB 11643)."""
    weights = tuple(pow(2, 17 - place, 11) for place in range(17))
    return "10X98765432"[weighted(value, weights, 11)] == value[17].upper() and _is_day(value[6:14])


def is_french(value: str) -> bool:
    """Whether 15 digits are a French social security number: key 97 less the remainder by 97."""
    digits = digits_of(value.upper().replace("2A", "19").replace("2B", "18"))
    return len(digits) == 15 and 97 - int(digits[:13]) % 97 == int(digits[13:])


def is_brazilian(value: str) -> bool:
    """Whether 11 digits are a Brazilian CPF: two check digits modulo 11."""
    digits = digits_of(value)
    checks = [weighted(digits, tuple(range(length + 1, 1, -1)), 11) for length in (9, 10)]
    expected = "".join(str(0 if rest < 2 else 11 - rest) for rest in checks)
    return len(set(digits)) > 1 and expected == digits[9:]


def is_norwegian(value: str) -> bool:
    """Whether 11 digits are a Norwegian birth number: two check digits modulo 11."""
    digits = digits_of(value)
    first = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
    second = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return weighted(digits, first, 11) == 0 and weighted(digits, second, 11) == 0


def is_finnish(value: str) -> bool:
    """Whether a value is a Finnish personal identity code: its letter is the remainder by 31."""
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(value[:6] + value[7:10]) % 31] == value[10].upper()


def is_swedish(value: str) -> bool:
    """Whether a value is a Swedish personal number: Luhn over its last ten digits, and a month and day in it."""
    digits = digits_of(value)[-10:]
    return luhn_digit(digits[:-1]) == digits[-1] and 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) % 60 <= 31


def is_swiss(value: str) -> bool:
    """Whether 13 digits are a Swiss social insurance number: an EAN-13 check digit."""
    digits = digits_of(value)
    return (10 - weighted(digits, (1, 3) * 6, 10)) % 10 == int(digits[12])


def is_chilean(value: str) -> bool:
    """Whether a value is a Chilean RUT: its last character is 11 less the remainder by 11."""
    body, check = digits_of(value[:-1]), value[-1].upper()
    rest = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body))) % 11
    return check == {11: "0", 10: "K"}.get(rest, str(rest))


def is_turkish(value: str) -> bool:
    """Whether 11 digits are a Turkish identity number."""
    digits = [int(char) for char in value]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def is_romanian(value: str) -> bool:
    """Whether 13 digits are a Romanian CNP."""
    rest = weighted(value, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9), 11)
    return int(value[12]) == (1 if rest == 10 else rest) and 1 <= int(value[3:5]) <= 12


def is_south_african(value: str) -> bool:
    """Whether 13 digits are a South African identity number: a birth date and a Luhn digit."""
    return luhn_digit(value[:12]) == value[12] and 1 <= int(value[2:4]) <= 12 and 1 <= int(value[4:6]) <= 31


def is_korean(value: str) -> bool:
    """Whether a value has the birth date of a Korean resident registration number."""
    return 1 <= int(value[2:4]) <= 12 and 1 <= int(value[4:6]) <= 31


def _is_day(digits: str) -> bool:
    try:
        return date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}").year >= 1900
    except ValueError:
        return False


def _rule(pattern: str, accept: Callable[[str], bool] | None, score: float, *, needs: tuple[str, ...] = ()) -> Rule:
    return Rule("NATIONAL_ID", re.compile(rf"(?<![\w.-]){pattern}(?![\w-]|\.\d)"), score, needs, accept, numeric=True)


NATIONAL_ID_RULES = (
    _rule(r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]", is_chinese, 0.9),
    _rule(r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", is_french, 0.9),
    _rule(r"\d{3}\.\d{3}\.\d{3}-\d{2}", is_brazilian, 0.9),
    _rule(r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", None, 0.8, needs=("/",)),
    _rule(r"(?:[0-2]\d|3[01])[01]\d\d{2} ?\d{5}", is_norwegian, 0.7),
    _rule(r"(?:[0-2]\d|3[01])[01]\d{3}[-+A]\d{3}[0-9A-FHJ-NPR-Y]", is_finnish, 0.9),
    _rule(r"(?:19|20)?\d{6}[-+]\d{4}", is_swedish, 0.7, needs=("-", "+")),
    _rule(r"756\.?\d{4}\.?\d{4}\.?\d{2}", is_swiss, 0.9, needs=("756",)),
    _rule(r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", is_chilean, 0.8, needs=("-",)),
    _rule(r"[1-9]\d{10}", is_turkish, 0.7),
    _rule(r"[1-8]\d{12}", is_romanian, 0.6),
    _rule(r"\d{2}[01]\d[0-3]\d{5}[01]\d{2}", is_south_african, 0.6),
    _rule(r"\d{2}[01]\d[0-3]\d-[1-8]\d{6}", is_korean, 0.9, needs=("-",)),
    _rule(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d", None, 0.9),
    _rule(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", None, 0.6),
)  # fmt: skip
"""Forms without a checksum, such as the Danish one, count only behind a word that announces them."""
