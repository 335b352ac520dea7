"""Presidio's own recognisers, driven so that they fail closed, stay quiet and never reach for the network."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploysim.scrub.findings import Finding

_TIMEOUT_SECONDS = 10.0
_CONTEXT_REACH = 60
_CONTEXT_BOOST = 0.35


@dataclass(frozen=True, slots=True)
class PresidioRule:
    """One Presidio pattern recogniser under our name of its entity."""

    recognizer: Any
    entity: str
    least_digits: int


def presidio_rules() -> tuple[PresidioRule, ...]:
    """Build the recognisers whose checks our own rules do not repeat.

    Presidio's recogniser base catches a pattern that runs too long, logs it and goes on, and its IBAN recogniser logs
    the value: so its patterns and checks are used, and its loop and its logger are not.
    """
    _silence()
    from presidio_analyzer.predefined_recognizers import (
        AuAbnRecognizer,
        AuMedicareRecognizer,
        AuTfnRecognizer,
        CryptoRecognizer,
        EsNieRecognizer,
        EsNifRecognizer,
        InAadhaarRecognizer,
        InPanRecognizer,
        ItFiscalCodeRecognizer,
        MedicalLicenseRecognizer,
        NhsRecognizer,
        PlPeselRecognizer,
        SgFinRecognizer,
        UsBankRecognizer,
        UsItinRecognizer,
        UsLicenseRecognizer,
        UsPassportRecognizer,
        UsSsnRecognizer,
    )

    listed = (
        (CryptoRecognizer, "CRYPTO", 1),
        (MedicalLicenseRecognizer, "MEDICAL_ID", 7),
        (UsSsnRecognizer, "US_SSN", 9),
        (UsItinRecognizer, "NATIONAL_ID", 9),
        (UsPassportRecognizer, "PASSPORT", 8),
        (UsBankRecognizer, "BANK_ACCOUNT", 8),
        (UsLicenseRecognizer, "DRIVER_LICENSE", 5),
        (NhsRecognizer, "MEDICAL_ID", 10),
        (EsNifRecognizer, "NATIONAL_ID", 7),
        (EsNieRecognizer, "NATIONAL_ID", 7),
        (ItFiscalCodeRecognizer, "NATIONAL_ID", 7),
        (PlPeselRecognizer, "NATIONAL_ID", 11),
        (InAadhaarRecognizer, "NATIONAL_ID", 12),
        (InPanRecognizer, "NATIONAL_ID", 4),
        (SgFinRecognizer, "NATIONAL_ID", 7),
        (AuTfnRecognizer, "NATIONAL_ID", 8),
        (AuAbnRecognizer, "NATIONAL_ID", 11),
        (AuMedicareRecognizer, "MEDICAL_ID", 10),
    )
    return tuple(PresidioRule(kind(), entity, least) for kind, entity, least in listed)


def find_with_presidio(text: str, rules: tuple[PresidioRule, ...]) -> Iterator[Finding]:
    """Yield what Presidio's patterns find, raised where one of the recogniser's context words stands nearby.

    Raises:
        TimeoutError: A pattern ran too long; the text counts as not scrubbed.
    """
    digits = sum(char.isdigit() for char in text)
    lowered = text.lower()
    for rule in rules:
        if digits >= rule.least_digits:
            yield from _one(text, lowered, rule)


def _one(text: str, lowered: str, rule: PresidioRule) -> Iterator[Finding]:
    recognizer = rule.recognizer
    for pattern in recognizer.patterns:
        for match in _compiled(pattern, recognizer).finditer(text, timeout=_TIMEOUT_SECONDS):
            score = _score(recognizer, match[0], pattern.score)
            if not score:
                continue
            before = lowered[max(0, match.start() - _CONTEXT_REACH) : match.start()]
            if any(word in before for word in recognizer.context or ()):
                score = min(1.0, score + _CONTEXT_BOOST)
            yield Finding(match.start(), match.end(), rule.entity, score)


def _compiled(pattern: Any, recognizer: Any) -> Any:
    if pattern.compiled_regex is None:
        import regex

        pattern.compiled_regex = regex.compile(pattern.regex, flags=recognizer.global_regex_flags)
        pattern.compiled_with_flags = recognizer.global_regex_flags
    return pattern.compiled_regex


def _score(recognizer: Any, value: str, base: float) -> float:
    """Return the score after Presidio's own checks; 0.0 where they reject the value."""
    valid = recognizer.validate_result(value)
    if valid is False or recognizer.invalidate_result(value):
        return 0.0
    return 1.0 if valid else base


def _silence() -> None:
    for name in ("presidio-analyzer", "presidio_analyzer", "tldextract", "decision_process"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
