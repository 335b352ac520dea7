"""A keyed stream of choices: the same key and parts always give the same choices."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class KeyedStream:
    """Endless choices derived from a keyed hash.

    A generator that draws from it sees the hash of a value, never the value.

    Args:
        key: Secret bytes of the workspace.
        parts: What the stream stands for, such as conversation, entity and normalised value.
    """

    def __init__(self, key: bytes, *parts: str) -> None:
        material = b"".join(len(raw := part.encode()).to_bytes(4, "big") + raw for part in parts)
        self._seed = hmac.new(key, material, hashlib.sha256).digest()
        self._block = 0
        self._pool = 0
        self._bits = 0

    def below(self, bound: int) -> int:
        """Return a number from 0 to `bound - 1`, for bounds up to 2**24."""
        if self._bits < 40:
            digest = hashlib.sha256(self._seed + self._block.to_bytes(8, "big")).digest()
            self._pool |= int.from_bytes(digest, "big") << self._bits
            self._bits += 256
            self._block += 1
        drawn = self._pool & 0xFFFFFFFFFF
        self._pool >>= 40
        self._bits -= 40
        return drawn % bound

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]
