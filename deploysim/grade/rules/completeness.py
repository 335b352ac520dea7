"""Responses that say nothing, or stop before they are done."""

from __future__ import annotations

import re
import unicodedata

from deploysim.grade.verdicts import absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_CLOSED = re.compile(r"[.!?…。！？:;)\]}>\"'”’»*_`~|]\s*$")
_READ = 2000
_LINE_OF_PROSE = 60
"""Characters; a shorter last line may be a list item, a heading or a signature."""


def empty_response(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response has nothing to read in it: no letter, no digit, no symbol."""
    del prefix
    if any(unicodedata.category(char)[0] in "LNS" and char not in "`~^|<>=+$" for char in response.text):
        return absent("It has something to read in it.")
    return present("It says nothing.")


def cut_off(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response stops before it is done, by its finish reason or else by its last line."""
    del prefix
    tail = (max(0, len(response.text) - 30), len(response.text))
    if response.finish_reason == "length":
        return present("It ran into the length limit.", tail)
    if response.finish_reason == "content_filter":
        return present("A content filter stopped it.", tail)
    if response.finish_reason is not None:
        return absent("It ended by itself.")
    end = response.text[-_READ:].rstrip()
    if not end or _CLOSED.search(end):
        return absent("It ends like a finished text.")
    last_line = end.rsplit("\n", 1)[-1]
    if end.endswith(",") or (len(last_line) >= _LINE_OF_PROSE and end[-1].isalpha()):
        return present(
            "It stops in the middle of a sentence.",
            (len(response.text.rstrip()) - min(30, len(end)), len(response.text.rstrip())),
        )
    return unsure("Its last line has no closing mark, and why it ended is not known.")
