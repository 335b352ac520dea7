"""Formats that were asked for or begun, and are broken."""

from __future__ import annotations

import json
import re

from deploysim.grade.asking import last_user_text
from deploysim.grade.own_words import without_code
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import Span, absent, present, unsure
from deploysim.types import Grade, Prefix, Response, Verdict

_JSON_ASKED = re.compile(
    r"\b(?:respond|reply|answer|return|output|give|provide|format|write|list|present|send|put)\b[^.!?\n]{0,60}?\b(?:in"
    r"|as|with|using|only|valid|a|to|into) (?:(?:a|an|valid|raw|pure|plain|proper|strict|only|single|one) ){0,3}json\b"
    r"|\bjson (?:only|format|object only)\b|\bonly (?:valid )?json\b"
)
_ABOUT_PROGRAMS = re.compile(
    r"\b(?:code|function|script|program|python|javascript|java|php|api|endpoint|class|method|pars(?:e|er|ing)|library"
    r"|schema|app|server|sql|c#|rust|golang|typescript|node|react|files?|convert|command|query|prompt)\b"
)
_FENCE = re.compile(r"(?m)^ {0,12}(`{3,}|~{3,})([^\n`]*)$")
_DELIMITER_ROW = re.compile(
    r"(?m)^ {0,3}\|?[ :]{0,4}-{1,200}[ :]{0,4}(?:\|[ :]{0,4}-{1,200}[ :]{0,4}){1,50}\|?[ \t]{0,9}$"
)
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_READ = 20_000
_SHOWN = 200
_MOST_STARTS = 20
"""Places where JSON may begin that are tried."""


def broken_format(prefix: Prefix, response: Response) -> Grade:
    """Decide whether asked-for JSON cannot be read, a code block is never closed, or a table cannot be drawn."""
    text = response.text
    fault = _fault(prefix, text)
    if fault.verdict is Verdict.PRESENT and response.finish_reason == "length":
        # It is counted once, as a response that stops in the middle.
        return unsure("It ran into the length limit, so the rest of the format may only be missing.", *fault.evidence)
    return fault


def _fault(prefix: Prefix, text: str) -> Grade:
    fence = _open_fence(text) if "```" in text or "~~~" in text else None
    if fence:
        return present("A block of code is opened and never closed.", fence)
    table = _torn_table(without_code(text)) if "|" in text and "-" in text else None
    if table:
        return present("A table's heading and the row below it have different numbers of columns.", table)
    if text.strip() and _asks_for_json(prefix) and not _has_json(text):
        return present("The user asked for JSON, and no readable JSON is in it.", (0, min(len(text), _SHOWN)))
    return absent("Nothing in it is broken that has a format.")


def _open_fence(text: str) -> Span | None:
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence.group(1).startswith(opened.group(1)) and not fence.group(2).strip():
            opened = None
    return opened.span() if opened else None


def _torn_table(text: str) -> Span | None:
    for row in _DELIMITER_ROW.finditer(text):
        start = text.rfind("\n", 0, max(0, row.start() - 1)) + 1
        heading = text[start : row.start()]
        if "|" in heading and _columns(heading) != _columns(row.group()):
            return row.span()
    return None


def _columns(row: str) -> int:
    return len(_CELL_BORDER.findall(row.strip().strip("|"))) + 1


def _asks_for_json(prefix: Prefix) -> bool:
    asked = prepared(last_user_text(prefix)[:_READ])
    return bool(_JSON_ASKED.search(asked)) and not _ABOUT_PROGRAMS.search(asked)


def _has_json(text: str) -> bool:
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    for _, begin in zip(range(_MOST_STARTS), re.finditer(r"[{\[]", text), strict=False):
        try:
            decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            continue
        return True
    return False
