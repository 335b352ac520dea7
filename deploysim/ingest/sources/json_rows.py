"""Rows of JSON Lines files, and of JSON files that hold a list or objects one after another."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from deploysim.ingest.records import MAX_ROW_BYTES, Rejected, Row
from deploysim.ingest.sources.opening import Source, open_bytes, text_lines
from deploysim.ingest.values import kind_of

TOO_LARGE = f"the row is larger than {MAX_ROW_BYTES // 1024**2} MB"
NOT_UTF8 = "the row is not valid UTF-8"
TOO_DEEP = "the row is nested too deeply"
BAD_BYTE = re.compile("[\udc80-\udcff]")
"""What a byte that is not UTF-8 decodes to under `surrogateescape`."""

_NOT_JSON = "the row is not valid JSON"
_REST = "; the rest of the file could not be read"
_CHUNK_CHARS = 1024 * 1024
_START = re.compile(r"\ufeff?\s*\[?")
_BETWEEN = re.compile(r"[\s,]*")


def json_lines(path: Source) -> Iterator[Row | Rejected]:
    """Read one JSON object a line; blank lines are skipped, the number is the line's."""
    for number, line in enumerate(text_lines(path), start=1):
        if line is None:
            yield Rejected(path.name, number, TOO_LARGE)
        elif line.strip():
            yield _row_of_line(path.name, number, line)


def json_values(path: Source) -> Iterator[Row | Rejected]:
    """Read a JSON list of objects, or JSON objects one after another; the number is the object's.

    After broken JSON nothing more can be told apart, so reading ends there with one rejection.
    """
    with open_bytes(path) as stream:
        text = _Text(stream)
        number = 1
        while text.more():
            found = text.take()
            if found.fault:
                yield Rejected(path.name, number, found.fault)
            else:
                yield _row_of_value(path.name, number, found.value)
            if found.final:
                return
            number += 1


@dataclass(frozen=True, slots=True)
class _Found:
    """One JSON value, or why there is none and whether reading must end there."""

    value: object = None
    fault: str = ""
    final: bool = False


class _Text:
    """A window on a long text that JSON values are taken from, one after another."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._refill()
        self._skip(_START)

    def more(self) -> bool:
        """Pass over separators; False at the end of the list or of the file."""
        self._skip(_BETWEEN)
        while self._at == len(self._buffer) and not self._ended:
            self._refill()
            self._skip(_BETWEEN)
        return self._at < len(self._buffer) and self._buffer[self._at] != "]"

    def take(self) -> _Found:
        """Take the next JSON value, reading on until it is complete."""
        while True:
            try:
                value, end = json.JSONDecoder().raw_decode(self._buffer, self._at)
            except RecursionError:
                return _Found(fault=TOO_DEEP + _REST, final=True)
            except ValueError:
                end = -1
            if end >= 0 and (end < len(self._buffer) or self._ended):
                bad = BAD_BYTE.search(self._buffer, self._at, end)
                self._at = end
                return _Found(fault=NOT_UTF8) if bad else _Found(value)
            if len(self._buffer) - self._at > MAX_ROW_BYTES:
                return _Found(fault=TOO_LARGE + _REST, final=True)
            if self._ended:
                return _Found(fault=_NOT_JSON + _REST, final=True)
            self._refill()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._buffer, self._at)
        self._at = match.end() if match else self._at

    def _refill(self) -> None:
        """Read at least as much again as is left, so that a long value is not tried many times."""
        left = self._buffer[self._at :]
        data = self._stream.read(max(_CHUNK_CHARS, len(left)))
        self._ended = not data
        self._buffer = left + self._decoder.decode(data, final=not data)
        self._at = 0


def _row_of_line(source: str, number: int, line: bytes) -> Row | Rejected:
    try:
        return _row_of_value(source, number, json.loads(line.decode()))
    except UnicodeDecodeError:
        return Rejected(source, number, NOT_UTF8)
    except RecursionError:
        return Rejected(source, number, TOO_DEEP)
    except ValueError:
        return Rejected(source, number, "the row holds NUL bytes" if b"\x00" in line else _NOT_JSON)


def _row_of_value(source: str, number: int, value: object) -> Row | Rejected:
    if isinstance(value, Mapping):
        return Row(number, value)
    return Rejected(source, number, f"the row is {kind_of(value)}, expected an object")
