"""Single values of a row: text made safe to store, times, identifiers, metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from deploysim.ingest.records import ReadStats

MAX_METADATA = 32
MAX_KEY_CHARS = 64
MAX_VALUE_CHARS = 256
USER_KEYS = ("user", "user_id", "safety_identifier")
"""Names under which the chat APIs carry the end user's identifier."""
OPT_OUT_KEYS = ("opted_out", "opt_out", "optout")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FIRST_PLAUSIBLE, _LAST_PLAUSIBLE = 946_684_800, 4_102_444_800
"""2000-01-01 and 2100-01-01 in unix seconds."""


def clean_text(text: str, stats: ReadStats) -> str:
    """Return `text` with what UTF-8 or a database cannot hold (NUL, lone surrogates) replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    cleaned = _UNSTORABLE.sub("�", text)
    stats.repaired_texts += cleaned != text
    return cleaned


def kind_of(value: object) -> str:
    """Name the type of a value in words that suit JSON, CSV and Parquet alike."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if isinstance(value, Mapping) else type(value).__name__


def scalar_text(value: object) -> str | None:
    """Write a single value as text (`true`, `3`, `2024-05-01`), or None for anything nested or absent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    return value.isoformat() if isinstance(value, date) else None


def structure(value: object) -> object:
    """Return lists and objects that are stored as JSON text as what they stand for; the rest unchanged."""
    if isinstance(value, str) and value[:64].lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def identifier(fields: Mapping[str, object], keys: tuple[str, ...], stats: ReadStats) -> str | None:
    """Return the first of `keys` that holds text or a number, as text."""
    for key in keys:
        text = scalar_text(fields.get(key))
        if text:
            return clean_text(text, stats)
    return None


def read_time(value: object, stats: ReadStats) -> datetime | None:
    """Read a time as an aware UTC datetime: ISO 8601, unix seconds to nanoseconds, or a datetime.

    A time without a zone is taken as UTC. What cannot be understood, or lies outside 2000 to 2100, is None and counted.
    """
    if value is None or value == "":
        return None
    found = _time_of(value)
    stats.unreadable_times += found is None
    return found


def first_time(fields: Mapping[str, object], keys: tuple[str, ...], stats: ReadStats) -> datetime | None:
    """Read the first of `keys` that holds anything as a time."""
    for key in keys:
        if fields.get(key) not in (None, ""):
            return read_time(fields[key], stats)
    return None


def metadata(fields: object, stats: ReadStats, *, without: tuple[str, ...] = USER_KEYS) -> tuple[tuple[str, str], ...]:
    """Keep the single values of a mapping as text, in their order; nested and over-long ones are dropped."""
    if not isinstance(fields, Mapping):
        return ()
    kept: list[tuple[str, str]] = []
    for key, value in fields.items():
        text = scalar_text(value)
        if text is None or key in without or len(key) > MAX_KEY_CHARS or len(text) > MAX_VALUE_CHARS:
            continue
        kept.append((clean_text(key, stats), clean_text(text, stats)))
    return tuple(kept[:MAX_METADATA])


def opted_out(fields: object) -> bool:
    """Say whether a row or its metadata carries a set opt-out flag."""
    if not isinstance(fields, Mapping):
        return False
    return any((scalar_text(fields.get(key)) or "").casefold() in ("true", "1", "yes") for key in OPT_OUT_KEYS)


def _time_of(value: object) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    if isinstance(value, datetime):
        # A subclass with finer resolution (pandas) becomes a plain datetime.
        return _in_utc(datetime.combine(value.date(), value.time(), value.tzinfo))
    if isinstance(value, date):
        return _in_utc(datetime(value.year, value.month, value.day))
    return _from_text(value.strip()) if isinstance(value, str) else None


def _from_text(text: str) -> datetime | None:
    try:
        found = _from_number(float(text))
    except ValueError:
        found = None
    if found is not None:
        return found
    try:
        return _in_utc(datetime.fromisoformat(text.removesuffix(" UTC")))
    except ValueError:
        return None


def _from_number(number: float) -> datetime | None:
    """Seconds, milliseconds, microseconds or nanoseconds: their plausible ranges do not overlap."""
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):
        if _FIRST_PLAUSIBLE * scale <= number < _LAST_PLAUSIBLE * scale:
            return datetime.fromtimestamp(number / scale, UTC)
    return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None
    return aware if _FIRST_PLAUSIBLE <= aware.timestamp() < _LAST_PLAUSIBLE else None
