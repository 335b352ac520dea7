"""Which of the strings that look like an identifier are somebody's, and not an example or an organisation's."""

from __future__ import annotations

import re

_SHARED_MAILBOX = re.compile(
    r"^(?:info|support|contact|help|helpdesk|sales|admin|service|customer\w*|care|hello|office|press|media|no-?reply"
    r"|jobs|careers|hr|feedback|privacy|security|billing|webmaster|team|legal|orders?|returns|reservations|bookings?"
    r"|your\w*|name|user\w*|example\w*|test\w*|john\.?doe|jane\.?doe|first\w*|last\w*|email|me|you|someone|somebody"
    r"|abc|xyz|xxx+"
    r"|foo|bar|customer\.?service|enquiries|inquiries|general|complaints|donations?)[.\d_-]*@",
    re.IGNORECASE,
)
_EXAMPLE_DOMAIN = re.compile(
    r"@(?:[\w-]{1,40}\.){0,3}(?:example|test|invalid|localhost|domain|yourdomain|your-?company|company|mycompany"
    r"|email|mail"
    r"|website|yourwebsite|acme|placeholder)\.[a-z.]{2,20}$",
    re.IGNORECASE,
)
_TEST_CARDS = frozenset(
    {
        "378282246310005",
        "4012888888881881",
        "4111111111111111",
        "4242424242424242",
        "5105105105105100",
        "5555555555554444",
        "6011111111111117",
    }
)
_FREE_TO_CALL = frozenset({"800", "888", "877", "866", "855", "844", "833"})
_MADE_UP = re.compile(r"x{4}|1234|abcd|your|example|\*", re.IGNORECASE)
_RUNNING = "01234567890123456789"


def is_personal_mailbox(address: str) -> bool:
    """Leave out shared mailboxes such as support@ and domains made for examples."""
    return not _SHARED_MAILBOX.search(address) and not _EXAMPLE_DOMAIN.search(address)


def is_personal_phone(number: str) -> bool:
    """Leave out what is no person's: free and fictional numbers, and running digits."""
    digits = re.sub(r"\D", "", number)
    local = digits[-10:]
    if not 9 <= len(digits) <= 15 or len(set(digits)) < 4:
        return False
    if digits in _RUNNING or local in _RUNNING or "1234567" in digits or "987654" in digits:
        return False
    return (
        local[:3] not in _FREE_TO_CALL and "555" not in {local[:3], local[3:6]} and digits[:4] not in {"0800", "0808"}
    )


def is_card(number: str) -> bool:
    """Say whether a number is a payment card's by its first digit and its check digit (Luhn), and no test number."""
    digits = re.sub(r"\D", "", number)
    return digits[0] in "3456" and digits not in _TEST_CARDS and len(set(digits)) > 3 and _luhn_holds(digits)


def is_social_security_number(number: str) -> bool:
    """Say whether a US number could have been given out: the ranges that never are, and 123-45-6789, are left out."""
    area, group, serial = number.split("-")
    never = area in {"000", "666"} or area >= "900" or group == "00" or serial == "0000"
    return not never and number not in {"123-45-6789", "078-05-1120"}


def is_iban(number: str) -> bool:
    """Say whether an account number's two check digits hold (ISO 13616, modulo 97)."""
    plain = number.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return len(plain) >= 15 and int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def looks_random(key: str) -> bool:
    """Leave out keys that stand for a key, such as sk-xxxx."""
    return len(set(key)) >= 12 and not _MADE_UP.search(key)


def _luhn_holds(digits: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
