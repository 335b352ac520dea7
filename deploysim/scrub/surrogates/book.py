"""The surrogate of every value of one conversation, as a pure function of key, conversation, type and value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.surrogates import network, numbers, places, shapes
from deploysim.scrub.surrogates.dates import shift_date
from deploysim.scrub.surrogates.pools import FAMILY, FEMALE, MALE, USER_WORDS
from deploysim.scrub.surrogates.stream import KeyedStream
from deploysim.scrub.word_lists import word_set

_ATTEMPTS = 16
_WEEKS = (*range(57, 100), *range(109, 152))
"""How far dates move: more than a year, so that no year of birth stays; never near a whole number of years, so that no
month does; whole weeks, so that a Monday stays one."""
_TITLES = word_set(
    "mr mrs ms miss mx dr prof professor sir madam lady lord rev fr herr frau sra sr dra jr ii iii phd md"
)
_NAME_TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\.?", re.U)


_KEEP_WORDS = word_set("PERSON EMAIL_ADDRESS URL USERNAME DATE_TIME AGE ORGANIZATION PASSWORD PRIVATE_KEY")
"""Types whose surrogates are mapped word by word, or keep some words of the value on purpose."""


def _parts(value: str) -> set[str]:
    return {part for part in re.findall(r"[^\W_]{2,}", fold(value)) if part not in PARTICLES}


class SurrogateBook:
    """Surrogates of one conversation.

    The same value gets the same surrogate wherever it stands in the conversation, and another one in another
    conversation. Names are mapped word by word, so that a full name, the first name alone and the mailbox made of
    it agree.

    Args:
        key: Secret bytes of the workspace.
        conversation_id: The conversation.
        lexicon: Decides whether a word is replaced by a female, male or family name.
    """

    def __init__(self, key: bytes, conversation_id: str, lexicon: Lexicon) -> None:
        self._key = key
        self._conversation = conversation_id
        self._lexicon = lexicon
        self._made: dict[tuple[str, str], str] = {}
        offset = KeyedStream(key, conversation_id, "dates")
        weeks = offset.pick(_WEEKS) * offset.pick((-1, 1))
        self._moved = timedelta(weeks=weeks, minutes=5 + offset.below(50), seconds=1 + offset.below(58))

    def surrogate(self, entity: str, value: str) -> str:
        """Return a value of the same type and shape that is never the value itself."""
        known = self._made.get((entity, value))
        if known is None:
            known = self._made[entity, value] = self._different(entity, value)
        return known

    def placeholder(self, entity: str, value: str) -> str:
        """Return a mark such as `<PERSON_1204>`, the same for a value throughout the conversation."""
        return f"<{entity}_{1 + self._stream('MARK ' + entity, fold(value)).below(9999)}>"

    def hashed(self, entity: str, value: str) -> str:
        """Return a mark such as `<PERSON_5f0c71>`, the same for a value in every conversation of the workspace."""
        return f"<{entity}_{KeyedStream(self._key, 'HASH ' + entity, fold(value)).below(1 << 24):06x}>"

    def _different(self, entity: str, value: str) -> str:
        maker = self._makers().get(entity, self._identifier)
        second_best = f"<{entity}>"
        for attempt in range(_ATTEMPTS):
            made = maker(value, attempt)
            if fold(made) == fold(value):
                continue
            # A street number or a group of digits that came back by chance would be half a leak.
            if entity in _KEEP_WORDS or _parts(made).isdisjoint(_parts(value)):
                return made
            second_best = made
        return second_best

    def _makers(self) -> dict[str, Callable[[str, int], str]]:
        return {
            "PERSON": self._person,
            "EMAIL_ADDRESS": self._email,
            "URL": self._url,
            "USERNAME": self._username,
            "PHONE_NUMBER": self._numbered("PHONE", numbers.like_phone),
            "CREDIT_CARD": self._numbered("CARD", numbers.like_card),
            "IBAN_CODE": self._shaped("IBAN", numbers.like_iban),
            "AGE": self._numbered("AGE", numbers.like_age),
            "COORDINATES": self._shaped("COORDINATES", numbers.like_coordinates),
            "IP_ADDRESS": self._shaped("IP", network.like_ip),
            "MAC_ADDRESS": self._shaped("MAC", network.like_mac),
            "UUID": self._shaped("UUID", network.like_uuid),
            "DATE_TIME": self._date,
            "ADDRESS": self._address,
            "LOCATION": self._location,
            "ORGANIZATION": self._organization,
            "API_KEY": self._shaped("SECRET", shapes.like_secret),
            "PASSWORD": self._shaped("SECRET", shapes.like_secret),
            "PRIVATE_KEY": self._shaped("SECRET", shapes.like_private_key),
            "CRYPTO": self._shaped("SECRET", shapes.like_secret),
        }

    def _stream(self, kind: str, value: str, attempt: int = 0) -> KeyedStream:
        return KeyedStream(self._key, self._conversation, kind, value, str(attempt))

    def _shaped(self, kind: str, make: Callable[[str, KeyedStream], str]) -> Callable[[str, int], str]:
        return lambda value, attempt: make(value, self._stream(kind, fold(value), attempt))

    def _numbered(self, kind: str, make: Callable[[str, KeyedStream], str]) -> Callable[[str, int], str]:
        return lambda value, attempt: make(value, self._stream(kind, numbers.digits_of(value), attempt))

    def _identifier(self, value: str, attempt: int) -> str:
        return shapes.like_identifier(value, self._stream("ID", fold(value), attempt))

    def _person(self, value: str, attempt: int) -> str:
        def mapped(match: re.Match[str]) -> str:
            token = match[0]
            bare = token.rstrip(".")
            if fold(bare) in _TITLES and match.start() + len(token) < len(value):
                return token
            if fold(bare) in PARTICLES:
                return ""
            if len(bare) == 1:
                return self._stream("INITIAL", fold(bare), attempt).pick("ABCDEFGHJKLMNPRSTVW") + token[1:]
            return self.name_word(bare, attempt)

        return re.sub(r" {2,}", " ", _NAME_TOKEN.sub(mapped, value)).strip() or self.name_word(value, attempt)

    def name_word(self, token: str, attempt: int = 0) -> str:
        """Return the name that stands for one word of a name, in the same case."""
        folded = fold(token)
        for retry in range(attempt, attempt + _ATTEMPTS):
            name = self._stream("NAME", folded, retry).pick(self._pool(folded))
            if fold(name) != folded:
                break
        return match_case(name, token)

    def _pool(self, folded: str) -> tuple[str, ...]:
        lexicon = self._lexicon
        if folded in lexicon.female:
            return FEMALE
        if folded in lexicon.male:
            return MALE
        return FEMALE + MALE if folded in lexicon.given else FAMILY

    def _mailbox_word(self, token: str) -> str:
        split = self._name_split(token)
        return "".join(self.name_word(part) for part in split) if split else self.name_word(token)

    def _name_split(self, token: str) -> tuple[str, str] | None:
        """Split `annareid` into the longest given name that leaves a family name behind it."""
        folded = fold(token)
        if len(folded) != len(token) or folded in self._lexicon.given or folded in self._lexicon.family:
            return None
        for cut in range(len(token) - 3, 2, -1):
            if folded[:cut] in self._lexicon.given and folded[cut:] in self._lexicon.family:
                return token[:cut], token[cut:]
        return None

    def _domain(self, host: str) -> str:
        labels = host.casefold().strip(".").split(".")
        kept = [labels.pop(0)] if len(labels) > 2 and labels[0] in {"www", "mail", "m", "api", "shop", "blog"} else []
        domain = ".".join(labels)
        kept = [] if kept == ["www"] else kept  # says nothing, and a page without it looks the same
        return ".".join([*kept, network.domain_for(domain, self._stream("DOMAIN", domain))])

    def _email(self, value: str, attempt: int) -> str:
        stream = self._stream("MAILBOX", fold(value), attempt)
        return network.like_email(value, word=self._mailbox_word, domain=self._domain, stream=stream)

    def _url(self, value: str, attempt: int) -> str:
        stream = self._stream("URL", value, attempt)
        return network.like_url(value, word=self._mailbox_word, domain=self._domain, stream=stream)

    def _username(self, value: str, attempt: int) -> str:
        bare = value.lstrip("@")
        stream = self._stream("USER", fold(bare), attempt)
        parts = re.findall(r"[A-Z][a-z]+|[^\W\d_]+", bare)
        if any(self._lexicon.is_name(part) for part in parts):
            made = network.like_local_part(bare, word=self._mailbox_word, stream=stream)
        else:
            made = stream.pick(USER_WORDS) + "".join(str(stream.below(10)) for char in bare if char.isdigit())
        return value[: len(value) - len(bare)] + made

    def _date(self, value: str, attempt: int) -> str:
        shifted = shift_date(value, self._moved)
        return shifted if shifted else self._identifier(value, attempt)

    def _address(self, value: str, attempt: int) -> str:
        def stream(kind: str, token: str) -> KeyedStream:
            return self._stream(kind, token, attempt)

        return places.like_address(value, stream=stream, lexicon=self._lexicon)

    def _location(self, value: str, attempt: int) -> str:
        pool = places.pool_for(value, self._lexicon)
        return match_case(self._stream("PLACE", fold(value), attempt).pick(pool), value)

    def _organization(self, value: str, attempt: int) -> str:
        stream = self._stream("ORGANIZATION", fold(value), attempt)
        return match_case(stream.pick(FAMILY), value)


def match_case(name: str, like: str) -> str:
    """Write a name in the case of another word."""
    if like.islower():
        return name.lower()
    return name.upper() if like.isupper() and len(like) > 1 else name
