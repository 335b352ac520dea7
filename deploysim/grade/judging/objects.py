"""JSON objects in the replies of models, as they really come: fenced, with prose around, damaged or cut off."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

MOST_OBJECTS = 20
LONGEST_REPLY = 100_000
"""Characters of a reply that are looked at."""

_THOUGHT = re.compile(r"<(think|thinking|reasoning|thought|scratchpad|analysis)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_CLOSES_THOUGHT = re.compile(
    r"\A.*</(?:think|thinking|reasoning|thought|scratchpad|analysis)>", re.DOTALL | re.IGNORECASE
)
_OPENS_THOUGHT = re.compile(
    r"<(?:think|thinking|reasoning|thought|scratchpad|analysis)>.*\Z", re.DOTALL | re.IGNORECASE
)
_CURLY = str.maketrans("“”„‟＂", '"""""')
_COMMENT = re.compile(r"(?m)(?:^|(?<=[,{\[\s]))//[^\n]*$|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_][\w-]*)(\s*:)")
_MISSING_COMMA = re.compile(r'("|\d|true|false|null|\])(\s*\n\s*")')
_WORDS = {"true": "True", "false": "False", "null": "None"}
_WORD = re.compile(r"\b(?:true|false|null)\b(?=\s*[,}\]])")
_LINE = re.compile(r"^[\s*_>#-]{0,6}[\"']?([A-Za-z][A-Za-z _]{2,20}?)[\"'*_]{0,3}\s*[:=]\s*(.+?)\s*$")


def objects(reply: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a reply in their order, inner ones that stand in a list or under one key included.

    Reasoning in tags is no part of the reply. What is damaged in ways that models are known for is mended: trailing or
    missing commas, single or curly quotes, bare keys, comments, Python's words, and an end that was cut off.
    """
    text = without_thoughts(reply[:LONGEST_REPLY])
    found: list[dict[str, Any]] = []
    for source in _sources(text):
        value = _read(source)
        found += _dicts(value)
        if len(found) >= MOST_OBJECTS:
            break
    return found[:MOST_OBJECTS]


def lines_as_object(reply: str) -> dict[str, Any]:
    """Return a reply that is written as lines of "key: value" as an object; empty where it is not."""
    read = (_LINE.match(line) for line in without_thoughts(reply[:LONGEST_REPLY]).split("\n"))
    return {m[1].strip().lower().replace(" ", "_"): m[2].strip("*_ \t\r").rstrip(",") for m in read if m}


def without_thoughts(reply: str) -> str:
    """Return a reply without what stands in tags of reasoning, also where one of the tags is missing."""
    text = _THOUGHT.sub("", reply)
    text = _CLOSES_THOUGHT.sub("", text)
    return _OPENS_THOUGHT.sub("", text)


def _sources(text: str) -> Iterator[str]:
    """Yield the stretches from a brace to the one that closes it, or to the end where none does."""
    at = text.find("{")
    while at >= 0:
        end = _closing(text, at)
        yield text[at:end]
        at = text.find("{", end)


def _closing(text: str, start: int) -> int:
    """Return where the object that begins here ends, braces inside of strings left aside."""
    depth, quoted, skip = 0, False, False
    for index in range(start, len(text)):
        sign = text[index]
        if skip:
            skip = False
        elif sign == "\\":
            skip = quoted
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign == "{":
            depth += 1
        elif not quoted and sign == "}":
            depth -= 1
            if depth == 0:
                return index + 1
    return len(text)


def _read(source: str) -> Any:
    """Read an object as it is, or mended by ever stronger means; None where nothing helps."""
    text = source
    for mend in _MENDERS:
        text = mend(text)
        value = _loaded(text)
        if value is not None:
            return value
    return None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(_WORD.sub(lambda m: _WORDS[m[0]], text))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _without_extras(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", _COMMENT.sub("", text))


def _with_commas(text: str) -> str:
    return _BARE_KEY.sub(r'\1"\2"\3', _MISSING_COMMA.sub(r"\1,\2", text))


def _with_inner_quotes(text: str) -> str:
    """Escape the quotes that neither open nor close a string, as what stands beside them shows."""
    parts: list[str] = []
    for match in re.finditer(r'\\.|"|[^"\\]+', text, re.DOTALL):
        part = match[0]
        if part == '"':
            opens = text[: match.start()].rstrip()[-1:] in "{[,:"
            closes = text[match.end() :].lstrip()[:1] in ",:}]"
            part = part if opens or closes else '\\"'
        parts.append(part)
    return "".join(parts)


def _closed(text: str) -> str:
    """Close what was cut off: the string, then the lists and objects that are open; a half pair is left out."""
    quoted, skip = False, False
    open_: list[str] = []
    for sign in text:
        if skip:
            skip = False
        elif sign == "\\":
            skip = quoted
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "{[":
            open_.append("}" if sign == "{" else "]")
        elif not quoted and sign in "}]" and open_:
            open_.pop()
    ended = text + ('"' if quoted else "")
    ended = re.sub(r'[,{]\s*"[^"]*"\s*:?\s*\Z', lambda m: "{" if m[0][0] == "{" else "", ended) if open_ else ended
    return _TRAILING_COMMA.sub(r"\1", re.sub(r",\s*\Z", "", ended) + "".join(reversed(open_)))


_MENDERS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    _without_extras,
    lambda text: _without_extras(text.translate(_CURLY)),
    _with_commas,
    _closed,
    _with_inner_quotes,
)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _dicts(item)
    elif isinstance(value, dict):
        yield value
        for inner in value.values():
            if isinstance(inner, dict | list):
                yield from _dicts(inner)
