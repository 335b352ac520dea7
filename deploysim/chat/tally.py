"""What a run of many calls has come to so far: counts, and the latest answers for rates and latencies."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from deploysim.chat.model import Answer
from deploysim.types import Failure, FailureKind

LATEST = 1_000
"""Outcomes that rates and latencies are taken from."""
PERCENTS = (50, 90, 99)

Row = dict[str, Any]


def reading_row(answer: Answer, *, is_read: bool) -> Row:
    """Return what is counted of a reply that is read for something: one in which it is not found is a malformed one."""
    kind = answer.kind if isinstance(answer, Failure) else FailureKind.MALFORMED
    return {
        "status": "ok" if is_read else "failed",
        "failure_kind": None if is_read else str(kind),
        "prompt_tokens": None if isinstance(answer, Failure) else answer.prompt_tokens,
        "completion_tokens": None if isinstance(answer, Failure) else answer.completion_tokens,
    }


@dataclass(slots=True)
class RunTally:
    """What a run has done so far in this process. Only rows that are safe on the disk are counted."""

    rows: int = 0
    failed: int = 0
    cut: int = 0
    """Responses that ended because they reached a limit of length."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failed_by_kind: Counter[str] = field(default_factory=Counter)
    answered_by: Counter[str] = field(default_factory=Counter)
    """Responses by the model name that the endpoint reported."""
    notes: set[str] = field(default_factory=set)
    """What whoever reads the responses should know of how they were got."""
    started: float = field(default_factory=time.monotonic)
    _latest: deque[tuple[float, float | None]] = field(default_factory=lambda: deque(maxlen=LATEST))
    """Time and latency of the latest outcomes."""

    def count(self, row: Row) -> None:
        """Count one outcome."""
        self.rows += 1
        if row["status"] == "failed":
            self.failed += 1
            self.failed_by_kind[row["failure_kind"]] += 1
        elif row.get("model"):
            self.answered_by[row["model"]] += 1
        self.cut += row.get("finish_reason") == "length"
        self.prompt_tokens += row["prompt_tokens"] or 0
        self.completion_tokens += row["completion_tokens"] or 0
        self._latest.append((time.monotonic(), row.get("latency_s")))

    @property
    def seconds(self) -> float:
        """Since the run started in this process."""
        return time.monotonic() - self.started

    @property
    def per_second(self) -> float | None:
        """Outcomes a second, of late; None before the first."""
        if not self._latest:
            return None
        since = self.started if self.rows <= LATEST else self._latest[0][0]
        return len(self._latest) / max(1e-9, time.monotonic() - since)

    def latencies(self) -> dict[int, float]:
        """Return percentiles of the latest latencies in seconds, by percent; none before the first response."""
        known = sorted(latency for _, latency in self._latest if latency is not None)
        return {percent: known[min(len(known) - 1, percent * len(known) // 100)] for percent in PERCENTS if known}
