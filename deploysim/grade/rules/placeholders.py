"""Blanks that were left for the user to fill in."""

from __future__ import annotations

import re

from deploysim.grade.asking import user_texts
from deploysim.grade.own_words import without_code
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import absent, present
from deploysim.types import Grade, Prefix, Response

_FILL = (
    r"(?:(?:your|my|insert|enter|add|type|specify|fill|recipient|sender|company|employer|customer|client|manager|teacher|landlord|hiring|first|last|full|phone|contact|current|today|"
    r"street|city|state|zip|e-?mail|name|date|address|position|title|job|number|amount|location|place|product|website|url|link|signature|organi[sz]ation|school|university|department|"
    r"time|day|month|year|friend|boss|professor|subject|topic|reason|details?|describe|briefly|mention|include|list|order|account|event|relevant|specific|x|xx|xxx)\b[^\[\]{}<>\n]{0,60})"
)
_BLANK = re.compile(
    rf"\[{_FILL}\](?!\()|\{{\{{?{_FILL}\}}?\}}|<(?:your|insert|enter|name|date|recipient)\b[^<>\n/=]{{0,40}}>|_{{5,}}"
)
_ASKED = re.compile(
    r"\b(?:templates?|place-?holders?|forms?|fill[- ]in|fill in|blanks?|boilerplate|worksheet|quiz|cloze|sample format|skeleton|outline|variables?|prompt)\b"
)


def unfilled_placeholder(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response leaves blanks such as "[Your Name]" in a text that was to be ready."""
    text = prepared(without_code(response.text))
    spans = tuple(match.span() for _, match in zip(range(5), _BLANK.finditer(text), strict=False))
    if not spans:
        return absent("It leaves no blanks to fill in.")
    users = [prepared(user[:20_000]) for user in user_texts(prefix)]
    if any(_ASKED.search(user) or _BLANK.search(user) for user in users):
        return absent("The user asked for a template, or wrote the blanks.")
    return present("It leaves blanks for the user to fill in.", *spans)
