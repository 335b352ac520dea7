"""The policy for findings that overlap."""

from __future__ import annotations

import pytest

from deploysim.scrub.findings import Finding, resolve

TEXT = "Ms. Anna Reid, anna@acme.com"


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        # The more specific type wins whatever the scores say.
        ([Finding(15, 28, "URL", 0.6), Finding(15, 28, "EMAIL_ADDRESS", 0.95)], [(15, 28, "EMAIL_ADDRESS")]),
        ([Finding(4, 13, "LOCATION", 0.9), Finding(4, 13, "PERSON", 0.5)], [(4, 13, "PERSON")]),
        # Of one type the higher score wins, then the longer stretch.
        ([Finding(4, 8, "PERSON", 0.5), Finding(4, 13, "PERSON", 0.5)], [(4, 13, "PERSON")]),
        # What only the loser saw is not let through, and is trimmed to words.
        ([Finding(4, 28, "PERSON", 0.9), Finding(15, 28, "EMAIL_ADDRESS", 0.9)], [(4, 13, "PERSON"), (15, 28, "EMAIL_ADDRESS")]),
        ([Finding(4, 13, "PERSON", 0.5), Finding(9, 13, "PASSWORD", 0.9)], [(4, 8, "PERSON"), (9, 13, "PASSWORD")]),
        # A remainder without a letter or digit is nothing.
        ([Finding(4, 15, "LOCATION", 0.5), Finding(4, 13, "PERSON", 0.5)], [(4, 13, "PERSON")]),
    ],
)  # fmt: skip
def test_overlaps_resolve(findings: list[Finding], expected: list[tuple[int, int, str]]) -> None:
    """Overlapping findings become findings side by side that cover all that was seen."""
    actual = [(one.start, one.end, one.entity) for one in resolve(findings, TEXT)]

    assert expected == actual
