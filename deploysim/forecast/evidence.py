"""What a forecast may rest on besides the outcomes of the sample: more of the log, and human labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploysim.stats.graders import Reviewed
from deploysim.types import Lane


@dataclass(frozen=True, slots=True)
class RecordedCount:
    """Recorded responses graded in one category, replayed or not."""

    present: int
    n: int
    """Responses with a clear outcome; at least one."""
    share: float
    """Share present, weights allowed for."""
    n_effective: float
    """What the responses are worth, weights and clusters allowed for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one category besides the outcomes of its prefixes."""

    recorded: RecordedCount | None = None
    """None where all graded prefixes of the log were replayed."""
    reviews: Mapping[Lane, Reviewed] = field(default_factory=dict)
    """Human labels by lane; without any, rates are what the grader flagged."""


NOTHING_MORE = Evidence()
EvidenceByCategory = Mapping[str, Evidence]
