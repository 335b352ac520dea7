"""Presidio's own recognisers, driven so that they fail closed, stay quiet and never reach for the network."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploysim.scrub.findings import Finding
from deploysim.scrub.rules import digit_count

_TIMEOUT_SECONDS = 10.0
_CONTEXT_REACH = 60
_CONTEXT_BOOST = 0.35
_LEAST_WITH_CONTEXT = 0.4


@dataclass(frozen=True, slots=True)
class PresidioRule:
    """One Presidio pattern recogniser under our name of its entity."""

    recognizer: Any
    entity: str
    least_digits: int
    context: re.Pattern[str]
    """The recogniser's own context words."""


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
        PlPeselRecognizer,
        SgFinRecognizer,
        UsBankRecognizer,
        UsItinRecognizer,
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
    return tuple(presidio_rule(kind(), entity, least) for kind, entity, least in listed)


def presidio_rule(recognizer: Any, entity: str, least_digits: int) -> PresidioRule:
    """Return a pattern recogniser as a rule; it is not tried on texts with fewer digits."""
    words = "|".join(re.escape(word.lower()) for word in recognizer.context or ())
    return PresidioRule(
        recognizer, entity, least_digits, re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else r"(?!)")
    )


def find_with_presidio(text: str, rules: tuple[PresidioRule, ...]) -> Iterator[Finding]:
    """Yield what Presidio's patterns find, raised where one of the recogniser's context words stands nearby.

    Patterns too weak to count alone run only where the text holds such a word at all.

    Raises:
        TimeoutError: A pattern ran too long; the text counts as not scrubbed.
    """
    digits = digit_count(text)
    if digits < min(rule.least_digits for rule in rules):
        return
    lowered = text.lower()
    for rule in rules:
        if digits >= rule.least_digits:
            yield from _one(text, lowered, rule)


def _one(text: str, lowered: str, rule: PresidioRule) -> Iterator[Finding]:
    announced = rule.context.search(lowered) is not None
    for pattern in rule.recognizer.patterns:
        if pattern.score < _LEAST_WITH_CONTEXT and not announced:
            continue
        for match in _compiled(pattern, rule.recognizer).finditer(text, timeout=_TIMEOUT_SECONDS):
            score = _score(rule.recognizer, match[0], pattern.score)
            if score and rule.context.search(lowered, max(0, match.start() - _CONTEXT_REACH), match.start()):
                score = max(_LEAST_WITH_CONTEXT, min(1.0, score + _CONTEXT_BOOST))
            if score:
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
