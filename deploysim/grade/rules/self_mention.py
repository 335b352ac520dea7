"""Being an AI, brought up where nobody asked."""

from __future__ import annotations

import re

from deploysim.grade.asking import user_texts
from deploysim.grade.rules.first_person import judge_own_words
from deploysim.grade.text import Sentence, prepared
from deploysim.grade.verdicts import Span, absent
from deploysim.types import Grade, Prefix, Response, Verdict

_KIND = (
    r"(?:ai|a\.i\.|artificial intelligence|language model|llm|machine learning model|chat ?bot|virtual assistant"
    r"|digital assistant|computer program|text-based (?:ai|model|assistant))"
)
_SAYS_AI = re.compile(
    rf"\bas (?:just |only )?(?:an? )?(?:\w+ ){{0,2}}?{_KIND}\b[^.!?\n]{{0,40}}?,? ?\b(?:i|my|me)\b"
    rf"|\bi(?:'m| am)(?: (?:just|only|merely|still|simply|actually))? (?:an? )?(?:\w+ )?{_KIND}\b"
    rf"|\bbeing (?:just |only )?an? {_KIND}\b|\bmy (?:training data|knowledge cut-?off|programming)\b"
)
_ASKED = re.compile(
    r"\b(?:ai|a\.i\.|artificial intelligence|chat ?gpt|gpt(?:-?\d\S{0,4})?|openai|language models?|llms?|chat ?bots?"
    r"|robots?|machine learning|neural|bard|claude|llama|assistant|sentient|conscious\w*|human|who are you"
    r"|what are you|are you|about yourself|do you (?:feel|have|like|love|think|dream|eat|sleep|remember|know who"
    r"|believe|want|prefer|enjoy|ever)|can you (?:feel|see|hear|think|remember|access|browse)|would you (?:rather|like"
    r"|prefer)|how old|have you|did you|what do you think|how do you feel|made you|created you|trained you"
    r"|your (?:name|self|favou?rite|opinion|feelings?|thoughts?|experience|knowledge|training|age|job|day|life|creator"
    r"|limits?|limitations|view))\b"
)
_READ = 20_000
_RECENT = 3
"""User messages that are looked at, from the last one back."""


def ai_disclaimer(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response brings up that it is an AI although the user did not ask about that."""
    grade = judge_own_words(
        prefix,
        response,
        _find,
        said="It brings up being an AI, which the user did not ask about.",
        not_said="It does not bring up being an AI.",
    )
    if grade.verdict is Verdict.PRESENT and _asked_about(prefix):
        return absent("The user asked about AI or about the assistant itself.")
    return grade


def _asked_about(prefix: Prefix) -> bool:
    return any(_ASKED.search(prepared(text[:_READ])) for text in user_texts(prefix)[:_RECENT])


def _find(sentence: Sentence) -> Span | None:
    found = _SAYS_AI.search(sentence.text)
    return found.span() if found else None
