"""Responses that say nothing, or stop before they are done."""

from __future__ import annotations

import re
import unicodedata

from deploysim.grade.own_words import is_sign_off
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_MARKUP = frozenset("`~^|<>=+$")
_CLOSED = re.compile(r"[.!?…。！？।؟:;)\]}>\"'”’»*_`~|\ufe0f\u200d]$")
_LIST_ITEM = re.compile(r"\s{0,20}(?:[-*•+·]|\d{1,3}[.):]|[a-zA-Z][.)]|#|\|)\s")
_HANGING = re.compile(
    r"\b(?:the|a|an|of|to|and|or|in|on|for|with|by|at|from|that|which|is|are|was|were|be|as|than|into|your|their|its"
    r"|my|our|this|these|those|such|including|because|while|if|when|can|will|should|would|has|have|been|not|but|de|la"
    r"|el|les|des|et|und|der|die|das|y|e|en|que)$",
    re.IGNORECASE,
)
_READ = 2000
_LINE_OF_PROSE = 60
"""Characters; a shorter last line may be a heading or a signature."""
_LINE_OF_A_LETTER = 25
"""Characters; a shorter line that ends with a comma may close or open a letter."""
_SHOWN = 30


def empty_response(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response has nothing to read in it: no letter, no digit, no symbol."""
    del prefix
    if any(char.isalnum() for char in response.text[:_READ]) or any(map(_readable, response.text)):
        return absent("It has something to read in it.")
    return present("It says nothing.")


def cut_off(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response stops before it is done, by its finish reason or else by its last line."""
    del prefix
    last = len(response.text.rstrip())
    tail = (max(0, last - _SHOWN), last)
    if response.finish_reason == "length":
        return present("It ran into the length limit.", tail)
    if response.finish_reason == "content_filter":
        return present("A content filter stopped it.", tail)
    if response.finish_reason is not None:
        return absent("It ended by itself.")
    line = response.text[max(0, last - _READ) : last].rsplit("\n", 1)[-1]
    if not line or _CLOSED.search(line) or unicodedata.category(line[-1]) in {"So", "Sk"}:
        return absent("It ends like a finished text.")
    if is_sign_off(prepared(line)) or "#" in line.rsplit(" ", 1)[-1]:
        return absent("It ends with a closing line.")
    if _stops_inside(line):
        return present("It stops in the middle of a sentence.", tail)
    return unsure("Its last line has no closing mark, and why it ended is not known.")


def _stops_inside(line: str) -> bool:
    if _HANGING.search(line) or (line.endswith((",", "，", "、")) and len(line) >= _LINE_OF_A_LETTER):
        return True
    last_word = line.rsplit(" ", 1)[-1]
    in_prose = len(line) >= _LINE_OF_PROSE and not _LIST_ITEM.match(line)
    return in_prose and last_word[-1].isalpha() and not last_word.isupper() and not set("/.@") & set(last_word)


def _readable(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNS" and char not in _MARKUP
