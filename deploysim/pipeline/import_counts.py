"""What an import counts while it runs, and the part of it that a killed import goes on from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from deploysim.errors import InputError
from deploysim.ingest.nothing_good import nothing_good_error
from deploysim.ingest.records import Excluded, ReadStats, Rejected
from deploysim.types import FailureKind
from deploysim.wording import counted

SORTING = "sorting"
SHOWN_REJECTS = 20
"""Rejected rows that an import names one by one; all are counted."""


@dataclass(slots=True)
class ImportState:
    """What came out of the scrubber so far. Everything else is counted anew when the file is read again."""

    fingerprint: str
    position: int = 0
    """Of the outcomes of reading the file, how many are settled."""
    kept: int = 0
    messages: int = 0
    scrub_failures: int = 0
    replaced: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    """Conversations that the policy left out, by the type of personal data that they hold."""

    @classmethod
    def resumed(cls, written: dict[str, Any] | None, fingerprint: str) -> Self:
        """Return the state that a killed import left, or a fresh one where it scrubbed by another policy."""
        if written is None or written["fingerprint"] != fingerprint:
            return cls(fingerprint)
        counters = {name: Counter(written[name]) for name in ("replaced", "dropped")}
        return cls(**{**written, **counters})

    def written(self) -> dict[str, Any]:
        """Return the state for its file."""
        # Not dataclasses.asdict, which takes a Counter's items for things to count.
        counters = {name: dict(getattr(self, name)) for name in ("replaced", "dropped")}
        return {name: getattr(self, name) for name in self.__slots__} | counters


@dataclass(frozen=True, slots=True)
class Stage:
    """What an import is at, and how far."""

    what: str
    done: int
    total: int
    """0 where it is not known."""


@dataclass(slots=True)
class ImportCounts:
    """Running counts of one import."""

    reading: str = "importing and scrubbing"
    """What is done with the rows of the file, in words."""
    sorted_rows: int | None = None
    """Conversations that stand in their final order; None before sorting has begun."""
    rows: int = 0
    """Rows of the file, as far as that can be told beforehand; 0 where it cannot."""
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    """The first ones."""
    rejected_rows: int = 0
    exclusions: Counter[str] = field(default_factory=Counter)
    stats: ReadStats = field(default_factory=ReadStats)
    settled: ImportState = field(default_factory=lambda: ImportState(""))

    @property
    def kept(self) -> int:
        """Conversations that are kept so far."""
        return self.settled.kept

    def reject(self, row: Rejected) -> None:
        """Count a row that cannot be read."""
        self.rejected_rows += 1
        if len(self.rejected) < SHOWN_REJECTS:
            self.rejected.append(row)

    def exclude(self, row: Excluded) -> None:
        """Count a conversation that cannot be replayed."""
        self.exclusions[str(row.reason)] += 1

    def done(self) -> int:
        """Return how many rows have come to their end, whatever became of them."""
        left_out = self.rejected_rows + sum(self.excluded().values()) + self.stats.filtered
        return self.kept + self.duplicates + left_out

    def stage(self) -> Stage:
        """Return what the import is at: a large one is sorted after all of it was read."""
        if self.sorted_rows is not None:
            return Stage(SORTING, self.sorted_rows, self.kept)
        return Stage(self.reading, self.done(), self.rows)

    def excluded(self) -> dict[str, int]:
        """Return how many conversations were left out, by reason."""
        failed = self.settled.scrub_failures
        dropped = {f"holds {entity}, which the scrub policy drops": n for entity, n in self.settled.dropped.items()}
        return {**self.exclusions, **dropped, **({FailureKind.NOT_SCRUBBED.value: failed} if failed else {})}

    def notes(self) -> list[str]:
        """Return what reading changed or passed over, in sentences."""
        facts = (
            (self.stats.filtered, "row", "did not meet the row filter"),
            (self.stats.unreadable_times, "time", "that could not be understood, left empty"),
            (self.stats.repaired_texts, "text", "with signs that cannot be stored, which became a replacement sign"),
            (self.stats.reasoning_dropped, "message", "lost another model's reasoning"),
            (
                self.stats.tools_dropped,
                "tool",
                "left out: only its provider can run it, or its description is unreadable",
            ),
        )
        return [f"{counted(count, noun)} {words}." for count, noun, words in facts if count]

    def nothing_good_error(self, source: str) -> InputError:
        """Build the error for a file that gave no conversation."""
        excluded = Counter(self.excluded())
        return nothing_good_error(source, self.rejected, self.rejected_rows, excluded, filtered=self.stats.filtered)
