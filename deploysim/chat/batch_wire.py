"""Files and replies on the wire: an upload that is watched, and JSON that is checked before anything rests on it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from typing import IO, Any, BinaryIO, Protocol, cast

from deploysim.chat.batch_remote import RemoteBatch, remote_batch
from deploysim.chat.reply_values import MalformedError, list_of, object_of


class RawReply(Protocol):
    """A reply as it came."""

    @property
    def content(self) -> bytes:
        """Its bytes."""
        ...


class _Watched(io.IOBase):
    def __init__(self, file: BinaryIO, check: Callable[[], None]) -> None:
        self._file = file
        self._check = check

    def read(self, size: int = -1) -> bytes:
        self._check()
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()


def watched(file: BinaryIO, check: Callable[[], None]) -> IO[bytes]:
    """Return a file that calls `check` before each piece that is read of it."""
    return cast(IO[bytes], _Watched(file, check))


def object_in(raw: RawReply) -> dict[str, Any]:
    """Return a reply's JSON object, or raise MalformedError."""
    try:
        value = json.loads(raw.content)
    except (ValueError, RecursionError) as error:
        raise MalformedError("the reply is not JSON") from error
    return object_of(value, "the reply")


def list_in(raw: RawReply) -> dict[str, Any]:
    """Return a reply's JSON object with a list under "data", or raise MalformedError."""
    value = object_in(raw)
    list_of(value.setdefault("data", []), "the list")
    return value


def id_in(value: Mapping[str, Any]) -> str:
    """Return the id of a file or batch, or raise MalformedError."""
    found = value.get("id")
    if not isinstance(found, str) or not found:
        raise MalformedError("the reply has no id")
    return found


def batch_in(value: Mapping[str, Any]) -> RemoteBatch:
    """Return the batch that an object describes, or raise MalformedError."""
    found = remote_batch(value)
    if found is None:
        raise MalformedError("the reply is not a batch")
    return found
