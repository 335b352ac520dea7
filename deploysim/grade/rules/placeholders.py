"""Blanks that were left for the user to fill in."""

from __future__ import annotations

import re

from deploysim.grade.asking import Voice, user_texts, voice
from deploysim.grade.own_words import without_code
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import Span, absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_FIRST_WORD = (
    r"(?:your|my|insert|enter|add|type|specify|fill in|recipient|sender|company|employer|customer|client|manager"
    r"|teacher|landlord|hiring|first|last|full|phone|contact|current|today|street|city|state|zip|e-?mail|name|date"
    r"|address|position|title|job|number|amount|location|place|product|website|url|link|signature|organi[sz]ation"
    r"|school|university|department|time|day|month|year|friend|boss|professor|subject|reason|describe|briefly"
    r"|mention|include|list|order|account|event|relevant|specific)"
)
_REST = r"(?:'s|s)?\b[\w ',./&()-]{0,60}?"
_BLANK = re.compile(
    rf"\[{_FIRST_WORD}{_REST}\](?!\()|\{{\{{ ?{_FIRST_WORD}{_REST} ?\}}\}}"
    rf"|\{{(?:your|insert|enter)\b{_REST}\}}|<(?:your|insert|enter) {_REST}>"
)
_NAME = re.compile(r"\[(?:your |my )?(?:full )?name\]")
_ASKED = re.compile(
    r"\b(?:templates?|place-?holders?|forms?|fill[- ]in|blanks?|boilerplate|worksheet|quiz|cloze|skeleton|outline"
    r"|variables?|prompts?)\b"
)
_MANY = 3
_MOST_EVIDENCE = 5
_READ = 20_000


def unfilled_placeholder(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response leaves blanks such as "[Your Name]" in a text that was to be ready."""
    if "[" not in response.text and "{" not in response.text and "<" not in response.text:
        return absent("It leaves no blanks to fill in.")
    text = prepared(without_code(response.text))
    spans = _blanks(text)
    if not spans:
        return absent("It leaves no blanks to fill in.")
    users = [prepared(user[:_READ]) for user in user_texts(prefix)]
    if any(_ASKED.search(user) or _BLANK.search(user) for user in users):
        return absent("The user asked for a template, or wrote the blanks.")
    if voice(prefix) is Voice.WRITING or len(spans) >= _MANY or _NAME.search(text):
        return present("It leaves blanks for the user to fill in.", *spans)
    return unsure("It has words in brackets that may be blanks, but no ready text was asked for.", *spans)


def _blanks(text: str) -> tuple[Span, ...]:
    found = (match.span() for match in _BLANK.finditer(text) if "_" not in match.group())
    return tuple(span for _, span in zip(range(_MOST_EVIDENCE), found, strict=False))
