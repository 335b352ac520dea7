"""What a forecast says, as frozen records that turn into canonical JSON and back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deploysim.stats.noise_floor import NoiseFloor
from deploysim.types import Interval, Unit


class Direction(StrEnum):
    """Where a category's rate goes, called only at the stated certainty (METHOD: direction call)."""

    MATERIALLY_UP = "materially up"
    UP = "up"
    MATERIALLY_DOWN = "materially down"
    DOWN = "down"
    UNCHANGED = "no material change"
    UNKNOWN = "not enough evidence"


@dataclass(frozen=True, slots=True)
class Rate:
    """Share of responses in which a category is present."""

    present: int
    n: int
    """present + absent; the responses that the rate is about."""
    per_100k: float | None
    """Point estimate per 100,000; None where n is 0."""
    interval: Interval | None
    """Per 100,000; one-sided from 0 where nothing was seen."""
    n_effective: float | None = None
    """Independent, equally weighted responses that the interval rests on; None where n is 0."""


@dataclass(frozen=True, slots=True)
class LaneCount:
    """All responses of one lane in one category, by what became of them."""

    lane: str
    present: int
    absent: int
    unsure: int
    not_comparable: int
    failed: int
    rate: Rate
    low_per_100k: float | None
    """The rate if every failure, unsure and not comparable one were absent."""
    high_per_100k: float | None
    """The rate if every failure, unsure and not comparable one were present."""


@dataclass(frozen=True, slots=True)
class PairedTable:
    """Complete pairs by what the two lanes showed. The first lane is the one compared with."""

    both: int
    regressed: int
    """Present in the candidate only."""
    improved: int
    """Present in the lane compared with only."""
    neither: int

    @property
    def n(self) -> int:
        """Complete pairs."""
        return self.both + self.regressed + self.improved + self.neither


@dataclass(frozen=True, slots=True)
class Estimate:
    """A posterior summary: median and interval. Ratios are plain numbers, 1 = no change."""

    median: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Certainty:
    """Posterior probabilities of the ratio of the forecast rate to the previous one."""

    up: float
    """P(ratio > 1)."""
    materially_up: float
    """P(ratio > material ratio)."""
    materially_down: float
    """P(ratio < 1 / material ratio)."""
    unchanged: float
    """P(1 / material ratio < ratio < material ratio)."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the posterior draws say beyond medians and intervals: enough to score and to hold against any limit."""

    mean: float
    """Mean of the forecast rate, a share."""
    variance: float
    """Variance of the forecast rate."""
    rate: tuple[float, ...]
    """Quantiles of the forecast rate per 100,000, at `stats.quantiles.LEVELS`."""
    ratio: tuple[float, ...]
    """Quantiles of its ratio to the previous rate, at the same levels."""


@dataclass(frozen=True, slots=True)
class CategoryForecast:
    """The forecast for one category."""

    category: str
    """Category id in the taxonomy."""
    name: str
    lanes: tuple[LaneCount, ...]
    compared_with: str
    """Lane that the candidate is paired with: "baseline", or "recorded" where there is no baseline lane."""
    table: PairedTable
    previous: Rate
    """The recorded rate on the prefixes complete in all lanes used."""
    forecast: Estimate | None
    """The candidate's expected production rate per 100,000."""
    ratio: Estimate | None
    """Forecast rate over previous rate."""
    fidelity_gap: Estimate | None
    """Baseline rate over recorded rate; None where there is no baseline lane or neither shows the behaviour."""
    p_value: float | None
    """Of the paired test of no difference between the candidate and the lane compared with."""
    q_value: float | None
    """Benjamini-Hochberg over the categories of this forecast."""
    test: str
    """Name of the paired test used."""
    certainty: Certainty | None
    direction: Direction
    n_needed: int | None
    """Prefixes in all for 80 % power at the material ratio, where the call is "not enough evidence".

    None where that is unknown."""
    notes: tuple[str, ...] = ()
    """Assumptions and limits that apply to this row, in plain sentences."""
    n_effective: float | None = None
    """Independent, equally weighted prefixes that the ratio rests on; None where there is no ratio."""
    grader_correction: float | None = None
    """Forecast rate over what it would be by the grader alone; None where no human labels correct it."""
    noise: NoiseFloor | None = None
    """How often two answers of the baseline differ; None without repeats of it, and in forecasts from before."""
    posterior: Posterior | None = None
    """None where there is no forecast rate, and in forecasts from before it was kept."""
    comparable: tuple[LaneCount, ...] = ()
    """The lanes counted on comparable prefixes only; empty where all are: at the others some rollout did not come to an
    end of its own, or cannot stand beside the log's."""
    label_corrected: bool = False
    """Whether human labels corrected the forecast for grader error: then it is of what people would say."""


@dataclass(frozen=True, slots=True)
class RunInputs:
    """One lane that a forecast rests on."""

    lane: str
    run_id: str | None
    """None for the recorded lane."""
    model: str
    responses: int
    failed: int
    settings: str
    """The model configuration in one readable line."""


@dataclass(frozen=True, slots=True)
class PriorUsed:
    """Cauchy priors of changes of the log-odds: typical scale, and spread of its logarithm."""

    shift_scale: float
    shift_doubt: float
    gap_scale: float
    gap_doubt: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast for all categories of one candidate on one sample."""

    sample_id: str
    unit: Unit
    prefixes: int
    conversations: int
    window: str
    """The time that the sample's conversations cover, or that it is unknown."""
    lanes: tuple[RunInputs, ...]
    taxonomy: str
    """Fingerprint of the taxonomy."""
    graders: tuple[tuple[str, str], ...]
    """(category id, grader fingerprint)."""
    categories: tuple[CategoryForecast, ...]
    fidelity_corrected: bool
    material_ratio: float
    certainty_required: float
    level: float
    """Level of every interval."""
    false_discovery_rate: float
    """Threshold for q_value."""
    seed: int
    created_at: str
    """ISO time, UTC."""
    software: str
    notes: tuple[str, ...] = ()
    """Assumptions and limits that apply to the whole forecast."""
    power: float = 0.8
    """Probability of a call that `n_needed` is worked out for."""
    draws: int = 20_000
    """Posterior draws behind every estimate."""
    prior: PriorUsed | None = None
    """What was thought of changes before seeing any; None in forecasts from before changes were pooled."""
