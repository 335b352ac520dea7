"""Rows of a log with an e-mail address planted in every place that holds text, one place a variant."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARK = "leakmark"
_SIBLINGS = ("role", "type", "from", "key", "kind", "name")
"""Fields that say what the others beside them are: places that differ in them are different places."""
_PROSE = re.compile(r"[A-Za-z].* .*[a-z.?!]")
_ID_KEY = re.compile(r"(?:^|[_.\-])(?:id|ids|uuid|hash)$|[a-z]I[dD]$")
"""Keys whose values rows name each other by."""

Row = dict[str, Any]
Step = str | int | None
"""A key, an index, or None for the way into JSON text."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A row with a mark in one place."""

    place: str
    row: Row


def address(number: int) -> str:
    """Return an address that nobody else has and that every scrubber must find."""
    return f"qz{number:04}x@{MARK}.org"


def planted(row: Row, *, first: int = 1) -> Iterator[Planted]:
    """Yield a row twice for each place that holds text (the address alone, and in a sentence behind the text), and once
    for each object, with the address as one more key."""
    number = first
    for path, place, value in _once_each(row):
        for form in range(2 if isinstance(value, str) else 1):
            yield Planted(place, _with(told_apart(row, number), path, _made(value, number, form)))
            number += 1


def planted_together(rows: list[Row], *, first: int = 1) -> Iterator[list[Row]]:
    """Yield all rows of a log as often, with the mark in one place of one of them: for logs whose rows belong together.

    Each variant has ids of its own, so that all of them may stand in one file.
    """
    number, seen = first, set[str]()
    for index, row in enumerate(rows):
        for path, place, value in _once_each(row):
            if place in seen:
                continue
            seen.add(place)
            for form in range(2 if isinstance(value, str) else 1):
                others = [told_apart(one, number, ids=True) for one in rows]
                others[index] = _with(others[index], path, _made(value, number, form))
                yield others
                number += 1


def leaks(text: str) -> bool:
    """Say whether a text holds the mark, in any letter case or as base64 or hexadecimal digits."""
    return MARK in text.lower() or any(form in text for form in _FORMS)


def _in_base64(mark: str) -> set[str]:
    """Return what stands in base64 wherever the mark stood, whatever was around it."""
    return {base64.b64encode(b"\0" * lead + mark.encode()).decode().rstrip("=")[lead + 1 : -1] for lead in range(3)}


_FORMS = {MARK.encode().hex(), MARK[::-1], *_in_base64(MARK)}


def _made(value: Any, number: int, form: int) -> Any:
    if isinstance(value, dict):
        return {**value, address(number): "yes"}
    return f"{value} Please write to {address(number)} about it." if form else address(number)


def _once_each(row: Row) -> Iterator[tuple[tuple[Step, ...], str, Any]]:
    """Yield one of the places that are alike."""
    yield from {place: (path, place, value) for path, place, value in reversed(list(_leaves(row, (), "")))}.values()


def _leaves(value: Any, path: tuple[Step, ...], place: str) -> Iterator[tuple[tuple[Step, ...], str, Any]]:
    if isinstance(value, dict):
        yield path, f"{place}{{}}", value
        kind = ",".join(f"{value[key]}" for key in _SIBLINGS if isinstance(value.get(key), str))
        for key, part in value.items():
            yield from _leaves(part, (*path, key), f"{place}.{key}[{kind}]")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(part, (*path, index), f"{place}[]")
    elif isinstance(value, str):
        yield path, place, value
        inner = _parsed(value)
        if inner is not None:
            yield from _leaves(inner, (*path, None), f"{place}(json)")


def _parsed(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _with(value: Any, path: tuple[Step, ...], made: str) -> Any:
    """Return a value with another text at a path."""
    if not path:
        return made
    step, rest = path[0], path[1:]
    if step is None:
        return json.dumps(_with(_parsed(value), rest, made), ensure_ascii=False)
    changed = copy.copy(value)
    changed[step] = _with(value[step], rest, made)
    return changed


def told_apart(value: Any, number: int, *, ids: bool = False, key: str = "") -> Any:
    """Return a row with a number behind each sentence of it, so that no variant passes for another one's duplicate.

    Args:
        value: The row, or a part of it.
        number: Of the variant.
        ids: Give it ids of its own too, of the same shape.
        key: What the value stands under.
    """
    if isinstance(value, dict):
        return {name: told_apart(part, number, ids=ids, key=name) for name, part in value.items()}
    if isinstance(value, list):
        # A list under such a key is a path of names, as in LangChain's serialisations, and no id.
        return [told_apart(part, number, ids=ids) for part in value]
    if not isinstance(value, str):
        return value
    if ids and _ID_KEY.search(key) and len(value) >= 6 and " " not in value:
        return f"{value[:-4]}{number:04x}"
    return f"{value} ({number})" if value[:1] not in ("{", "[") and _PROSE.fullmatch(value) else value
