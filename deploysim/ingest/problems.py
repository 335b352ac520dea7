"""How a reader says that a row is no conversation; `read.py` turns each into a counted record."""

from __future__ import annotations

from deploysim.ingest.records import Exclusion


class UnreadableRowError(Exception):
    """The row does not have the shape of its format. The reason names fields and types only."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotReplayableError(Exception):
    """The row was read and cannot be replayed."""

    def __init__(self, reason: Exclusion) -> None:
        self.reason = reason
        super().__init__(str(reason))
