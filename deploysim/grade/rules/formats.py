"""Formats that were asked for or begun, and are broken."""

from __future__ import annotations

import json
import re

from deploysim.grade.asking import last_user_text
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import Span, absent, present
from deploysim.types import Grade, Prefix, Response

_JSON_ASKED = re.compile(
    r"\b(?:respond|reply|answer|return|output|give|provide|format|write|list|present|send)\b[^.!?\n]{0,60}?\b(?:in|as|with|using|only|valid|a|to|into) (?:(?:a|an|valid|raw|pure|plain|proper|strict|only|single|one) ){0,3}json\b"
    r"|\bjson (?:only|format|object only)\b|\bonly (?:valid )?json\b"
)
_PROGRAM = re.compile(
    r"\b(?:code|function|script|program|python|javascript|java|php|api|endpoint|class|method|parse|parser|library|schema|app|server|sql|c#|c\+\+|rust|golang|typescript|node|react|file|convert|command|query|request)\b"
)
_FENCE = re.compile(r"(?m)^ {0,3}(`{3,}|~{3,})([^\n`]*)$")
_DELIMITER_ROW = re.compile(r"(?m)^ {0,3}\|?[ :]{0,4}-{1,200}[ :]{0,4}(?:\|[ :]{0,4}-{1,200}[ :]{0,4}){1,50}\|?[ \t]*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


def broken_format(prefix: Prefix, response: Response) -> Grade:
    """Decide whether asked-for JSON cannot be read, a code block is never closed, or a table cannot be drawn."""
    text = response.text
    fence = _open_fence(text)
    if fence:
        return present("A block of code is opened and never closed.", fence)
    table = _torn_table(text)
    if table:
        return present("A table's heading and its second row have different numbers of columns.", table)
    if _asks_for_json(prefix) and text.strip() and not _has_json(text):
        return present("The user asked for JSON, and no readable JSON is in it.", (0, min(len(text), 200)))
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
    if "|" not in text or "-" not in text:
        return None
    for row in _DELIMITER_ROW.finditer(text):
        above = text[: row.start()].rstrip("\n").rsplit("\n", 1)[-1]
        if "|" in above and _columns(above) != _columns(row.group()):
            return row.span()
    return None


def _columns(row: str) -> int:
    return len(_CELL_BORDER.findall(row.strip().strip("|"))) + 1


def _asks_for_json(prefix: Prefix) -> bool:
    asked = prepared(last_user_text(prefix)[:20_000])
    return any(not _PROGRAM.search(asked) for _ in _JSON_ASKED.finditer(asked))


def _has_json(text: str) -> bool:
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    for start in [match.start() for match in re.finditer(r"[{\[]", text)][:20]:
        try:
            decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        return True
    return False
