"""Frozen records to canonical JSON and back, strictly: one text for one meaning, and nothing unknown let in."""

from __future__ import annotations

import json
import math
import types
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from deploysim.errors import InputError

SIGNIFICANT_DIGITS = 6
"""Floats are rounded to so many digits, so that a last-bit difference between machines changes no hash."""


def canonical_json(value: object) -> str:
    """Write plain values as JSON with sorted keys, no spaces and rounded floats; InputError for NaN and infinity."""
    return json.dumps(_rounded(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_plain(record: object) -> Any:
    """Turn a record and all that it holds into dicts, lists and scalars."""
    if is_dataclass(record) and not isinstance(record, type):
        return {field.name: to_plain(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, tuple):
        return [to_plain(item) for item in record]
    return record.value if isinstance(record, Enum) else record


def from_plain(kind: Any, value: Any, where: str) -> Any:
    """Build a value of type `kind` from plain values; InputError names the place (`where`) that does not fit."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind, value, where)
    if origin is tuple:
        return _tuple(get_args(kind), value, where)
    if origin is Literal:
        return _expect(value in get_args(kind), value, where)
    if is_dataclass(kind):
        return _record(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        _expect(value in [member.value for member in kind], value, where)
        return kind(value)
    if kind is float:
        return float(_expect(isinstance(value, int | float) and not isinstance(value, bool), value, where))
    return _expect(type(value) is kind, value, where)


def _record(kind: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), value, where)
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    # What has a default came later than the first files: they do without it.
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    for problem, odd in (("unknown", value.keys() - names), ("missing", needed - value.keys())):
        if odd:
            raise unreadable(f"{where} has {problem} fields: {', '.join(sorted(odd))}.")
    given = sorted(names & value.keys())
    return kind(**{name: from_plain(hints[name], value[name], f"{where}.{name}") for name in given})


def _optional(kind: Any, value: Any, where: str) -> Any:
    inner = [option for option in get_args(kind) if option is not type(None)]
    return None if value is None else from_plain(inner[0], value, where)


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list), value, where)
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    _expect(len(kinds) == len(value), value, where)
    return tuple(
        from_plain(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _expect(fits: bool, value: Any, where: str) -> Any:
    if not fits:
        raise unreadable(f"{where} does not hold what it should.")
    return value


def unreadable(reason: str) -> InputError:
    """Say why a text is not a record of the kind wanted."""
    return InputError(
        f"This is not a forecast, or what belongs to one, that can be read. {reason}",
        expected="a file as deploysim wrote it.",
        next_step="Use an unedited copy, or make it again.",
    )


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise InputError("A number of the forecast is not finite.", expected="numbers without NaN and infinity.")
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
