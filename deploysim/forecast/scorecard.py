"""What a scorecard says: forecast against realised, as frozen records that turn into canonical JSON and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deploysim.forecast.records import Direction, Estimate, Rate
from deploysim.types import Unit

Method = Literal["forecast", "naive", "challenging"]
METHODS: tuple[Method, ...] = ("forecast", "naive", "challenging")
"""The forecast itself; "same rate as before"; and the previous rate moved as on a set of challenging prompts."""


@dataclass(frozen=True, slots=True)
class MethodScore:
    """How one method did in one category. Losses are in nats: smaller is better."""

    method: Method
    per_100k: float
    """The rate that it forecast."""
    error: float
    """Symmetric multiplicative error of that rate."""
    nll: float
    """Binomial negative log likelihood of the realised count under its mean rate."""
    regret: float
    """How much of that the realised rate itself would have saved."""
    predictive_nll: float
    """The same under its predictive distribution, which also says how unsure it is."""
    held: float
    """Share of the realised count that its predictive interval holds: 1 inside, 0 outside, between at an end."""
    up: float
    """Probability that the rate rises; 1/2 for the naive forecast."""


@dataclass(frozen=True, slots=True)
class ErrorSplit:
    """Where a forecast's error comes from, as ratios with intervals; None where it was not measured."""

    total: Estimate
    """Realised over forecast rate."""
    fidelity: Estimate | None
    """Baseline over recorded rate: what replaying the old model did. The forecast corrects for it."""
    prefix_shift: Estimate | None
    """Candidate on the new traffic's prefixes over candidate on the old ones: what the users ask now."""
    grader: Estimate | None
    """Realised rate corrected by human labels over the rate that was flagged."""


@dataclass(frozen=True, slots=True)
class ScoredCategory:
    """One category: what was forecast and what came."""

    category: str
    name: str
    previous: Rate
    forecast: Estimate | None
    """Per 100,000; None where the forecast gave no rate, and then nothing is scored."""
    realised: Rate
    undetermined: int
    """Realised responses without a clear verdict."""
    direction: Direction
    """As it was called."""
    forecast_ratio: Estimate | None
    realised_ratio: Estimate | None
    """Realised over previous rate; None where either has no response."""
    rose: float | None
    """Probability that the rate really rose, by the counts of both."""
    methods: tuple[MethodScore, ...]
    """Empty where nothing is scored."""
    error: ErrorSplit | None
    notes: tuple[str, ...] = ()
    registered: Estimate | None = None
    """What was registered, where the forecast was estimated anew by other graders."""

    def score(self, method: Method) -> MethodScore | None:
        """Return how a method did, or None where it was not scored."""
        return next((one for one in self.methods if one.method == method), None)


@dataclass(frozen=True, slots=True)
class Summary:
    """One method over the rows that it was scored on; None where no row counts."""

    method: Method
    rows: int
    direction_right: int
    direction_rows: int
    """Rows whose rate moved at all; a method that says "no change" has none."""
    changed_right: int
    changed_rows: int
    """Rows whose rate changed materially."""
    error_median: float | None
    error_p90: float | None
    nll: float | None
    regret: float | None
    predictive_nll: float | None
    coverage: float | None
    brier: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean loss of the forecast less that of another method on the same rows; below 0 the forecast is better."""

    mean: float
    low: float
    high: float
    p_value: float
    test: str


@dataclass(frozen=True, slots=True)
class Against:
    """The forecast against one other method."""

    other: Method
    rows: int
    nll: Difference
    predictive_nll: Difference


@dataclass(frozen=True, slots=True)
class Calls:
    """Directions that were called, and how many of them came true."""

    moved: int
    moved_right: int
    """Of those called up or down."""
    unchanged: int
    unchanged_right: int
    """Of those called "no material change"."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The new model's own traffic."""

    sample_id: str
    unit: Unit
    prefixes: int
    conversations: int
    window: str
    models: tuple[str, ...]
    """As the log names them."""
    before: int
    """Conversations from before the forecast was registered (made, where it was not); 0 in an honest test."""
    undated: int
    """Conversations without a date."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The challenging prompts that the second baseline rests on."""

    new: str
    """What answered them for the new model: a run, or an import."""
    old: str
    prefixes: int
    """Of the smaller of both."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Forecast against realised."""

    forecast_id: str
    registration_id: str | None
    registered_at: str | None
    stack: str | None
    """Archived stack that measured the new traffic; None where it was the one in force."""
    regraded: bool
    """Whether old and new traffic were measured anew by other graders than the forecast's own."""
    graders: tuple[tuple[str, str], ...]
    """(category id, grader fingerprint) of what was measured here."""
    old_model: str
    new_model: str
    traffic: Traffic
    challenge: Challenge | None
    level: float
    """Level of every interval."""
    material_ratio: float
    categories: tuple[ScoredCategory, ...]
    summaries: tuple[Summary, ...]
    against: tuple[Against, ...]
    calls: Calls
    seed: int
    created_at: str
    """ISO time, UTC."""
    software: str
    notes: tuple[str, ...] = ()

    def summary(self, method: Method) -> Summary | None:
        """Return a method over all its rows, or None where it was not scored."""
        return next((one for one in self.summaries if one.method == method), None)

    def scored(self) -> tuple[ScoredCategory, ...]:
        """Return the categories that were scored."""
        return tuple(row for row in self.categories if row.methods)
