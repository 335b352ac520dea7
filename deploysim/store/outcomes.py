"""What a journal of responses holds: of each prefix and repeat the newest outcome, in some fifty bytes each.

A million outcomes are a few arrays of numbers and not a million Python objects, so that a run takes the same memory
whatever its size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploysim.store.journal import journal_rows

ANSWERED = "answered"
CUT = "cut by length"
"""A response that ended because it reached a limit of length: as in production, and still a response."""
_CHUNK = 20_000


def outcome_of(row: Mapping[str, Any]) -> str:
    """Return what became of a prefix: answered, cut by length, or the reason why it failed."""
    if row["status"] == "failed":
        return str(row["failure_kind"])
    return CUT if row["finish_reason"] == "length" else ANSWERED


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The newest outcome of every prefix and repeat, sorted by both."""

    keys: NDArray[np.bytes_]
    offsets: NDArray[np.int64]
    """Where the row begins in the journal."""
    attempts: NDArray[np.int32]
    """Rows that the journal holds of it, this one included."""
    kinds: NDArray[np.uint16]
    kind_names: tuple[str, ...]
    models: NDArray[np.uint16]
    model_names: tuple[str, ...]
    """Names that the endpoint gave itself; "" where it gave none."""
    replaced: Mapping[str, int]
    """How often which outcome was replaced by that of a later attempt."""
    prompt_tokens: int
    completion_tokens: int
    """Of all rows, those of earlier attempts included: they were paid for too."""

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, prefix_ids: Sequence[str], repeat: int) -> NDArray[np.int64]:
        """Return where the outcomes of prefixes are, and -1 for a prefix without one."""
        if not len(self.keys) or not prefix_ids:
            return np.full(len(prefix_ids), -1, np.int64)
        wanted = np.array([_key(prefix_id, repeat) for prefix_id in prefix_ids])
        places = np.searchsorted(self.keys, wanted)
        found = self.keys[np.minimum(places, len(self.keys) - 1)] == wanted
        return np.where(found, places, -1)

    def kind_at(self, place: int) -> str:
        """Return what became of the prefix at a place."""
        return self.kind_names[int(self.kinds[place])]

    def by_kind(self, kept: NDArray[np.bool_] | None = None) -> dict[str, int]:
        """Return how often there is which outcome, most frequent first, among those kept."""
        return _counts(self.kinds, self.kind_names, kept)

    def by_model(self, kept: NDArray[np.bool_] | None = None) -> dict[str, int]:
        """Return how many responses came from which model, as the endpoint names them, among those kept."""
        return {name: count for name, count in _counts(self.models, self.model_names, kept).items() if name}


def read_outcomes(journal: Path) -> Outcomes:
    """Read the outcomes that a journal holds; damaged and torn rows hold none."""
    reading = _Reading()
    for offset, row in journal_rows(journal):
        reading.add(offset, row)
    return reading.outcomes()


def _key(prefix_id: str, repeat: int) -> bytes:
    # A space comes before whatever an id is made of, so that keys sort by prefix and then by repeat.
    return f"{prefix_id} {repeat:05d}".encode()


def _counts(codes: NDArray[Any], names: Sequence[str], kept: NDArray[np.bool_] | None) -> dict[str, int]:
    chosen = codes if kept is None else codes[kept]
    counted = Counter(dict(zip(names, np.bincount(chosen, minlength=len(names)).tolist(), strict=True)))
    return {name: count for name, count in counted.most_common() if count}


@dataclass(slots=True)
class _Reading:
    """Gathers rows into arrays, some thousands at a time."""

    keys: list[bytes] = field(default_factory=list)
    numbers: list[tuple[int, int, int]] = field(default_factory=list)
    chunks: list[tuple[NDArray[np.bytes_], NDArray[np.int64]]] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, offset: int, row: Mapping[str, Any]) -> None:
        self.keys.append(_key(row["prefix_id"], row["repeat"]))
        kind = self.kinds.setdefault(outcome_of(row), len(self.kinds))
        model = self.models.setdefault(row.get("model") or "", len(self.models))
        self.numbers.append((offset, kind, model))
        self.prompt_tokens += row["prompt_tokens"] or 0
        self.completion_tokens += row["completion_tokens"] or 0
        if len(self.keys) >= _CHUNK:
            self._pack()

    def outcomes(self) -> Outcomes:
        self._pack()
        keys = np.concatenate([keys for keys, _ in self.chunks])
        numbers = np.concatenate([numbers for _, numbers in self.chunks])
        order = np.argsort(keys, kind="stable")
        keys, numbers = keys[order], numbers[order]
        # Equal keys stand in the order of the journal: the last of them is the newest.
        newest = np.flatnonzero(np.append(keys[1:] != keys[:-1], [True] * bool(len(keys))))
        return Outcomes(
            keys=keys[newest],
            offsets=numbers[newest, 0],
            attempts=np.diff(newest, prepend=-1).astype(np.int32),
            kinds=numbers[newest, 1].astype(np.uint16),
            kind_names=tuple(self.kinds),
            models=numbers[newest, 2].astype(np.uint16),
            model_names=tuple(self.models),
            replaced=_counts(np.delete(numbers[:, 1], newest), tuple(self.kinds), None),
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
        )

    def _pack(self) -> None:
        keys = np.array(self.keys, dtype=np.bytes_) if self.keys else np.empty(0, "S1")
        self.chunks.append((keys, np.array(self.numbers, np.int64).reshape(-1, 3)))
        self.keys, self.numbers = [], []


def rows_at(journal: Path, offsets: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """Yield the rows that begin at some places of a journal, in the order of these; the file is read in one sweep."""
    order = np.argsort(offsets)
    rows: list[dict[str, Any]] = [{}] * len(offsets)
    for place, (_, row) in zip(order, journal_rows(journal, at=offsets[order].tolist()), strict=True):
        rows[place] = row
    yield from rows
