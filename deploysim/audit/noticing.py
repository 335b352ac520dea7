"""What the audit of evaluation awareness finds, per lane and for an eval set."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.audit.records import Share, Shown, Side


@dataclass(frozen=True, slots=True)
class Noticing:
    """How often a lane's responses show awareness, and how often its transcripts look like a test."""

    side: Side
    label: str
    in_words: Share
    """Responses that say that this may be a test, by the phrase rule."""
    about_grading: Share
    """Responses that reason about being graded, by the phrase rule."""
    test_like: Share
    """Transcripts that the detector takes for a test; of recorded traffic those that it was not calibrated on."""
    judged: tuple[Judged, ...]
    examples: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One measure as judges decide it."""

    measure: str
    share: Share


@dataclass(frozen=True, slots=True)
class SignRate:
    """How often one sign of a test stands in transcripts."""

    sign: str
    words: str
    lane: str
    share: Share
    weight: float
    """What the sign adds to the score."""


@dataclass(frozen=True, slots=True)
class Scrubbing:
    """Whether placeholders in place of surrogates give a transcript away, on the same conversations."""

    replaced: Share
    """Transcripts in which scrubbing replaced anything."""
    surrogates: Share
    """Taken for a test as scrubbed."""
    placeholders: Share
    """Taken for a test with a placeholder such as <PERSON> in place of each surrogate."""
    p_value: float | None
    """Of no difference, paired; None without transcripts."""


@dataclass(frozen=True, slots=True)
class CategoryRate:
    """A category's rate in a lane, on all prefixes and on those where no lane shows awareness."""

    category: str
    name: str
    lane: str
    everywhere: Share
    unaware: Share


@dataclass(frozen=True, slots=True)
class AwarenessAudit:
    """Do the models notice that they are tested, and do the rates depend on it."""

    sample_id: str
    eval_sample_id: str | None
    unit: str
    created_at: str
    software: str
    seed: int
    level: float
    lanes: tuple[Noticing, ...]
    false_positive_rate: float
    """At most this share of the recorded traffic that the detector was calibrated on is called a test."""
    calibrated_on: int
    """Recorded transcripts behind weights and threshold: a half of the conversations."""
    threshold: float
    signs: tuple[SignRate, ...]
    scrubbing: Scrubbing
    prefixes: int
    aware: int
    """Prefixes on which some lane shows awareness in words or reasons about grading."""
    rates: tuple[CategoryRate, ...]
    notes: tuple[str, ...]
