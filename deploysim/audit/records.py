"""What audits find. Frozen, stored as canonical JSON under their hash; no conversation text is in them."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.types import Interval

RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Side:
    """Whose responses are meant."""

    lane: str
    run_id: str | None
    """None for the log."""
    model: str
    settings: str
    repeat: int = 0

    @property
    def label(self) -> str:
        """What tables and charts call it."""
        return f"{self.lane}, repeat {self.repeat + 1}" if self.repeat else self.lane


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n, with its interval."""

    count: float
    n: int
    interval: Interval | None
    """None where n is 0."""

    @property
    def value(self) -> float | None:
        """The share, or None where n is 0."""
        return self.count / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Tell:
    """One feature in which two sides differ, or do not."""

    feature: str
    more: str
    """What more of it means: "has more words"."""
    group: str
    first: float
    """Share of pairs in which the first side has more of it."""
    second: float
    """Share of pairs in which the second side has; in the others both have the same."""
    coefficient: float
    """In the classifier, of the standardised difference; above 0, more of it speaks for the first side."""
    q_value: float
    """Of no difference, Benjamini-Hochberg over the features."""

    @property
    def alone(self) -> float:
        """How well this feature alone tells the first side: its share of pairs won, ties one half. 1/2 is chance."""
        return 0.5 + (self.first - self.second) / 2.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair worth reading."""

    prefix_id: str
    why: str


@dataclass(frozen=True, slots=True)
class JudgeChoice:
    """How a judge did that was asked which of two responses is the original."""

    judge: str
    pairs: int
    mistaken: Share
    """How often the second side was taken for the original; where the judge chose neither, one half."""
    undecided: int
    failed: int
    """Calls that brought no answer; they are in no share."""
    chose_first_shown: Share
    """How often it chose what stood first, whichever that was: away from one half it goes by the place."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides that answered the same prefixes, and whether they can be told apart."""

    question: str
    """"fidelity", "candidate", "models" or "control"."""
    first: Side
    second: Side
    pairs: int
    conversations: int
    left_out: int
    """Prefixes without a whole response on both sides: one failed, or the log ends before its agent's answer."""
    same: int
    """Pairs of the very same text."""
    auc: float | None
    """None where there are too few conversations to say."""
    auc_interval: Interval | None
    mistaken: float | None
    """Share in which the second is taken for the original by the classifier on held-out conversations."""
    mistaken_interval: Interval | None
    p_value: float | None
    flips: int
    tells: tuple[Tell, ...]
    examples: tuple[Shown, ...]
    judges: tuple[JudgeChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number is distributed in a lane."""

    measure: str
    lane: str
    n: int
    mean: float | None
    quantiles: tuple[float, ...]
    """5, 25, 50, 75 and 95 %; empty where n is 0."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something is the case in a lane."""

    measure: str
    value: str
    lane: str
    share: Share


@dataclass(frozen=True, slots=True)
class Difference:
    """A test that two lanes do not differ in a measure."""

    measure: str
    value: str
    """Of a count, which value; "" for numbers."""
    first: str
    second: str
    pairs: int
    p_value: float
    q_value: float


@dataclass(frozen=True, slots=True)
class FidelityAudit:
    """Does the replay look real, and what gives it away."""

    sample_id: str
    unit: str
    created_at: str
    software: str
    seed: int
    level: float
    comparisons: tuple[Comparison, ...]
    spreads: tuple[Spread, ...]
    counts: tuple[Count, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
