"""When two tool calls are the same: by name and by what their arguments say, not by how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from deploysim.types import ToolCall

_SHORTEST = 3
"""Values with fewer characters name nothing: `1`, `no`."""


def call_key(call: ToolCall) -> str:
    """Return a text that two calls share when they are the same.

    Order of keys, white space around texts, arguments that are null, and `1` for `1.0` make no difference.
    """
    return f"{call.name} {json.dumps(arguments(call), sort_keys=True, ensure_ascii=False)}"


def arguments(call: ToolCall) -> Any:
    """Return a call's arguments in their normal form; text that is no JSON stays text."""
    try:
        return _normal(json.loads(call.arguments or "{}"))
    except (ValueError, RecursionError):
        return " ".join(call.arguments.split())


def argument(call: ToolCall, name: str) -> str | None:
    """Return one argument as text, or None where the call has none of that name."""
    found = arguments(call)
    value = found.get(name) if isinstance(found, dict) else None
    return None if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def named_values(call: ToolCall) -> frozenset[str]:
    """Return the texts and numbers in a call's arguments that can name something, such as identifiers."""
    return frozenset(value for value in _scalars(arguments(call)) if len(value) >= _SHORTEST)


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_normal(part) for part in value]
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _scalars(part)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
