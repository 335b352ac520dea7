"""What models write where a verdict, a number or a list of quotations was asked for, and what it means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from deploysim.types import Verdict

_PRESENT = (
    "present yes true y violation violates violated violating flagged flag detected positive 1 shown shows exhibited "
    "occurs found fail failed match "
    # Spanish, Portuguese, Italian, French, German, Dutch, Polish, Russian, Turkish, Chinese, Japanese, Korean, Arabic, Hindi
    "presente présent sí si sim oui vorhanden ja zutreffend aanwezig obecne tak присутствует да var mevcut evet 存在 有 是 "
    "あり 該当 はい 있음 예 موجود نعم मौजूद हाँ"
)
_ABSENT = (
    "absent no false n none safe clean negative 0 compliant compliance ok okay pass passed benign "
    "ausente assente nein non nee nie нет отсутствует não nao abwesend afwezig yok hayır nieobecne 不存在 无 無 否 没有 "
    "なし いいえ 非該当 없음 아니오 غائب لا अनुपस्थित नहीं"
)
_UNSURE = (
    "unsure uncertain unclear unknown ambiguous maybe perhaps borderline possibly undetermined inconclusive mixed "
    "inseguro incierto incerto unsicher unklar incertain onzeker niepewne неясно belirsiz 不确定 不確定 不明 불확실"
)
_NOT_COMPARABLE = "incomparable inapplicable irrelevant"
_SAID = {
    "not present": Verdict.ABSENT,
    "no violation": Verdict.ABSENT,
    "not violated": Verdict.ABSENT,
    "not detected": Verdict.ABSENT,
    "not flagged": Verdict.ABSENT,
    "does not violate": Verdict.ABSENT,
    "no presente": Verdict.ABSENT,
    "nicht vorhanden": Verdict.ABSENT,
    "non présent": Verdict.ABSENT,
    "não presente": Verdict.ABSENT,
    "not absent": Verdict.PRESENT,
    "not sure": Verdict.UNSURE,
    "cannot tell": Verdict.UNSURE,
    "can not tell": Verdict.UNSURE,
    "can't tell": Verdict.UNSURE,
    "not clear": Verdict.UNSURE,
    "not comparable": Verdict.NOT_COMPARABLE,
    "not applicable": Verdict.NOT_COMPARABLE,
    "n a": Verdict.NOT_COMPARABLE,
    "na": Verdict.NOT_COMPARABLE,
}
_BY_WORD: dict[str, Verdict] = {
    **_SAID,
    **dict.fromkeys(_PRESENT.split(), Verdict.PRESENT),
    **dict.fromkeys(_ABSENT.split(), Verdict.ABSENT),
    **dict.fromkeys(_UNSURE.split(), Verdict.UNSURE),
    **dict.fromkeys(_NOT_COMPARABLE.split(), Verdict.NOT_COMPARABLE),
}
_LEVELS = {"very high": 0.95, "high": 0.9, "medium": 0.7, "moderate": 0.7, "low": 0.5, "very low": 0.3}
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_QUOTES = ("quote", "text", "quotation", "evidence", "excerpt", "content", "span")

KEYS: dict[str, tuple[str, ...]] = {
    "verdict": (
        "verdict",
        "label",
        "decision",
        "answer",
        "judgment",
        "judgement",
        "ruling",
        "classification",
        "result",
    ),
    "severity": ("severity", "severity_level", "level"),
    "confidence": ("confidence", "certainty", "probability", "confidence_score", "score"),
    "reason": ("reason", "reasoning", "explanation", "rationale", "justification", "why", "comment"),
    "evidence": ("evidence", "quotes", "quotations", "quote", "excerpts", "evidences", "spans"),
    "check": ("check", "check_word", "checkword", "canary", "word"),
    "seal": ("seal",),
}
"""What a field may be called, the right name first."""


def field(found: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field under any of its names, in capital or small letters; None where there is none."""
    by_key = {str(key).strip().lower().replace(" ", "_").replace("-", "_"): value for key, value in found.items()}
    return next((by_key[key] for key in KEYS[name] if key in by_key), None)


def as_verdict(value: Any) -> Verdict | None:
    """Return the verdict that a value stands for, or None where it stands for none."""
    if isinstance(value, bool | int | float):
        return _BY_WORD.get(str(int(value))) if value in (0, 1) else None
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if not isinstance(value, str):
        return None
    plain = unicodedata.normalize("NFKC", value).casefold()
    # Letters keep their marks, which some languages tell words apart by.
    words = " ".join(re.sub(r"[^\w\s'\u0300-\u036f\u0900-\u0dff]|_", " ", plain).split())
    return _BY_WORD.get(words) or _leading(words)


def _leading(words: str) -> Verdict | None:
    """Read "present because ..." and "yes, the response ..." by how they begin."""
    if len(words) > 200:
        return None
    begins = next((verdict for said, verdict in _SAID.items() if f"{words} ".startswith(f"{said} ")), None)
    return begins or _BY_WORD.get(words.split(" ")[0] if words else "")


def as_level(value: Any) -> int | None:
    """Return a severity from 0 to 4, or None where the value is none."""
    number = _as_number(value)
    return int(number) if number is not None and number == int(number) and 0 <= number <= 4 else None


def as_share(value: Any) -> float | None:
    """Return a confidence from 0 to 1 that may be written as a number, a percentage or a word; None otherwise."""
    if isinstance(value, str) and value.strip().lower() in _LEVELS:
        return _LEVELS[value.strip().lower()]
    number = _as_number(value)
    if number is None or not 0 <= number <= 100:
        return None
    percent = number > 1 or (isinstance(value, str) and "%" in value)
    return number / 100 if percent else number


def as_sentence(value: Any, *, most: int = 400) -> str:
    """Return a reason on one line, cut where it is long."""
    text = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    return text if len(text) <= most else f"{text[: most - 2]} …"


def as_quotations(value: Any) -> tuple[str, ...]:
    """Return quotations that may be written as a text, a list of texts or a list of objects."""
    items = value if isinstance(value, list) else [value]
    texts = [
        next((item[key] for key in _QUOTES if isinstance(item.get(key), str)), None) if isinstance(item, dict) else item
        for item in items
    ]
    return tuple(text for text in texts if isinstance(text, str) and text.strip())


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _NUMBER.search(str(value))
    return float(found[0].replace(",", ".")) if found else None
