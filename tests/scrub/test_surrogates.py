"""Surrogates: of the same type and shape, never the value, the same throughout a conversation and in no other."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date

import pytest

from deploysim.scrub.lexicon import Lexicon, load_lexicon
from deploysim.scrub.surrogates.book import SurrogateBook
from deploysim.scrub.surrogates.numbers import digits_of, iban_check, luhn_digit

VALUES = (
    ("PERSON", "Anna Reid"),
    ("PERSON", "O'Brien"),
    ("EMAIL_ADDRESS", "anna.reid82@acme.co.uk"),
    ("PHONE_NUMBER", "+1 (415) 222-3333 x12"),
    ("PHONE_NUMBER", "06-65334860"),
    ("PHONE_NUMBER", "+49 170 1234567"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "379097899656846"),
    ("IBAN_CODE", "GB31 PHDF 7924 4949 8067 75"),
    ("IP_ADDRESS", "86.121.97.248"),
    ("IP_ADDRESS", "10.218.6.131"),
    ("IP_ADDRESS", "2a02:8108:8ac0:1::5"),
    ("MAC_ADDRESS", "00:1B:44:11:3A:B7"),
    ("UUID", "123e4567-e89b-12d3-a456-426614174000"),
    ("DATE_TIME", "11/4/1993"),
    ("DATE_TIME", "1990-12-30 23:58:40"),
    ("DATE_TIME", "May 4th, 2020"),
    ("ADDRESS", "37 Rue Bayard 195\n Suite 203\n PARIS, CO 64677\n Kazakhstan"),
    ("LOCATION", "Lyon"),
    ("URL", "https://www.vcshow.cz/users/4711?token=abc123"),
    ("USERNAME", "@anna_reid"),
    ("API_KEY", "sk-proj-abcdEFGH1234ijkl"),
    ("PASSWORD", "hunter2!"),
    ("ORDER_ID", "ORD-123456"),
    ("AGE", "17"),
    ("COORDINATES", "48.85837, 2.294481"),
    ("US_SSN", "536-32-3065"),
    ("VEHICLE_PLATE", "AB12 CDE"),
)

Book = Callable[[str], SurrogateBook]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """Return the word lists, without ordinary English words."""
    return load_lexicon(frozenset())


@pytest.fixture(scope="module")
def book(lexicon: Lexicon) -> Book:
    """Return the surrogates of a conversation under one key."""
    return lambda conversation: SurrogateBook(b"key", conversation, lexicon)


@pytest.mark.parametrize(("entity", "value"), VALUES)
def test_never_the_value_itself(book: Book, entity: str, value: str) -> None:
    """In a hundred conversations no value is replaced by itself."""
    made = {book(f"c{at}").surrogate(entity, value).casefold() for at in range(100)}

    assert value.casefold() not in made


@pytest.mark.parametrize(("entity", "value"), VALUES)
def test_needs_no_stored_state(book: Book, entity: str, value: str) -> None:
    """A book built later for the same conversation gives the same surrogate, whatever it was asked before."""
    later = book("c1")
    later.surrogate("PERSON", "somebody else")

    assert book("c1").surrogate(entity, value) == later.surrogate(entity, value)


@pytest.mark.parametrize(("entity", "value"), VALUES)
def test_differs_between_conversations_and_keys(book: Book, lexicon: Lexicon, entity: str, value: str) -> None:
    """Conversations cannot be joined by their surrogates."""
    several = {book(f"c{at}").surrogate(entity, value) for at in range(20)}

    assert len(several) > 5 or entity in {"AGE", "DATE_TIME"}
    assert len(several) > 1
    other_key = SurrogateBook(b"other", "c1", lexicon)
    assert any(other_key.surrogate(*pair) != book("c1").surrogate(*pair) for pair in VALUES[:3])


@pytest.mark.parametrize(
    "entity", ["PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "UUID", "VEHICLE_PLATE", "ORDER_ID", "PASSWORD"]
)
def test_keeps_length_and_layout(book: Book, entity: str) -> None:
    """Lengths, separators and classes of characters stay."""
    for value in (value for kind, value in VALUES if kind == entity):
        made = book("c1").surrogate(entity, value)
        hexadecimal = entity == "UUID"
        shape = (lambda text: re.sub(r"[0-9a-f]", "0", text)) if hexadecimal else _shape

        assert shape(value) == shape(made)


def _shape(text: str) -> str:
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else c for c in text)


@pytest.mark.parametrize("at", range(50))
def test_cards_and_accounts_pass_their_checks(book: Book, at: int) -> None:
    """Card numbers hold their check digit and issuer, account numbers their checksum and country."""
    card = digits_of(book(f"c{at}").surrogate("CREDIT_CARD", "4111 1111 1111 1111"))
    iban = book(f"c{at}").surrogate("IBAN_CODE", "GB31 PHDF 7924 4949 8067 75").replace(" ", "")

    assert card[0] == "4"
    assert luhn_digit(card[:-1]) == card[-1]
    assert iban[:2] == "GB"
    assert iban_check("GB", iban[4:]) == iban[2:4]


def test_name_first_name_and_mailbox_agree(book: Book) -> None:
    """The full name, the first name alone in any case, and the mailboxes made of it name one person."""
    one = book("c1")
    first, last = one.surrogate("PERSON", "Anna Reid").split()

    assert first == one.surrogate("PERSON", "Anna")
    assert first.lower() == one.surrogate("PERSON", "anna")
    assert last.upper() == one.surrogate("PERSON", "REID")
    assert f"Dr. {last}" == one.surrogate("PERSON", "Dr. Reid")
    assert one.surrogate("EMAIL_ADDRESS", "anna.reid@acme.com").startswith(f"{first}.{last}@".lower())
    assert one.surrogate("EMAIL_ADDRESS", "annareid@acme.com").startswith(f"{first}{last}@".lower())
    assert one.surrogate("EMAIL_ADDRESS", "AnnaReid@acme.com").startswith(f"{first}{last}@")


def test_machines_and_domains_are_set_aside_for_documentation(book: Book) -> None:
    """Addresses lie in documentation ranges and domains under reserved names; private addresses stay private."""
    one = book("c1")
    public = ipaddress.ip_address(one.surrogate("IP_ADDRESS", "86.121.97.248"))

    assert any(public in ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
    assert one.surrogate("IP_ADDRESS", "10.218.6.131").startswith("10.")
    assert ipaddress.ip_address(one.surrogate("IP_ADDRESS", "2a02:8108::5")) in ipaddress.ip_network("2001:db8::/32")
    assert re.fullmatch(r"[a-z]+\.[a-z]+\d\d@[a-z]+\.example", one.surrogate("EMAIL_ADDRESS", "anna.reid82@acme.co.uk"))
    assert re.fullmatch(r"[a-z]+@example\.(com|org|net)", one.surrogate("EMAIL_ADDRESS", "anna@gmail.com"))


def test_dates_keep_their_intervals(book: Book) -> None:
    """All dates of a conversation move by one number of weeks, written as they were."""
    one = book("c1")
    moved = [date.fromisoformat(one.surrogate("DATE_TIME", day)) for day in ("2024-01-31", "2024-03-01")]
    written = one.surrogate("DATE_TIME", "January 31, 2024")

    assert (date(2024, 3, 1) - date(2024, 1, 31)) == moved[1] - moved[0]
    assert (moved[0] - date(2024, 1, 31)).days % 7 == 0
    assert written == f"{moved[0]:%B} {moved[0].day}, {moved[0].year}"


def test_dates_keep_neither_year_nor_month(book: Book) -> None:
    """A birthday is recognised by its month as well."""
    made = [book(f"c{at}").surrogate("DATE_TIME", "1981-07-15") for at in range(200)]

    assert not [one for one in made if one.startswith("1981") or "-07-" in one]


def test_whoever_a_page_is_about_leaves_its_address(book: Book) -> None:
    """What stands behind "profile" or "user=" is replaced, whatever it looks like; other words of the address stay."""
    made = book("c1").surrogate("URL", "https://wiltedmelody.info/profile/jkling?user=marta&tab=posts")

    assert re.fullmatch(r"https://[a-z]+\.example/profile/(?!jkling)[a-z]+\?user=(?!marta)[a-z]+&tab=posts", made)


def test_age_stays_on_its_side_of_eighteen(book: Book) -> None:
    """A minor stays a minor, because replayed models treat one differently."""
    assert all(int(book(f"c{at}").surrogate("AGE", "17")) < 18 for at in range(50))
    assert all(int(book(f"c{at}").surrogate("AGE", "18")) >= 18 for at in range(50))


def test_placeholders_are_consistent(book: Book) -> None:
    """A mark names its type and stays the same for a value in a conversation."""
    mark = book("c1").placeholder("PERSON", "Anna Reid")

    assert re.fullmatch(r"<PERSON_\d+>", mark)
    assert mark == book("c1").placeholder("PERSON", "ANNA REID")
    assert mark != book("c2").placeholder("PERSON", "Anna Reid")
