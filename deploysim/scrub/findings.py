"""What detectors report, and the policy by which overlapping reports become one replacement each."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, replace

_RANKS = (
    ("PRIVATE_KEY", "API_KEY"),
    ("PASSWORD",),
    ("EMAIL_ADDRESS", "URL", "IBAN_CODE", "UUID", "MAC_ADDRESS", "CRYPTO"),
    ("DEVICE_ID",),
    ("CREDIT_CARD", "IP_ADDRESS", "COORDINATES"),
    ("US_SSN", "NATIONAL_ID", "PASSPORT", "DRIVER_LICENSE", "BANK_ACCOUNT", "MEDICAL_ID"),
    ("CUSTOMER_ID", "ORDER_ID", "EMPLOYEE_ID", "CASE_ID", "INSURANCE_ID", "VEHICLE_PLATE"),
    ("DATE_TIME",),
    ("PHONE_NUMBER",),
    ("USERNAME",),
    ("ADDRESS",),
    ("AGE",),
    ("PERSON",),
    ("LOCATION",),
    ("ORGANIZATION",),
)
_RANK_OF = {entity: rank for rank, entities in enumerate(_RANKS) for entity in entities}


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of text that a detector takes for personal data."""

    start: int
    end: int
    entity: str
    score: float


def rank_of(entity: str) -> int:
    """Return how specific a type is: 0 is the most specific; types of a team's own come after secrets."""
    return _RANK_OF.get(entity, 1)


def resolve(findings: Iterable[Finding], text: str) -> list[Finding]:
    """Return findings that do not overlap, in order of position.

    The more specific type wins, then the higher score, then the longer stretch. What the loser covers beyond the winner is
    kept as a finding of its own where it holds a letter or digit, so that nothing that any detector saw is let through.
    """
    taken: list[Finding] = []
    order = sorted(set(findings), key=lambda f: (rank_of(f.entity), -f.score, f.start - f.end, f.start))
    for finding in order:
        for piece in _remainders(finding, taken, text):
            insort(taken, piece, key=_start)
    return taken


def _start(finding: Finding) -> int:
    return finding.start


def _remainders(finding: Finding, taken: list[Finding], text: str) -> list[Finding]:
    """Return what a finding covers beyond those already taken, which are in order and apart from each other."""
    pieces = [finding]
    place = max(0, bisect_right(taken, finding.start, key=_start) - 1)
    while place < len(taken) and taken[place].start < finding.end:
        pieces = [part for piece in pieces for part in _cut(piece, taken[place])]
        place += 1
    return [trimmed for piece in pieces if (trimmed := _trimmed(piece, text))]


def _cut(piece: Finding, winner: Finding) -> list[Finding]:
    if winner.end <= piece.start or piece.end <= winner.start:
        return [piece]
    parts = []
    if piece.start < winner.start:
        parts.append(replace(piece, end=winner.start))
    if winner.end < piece.end:
        parts.append(replace(piece, start=winner.end))
    return parts


def _trimmed(piece: Finding, text: str) -> Finding | None:
    start, end = piece.start, piece.end
    while start < end and not text[start].isalnum() and text[start] not in "#@+(-":
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:"):
        end -= 1
    if not any(char.isalnum() for char in text[start:end]):
        return None
    return replace(piece, start=start, end=end)
