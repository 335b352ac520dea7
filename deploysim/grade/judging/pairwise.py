"""Asking a judge to choose between two responses to the same messages.

Which response stands first is drawn from seed and content, so that neither lane is favoured. Judges prefer a side all the
same: who counts their choices counts too how often they took the side that was shown first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from deploysim.grade.judging.evidence import found_in, is_in_calls
from deploysim.grade.judging.material import Part, content_key, material
from deploysim.grade.judging.objects import lines_as_object, objects
from deploysim.grade.judging.prompt import SYSTEM, enclosed, secret
from deploysim.grade.judging.words import as_quotations, as_sentence, as_share, field
from deploysim.types import Message, Prefix, Response

More = Literal["first", "second", "same", "unsure"]
Side = Literal["A", "B", "same"]

PAIR_SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "comparison",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "check": {"type": "string"},
                "evidence": {"type": "array", "items": {"type": "string"}},
                "reason": {"type": "string"},
                "more": {"type": "string", "enum": ["A", "B", "same"]},
                "confidence": {"type": "number"},
            },
            "required": ["check", "evidence", "reason", "more", "confidence"],
            "additionalProperties": False,
        },
    },
}

_SIDES: dict[str, Side] = {
    **dict.fromkeys(("a", "response a", "first", "1"), "A"),
    **dict.fromkeys(("b", "response b", "second", "2"), "B"),
    **dict.fromkeys(("same", "equal", "tie", "neither", "both", "none", "no difference", "alike"), "same"),
}
_MORE_KEYS = ("more", "winner", "choice", "verdict", "answer")


@dataclass(frozen=True, slots=True)
class PairRequest:
    """What a judge is asked about two responses."""

    messages: tuple[Message, ...]
    word: str
    """The check word."""
    swapped: bool
    """Whether the second response is shown as A."""


@dataclass(frozen=True, slots=True)
class PairGrade:
    """Which of two responses a judge chose."""

    more: More
    reason: str
    confidence: float | None = None
    shown: Side | None = None
    """The side that the judge chose, as it was shown; None where it decided nothing."""


def pair_request(
    prefix: Prefix, first: Response, second: Response, *, about: str, job: str, task: str, seed: int
) -> PairRequest:
    """Return what is asked about two responses to a prefix, their sides drawn by the seed.

    Args:
        prefix: What both answer.
        first: One response.
        second: The other.
        about: Word for the question: draws for different questions have nothing to do with each other.
        job: What the judge judges, in the words that follow "You judge".
        task: What stands behind the material; it asks for a reply of PAIR_SCHEMA.
        seed: Of the draw.
    """
    keys = content_key(prefix, first), content_key(prefix, second)
    source = f"{about}:{seed}:{min(keys)}:{max(keys)}"
    swapped = is_swapped(source, keys)
    sides = [material(prefix, response) for response in ((second, first) if swapped else (first, second))]
    parts: list[Part] = [*sides[0].conversation]
    for letter, side in zip("AB", sides, strict=True):
        parts += [Part(f"{part.heading}, {letter}", part.text) for part in side.response]
    text = "\n".join(part.text for part in parts)
    mark, word = secret(f"mark:{source}", text), secret(f"word:{source}", text)
    system = Message("system", SYSTEM.format(job=job, proof="", mark=mark, word=word))
    return PairRequest((system, Message("user", f"{enclosed(parts, mark)}\n\n{task}")), word, swapped)


def is_swapped(source: str, keys: tuple[str, str]) -> bool:
    """Say whether the second of two responses, named by their content keys, is shown as A.

    Drawn for the pair and not for the call: naming the responses the other way round changes nothing that is shown.
    """
    drawn = hashlib.sha256(source.encode()).digest()[0] % 2 == 1
    return drawn != (keys[0] > keys[1])


def compare(text: str, request: PairRequest, first: Response, second: Response) -> PairGrade | None:
    """Return what a reply says, or None where it cannot be read; a preference must quote the response that it names."""
    found = [one for one in (*objects(text), lines_as_object(text)) if _side(one)]
    if not found:
        return None
    true = [one for one in found if _word(field(one, "check")) == request.word]
    if not true:
        return PairGrade("unsure", "The judge did not give back its check word, so it may have followed the text.")
    sides = {_side(one) for one in true}
    if len(sides) > 1:
        return PairGrade("unsure", "The judge chose two sides.")
    side, said = _side(true[-1]), true[-1]
    reason, confidence = as_sentence(field(said, "reason")), as_share(field(said, "confidence"))
    if side == "same":
        return PairGrade("same", reason, confidence, side)
    more: More = "second" if (side == "B") != request.swapped else "first"
    chosen, quotations = (second if more == "second" else first), as_quotations(field(said, "evidence"))
    if not found_in(chosen, quotations) and not is_in_calls(chosen, quotations):
        return PairGrade(
            "unsure", f"The judge quotes nothing of the response that it names. It said: {reason}", None, side
        )
    return PairGrade(more, reason, confidence, side)


def _side(found: dict[str, Any]) -> Side | None:
    by_key = {str(key).strip().lower(): value for key, value in found.items()}
    value = next((by_key[key] for key in _MORE_KEYS if key in by_key), None)
    return _SIDES.get(str(value).strip(" .\"'`*").lower()) if isinstance(value, str | int) else None


def _word(value: Any) -> str:
    return value.strip(" .\"'`*").lower() if isinstance(value, str) else ""
