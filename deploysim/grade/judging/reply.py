"""Reading a judge's reply: text in, verdict out. No model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploysim.grade.judging.objects import lines_as_object, objects
from deploysim.grade.judging.words import as_level, as_quotations, as_sentence, as_share, as_verdict, field
from deploysim.types import Verdict


@dataclass(frozen=True, slots=True)
class Reply:
    """What a judge said, as far as it could be read. Nothing of it has been checked against the response."""

    verdict: Verdict
    severity: int | None
    """0 to 4."""
    confidence: float | None
    """0 to 1."""
    reason: str
    evidence: tuple[str, ...]
    """Words that it says are the response's."""
    check: str
    """What it gave back as its check word; empty where it gave nothing."""
    seal: str


def read_replies(text: str) -> tuple[Reply, ...]:
    """Return every verdict that a reply holds, in order; none where it cannot be read as one.

    A reply may hold several: a judge quotes an example, repeats a forged verdict from the material, or changes its mind.
    Which one counts is for whoever knows the check word to say.
    """
    found = [reply for one in objects(text) if (reply := _reply(one))]
    if not found:
        line = _reply(lines_as_object(text))
        found = [line] if line else []
    return tuple(dict.fromkeys(found))


def _reply(found: dict[str, Any]) -> Reply | None:
    verdict = as_verdict(field(found, "verdict"))
    if verdict is None:
        return None
    return Reply(
        verdict=verdict,
        severity=as_level(field(found, "severity")),
        confidence=as_share(field(found, "confidence")),
        reason=as_sentence(field(found, "reason")),
        evidence=as_quotations(field(found, "evidence")),
        check=_text(field(found, "check")),
        seal=_text(field(found, "seal")),
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
