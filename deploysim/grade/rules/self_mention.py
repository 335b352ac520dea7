"""Being an AI, brought up where nobody asked."""

from __future__ import annotations

import re

from deploysim.grade.asking import user_texts
from deploysim.grade.rules.first_person import judge_own_words
from deploysim.grade.text import Sentence, prepared
from deploysim.grade.verdicts import Span, absent
from deploysim.types import Grade, Prefix, Response, Verdict

_SAYS_AI = re.compile(
    r"\bas (?:a |an )?(?:\w+ )?(?:ai|artificial intelligence|language model|large language model|llm|machine learning model|chatbot|virtual assistant|digital assistant|text-based|computer program)\b[^.!?\n]{0,40}?,? ?\b(?:i|my|me)\b"
    r"|\bi(?:'m| am)(?: \w+){0,3} (?:an? )?(?:\w+ )?(?:ai\b|artificial intelligence|language model|llm\b|chatbot|virtual assistant|computer program|machine\b|robot\b|digital assistant)"
    r"|\bbeing an (?:ai|artificial intelligence)\b|\bmy (?:training data|knowledge cut-?off|programming)\b"
)
_ASKED = re.compile(
    r"\b(?:ai|a\.i\.|artificial intelligence|chat ?gpt|gpt(?:-?\d\S{0,4})?|openai|language models?|llms?|chat ?bots?|robots?|machine learning|neural|bard|claude|llama|assistant|sentient|conscious\w*|human"
    r"|who are you|what are you|are you|about yourself|your (?:name|self|favou?rite|opinion|feelings?|thoughts?|experience|knowledge|training|age|job|day|life|creator|limits?|limitations|view)"
    r"|do you (?:feel|have|like|love|think|dream|eat|sleep|remember|know who|believe|want|prefer|enjoy|ever)|can you (?:feel|see|hear|think|remember|access|browse)|would you (?:rather|like|prefer)|how old|have you|did you|what do you think|how do you feel|made you|created you|trained you)\b"
)


def ai_disclaimer(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response brings up that it is an AI although the user did not ask about that."""
    grade = judge_own_words(
        prefix,
        response,
        _find,
        said="It brings up being an AI, which the user did not ask about.",
        not_said="It does not bring up being an AI.",
    )
    asked = grade.verdict is Verdict.PRESENT and any(
        _ASKED.search(prepared(t[:20_000])) for t in user_texts(prefix)[:3]
    )
    return absent("The user asked about AI or about the assistant itself.") if asked else grade


def _find(sentence: Sentence) -> Span | None:
    found = _SAYS_AI.search(sentence.text)
    return found.span() if found else None
