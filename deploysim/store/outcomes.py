"""What a journal of responses holds: of each prefix and repeat the newest outcome, in some fifty bytes each.

A million outcomes are a few arrays of numbers and not a million Python objects, so that a run takes the same memory
whatever its size.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploysim.store.journal import journal_rows
from deploysim.types import Ending

ANSWERED = "answered"
CUT = "cut by length"
"""A response that ended because it reached a limit of length: as in production, and still a response."""
UNFINISHED = frozenset(str(ending) for ending in Ending if not ending.whole)
"""How rollouts end that do not come to an end of their own: what they did until then is a response all the same."""
RESPONDED = frozenset({CUT, *map(str, Ending)})
_CHUNK = 20_000


def outcome_of(row: Mapping[str, Any]) -> str:
    """Return what became of a prefix: answered, cut by length, how a rollout ended, or the reason why it failed."""
    if row["status"] == "failed":
        return str(row["failure_kind"])
    ending = row.get("ending") or ANSWERED
    if ending in UNFINISHED:
        return str(ending)
    return CUT if row["finish_reason"] == "length" else str(ending)


def failures(outcomes: Mapping[str, int]) -> dict[str, int]:
    """Return the outcomes that are failures: those that gave no response."""
    return {kind: count for kind, count in outcomes.items() if kind not in RESPONDED}


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

    kinds: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    _keys: list[bytes] = field(default_factory=list)
    _offsets: array[int] = field(default_factory=lambda: array("q"))
    _kinds: array[int] = field(default_factory=lambda: array("H"))
    _models: array[int] = field(default_factory=lambda: array("H"))
    _packed: list[NDArray[np.bytes_]] = field(default_factory=lambda: [np.empty(0, "S1")])

    def add(self, offset: int, row: Mapping[str, Any]) -> None:
        self._keys.append(_key(row["prefix_id"], row["repeat"]))
        self._offsets.append(offset)
        self._kinds.append(self.kinds.setdefault(outcome_of(row), len(self.kinds)))
        self._models.append(self.models.setdefault(row.get("model") or "", len(self.models)))
        self.prompt_tokens += row["prompt_tokens"] or 0
        self.completion_tokens += row["completion_tokens"] or 0
        if len(self._keys) >= _CHUNK:
            self._pack()

    def outcomes(self) -> Outcomes:
        keys = self._all_keys()
        order = np.argsort(keys, kind="stable").astype(np.int32)
        # In place: as many keys again would be the most memory that a run ever takes.
        keys.sort(kind="stable")
        # Equal keys stand in the order of the journal: the last of them is the newest.
        is_newest = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        newest = np.flatnonzero(is_newest).astype(np.int32)
        if not is_newest.all():
            keys, order = keys[newest], order[newest]
        kinds = np.frombuffer(self._kinds, np.uint16)
        replaced = np.bincount(kinds, minlength=len(self.kinds)) - np.bincount(kinds[order], minlength=len(self.kinds))
        return Outcomes(
            keys=keys,
            offsets=np.frombuffer(self._offsets, np.int64)[order],
            attempts=np.diff(newest, prepend=-1).astype(np.int32),
            kinds=kinds[order],
            kind_names=tuple(self.kinds),
            models=np.frombuffer(self._models, np.uint16)[order],
            model_names=tuple(self.models),
            replaced={name: count for name, count in zip(self.kinds, replaced.tolist(), strict=True) if count},
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
        )

    def _pack(self) -> None:
        self._packed.append(np.array(self._keys, np.bytes_))
        self._keys.clear()

    def _all_keys(self) -> NDArray[np.bytes_]:
        if self._keys:
            self._pack()
        keys = np.empty(len(self._offsets), max(part.dtype for part in self._packed))
        end = len(keys)
        while self._packed:
            part = self._packed.pop()
            keys[end - len(part) : end] = part
            end -= len(part)
        return keys


def rows_at(journal: Path, offsets: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """Yield the rows that begin at some places of a journal, in the order of these; the file is read in one sweep."""
    order = np.argsort(offsets)
    rows: list[dict[str, Any]] = [{}] * len(offsets)
    for place, (_, row) in zip(order, journal_rows(journal, at=offsets[order].tolist()), strict=True):
        rows[place] = row
    yield from rows
