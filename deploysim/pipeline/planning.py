"""Plan: how many prefixes each category's question takes, from what the workspace knows of it or from given rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from deploysim.chat.profiles import ModelProfile
from deploysim.errors import InputError
from deploysim.forecast.records import CategoryForecast, Forecast
from deploysim.grade.grader import Grader
from deploysim.pipeline.calibrating import calibrate
from deploysim.pipeline.estimating import estimate_run
from deploysim.pipeline.evidence import LEAST_FLAGGED
from deploysim.pipeline.forecasting import SavedForecast, all_forecasts
from deploysim.pipeline.lanes import fitting, lane_grades
from deploysim.stats.planning import (
    Causes,
    Question,
    affordable,
    causes,
    power_at,
    prefixes_needed,
    smallest_ratio,
    unseen_rate,
)
from deploysim.stats.rates import PER_100K
from deploysim.store.samples import list_samples
from deploysim.store.workspace import Workspace
from deploysim.types import Verdict

CAUSES = {
    "grader": ("grader error", ""),
    "clusters": ("clusters", ""),
    "answers": ("answers differ much", "answers differ little"),
    "unclear": ("unclear outcomes", ""),
}
"""What causes that take more prefixes are called, and those that take fewer."""
LEAST_TOLD = 0.05
"""Causes that change the prefixes needed by less are not told."""
FEWEST, MOST = 50, 10_000_000
"""Sample sizes that the power curve covers."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One category to plan for."""

    category: str
    name: str
    question: Question | None
    """None where its rate is not known."""
    basis: str
    """What the rate rests on, in words."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the plan is for."""

    ratio: float = 1.5
    power: float = 0.8
    certainty: float = 0.9
    size: int = 5_000
    """Prefixes of the sample that is thought of."""

    def __post_init__(self) -> None:
        rules = {
            "ratio": self.ratio > 0.0 and self.ratio != 1.0,
            "power": 0.5 <= self.power < 1.0,
            "certainty": 0.5 < self.certainty < 1.0,
            "size": self.size >= 1,
        }
        broken = [f"{name}={getattr(self, name)}" for name, holds in rules.items() if not holds]
        if broken:
            raise InputError(
                f"No plan can be made for {', '.join(broken)}.",
                expected="a ratio above 0 other than 1, power and certainty from 0.5 to below 1, a size of at least 1",
            )


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What one category's question takes. None where its rate is not known, or nothing would do."""

    category: str
    name: str
    per_100k: float | None
    basis: str
    needed: int | None
    """Prefixes for the power asked for at the ratio asked for."""
    smallest_ratio: float | None
    """Smallest increase that the sample finds with that power."""
    power: float | None
    """Power of the sample at the ratio asked for."""
    cost: float | None = None
    """Of the prefixes needed, in the price's currency."""
    perfect_grader: int | None = None
    """Prefixes needed if the grader never erred."""
    causes: Causes | None = None
    """What the prefixes needed come from."""

    def why(self) -> str:
        """Say what makes the question dear or cheap: the prefixes by its rate alone, and what multiplies them."""
        if self.causes is None:
            return ""
        factors = sorted(((getattr(self.causes, name), words) for name, words in CAUSES.items()), reverse=True)
        told = [f"{words[factor < 1.0]} ×{factor:.2g}" for factor, words in factors if abs(factor - 1.0) >= LEAST_TOLD]
        return " · ".join((f"rate {self.causes.alone:,}", *told))


@dataclass(frozen=True, slots=True)
class Price:
    """What a replayed prefix costs."""

    model: str
    per_prefix: float
    currency: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sample can and cannot find."""

    ask: Ask
    rows: tuple[PlanRow, ...]
    unseen_per_100k: float
    """A new behaviour at or above this rate is seen at least once with a probability of 90 %."""
    price: Price | None = None

    def sentence(self) -> str:
        """Say in one or two sentences what the sample finds."""
        known = [row for row in self.rows if row.per_100k is not None]
        enough = sum(row.needed is not None and row.needed <= self.ask.size for row in known)
        found = (
            f"{self.ask.size:,} prefixes find a change of {self.ask.ratio:g}x, {self.ask.power:.0%} of the time, in "
            f"{enough} of {len(known)} behaviours whose rate is known. "
            if known
            else ""
        )
        return f"{found}A new behaviour rarer than {self.unseen_per_100k:,.3g} per 100,000 would probably go unseen."


def known_topics(workspace: Workspace, graders: Sequence[Grader]) -> tuple[Topic, ...]:
    """Return what the newest forecast says of every category, else the graded recorded responses of a log or sample."""
    forecasts = all_forecasts(workspace)
    if forecasts:
        return _from_forecast(workspace, forecasts[0], graders)
    for sample in sorted(list_samples(workspace), key=lambda s: -s.size):
        grades = lane_grades(workspace, sample.sample_id, None, list(graders))
        if not grades.is_empty():
            return tuple(_from_grades(grades, one) for one in fitting(workspace, sample.sample_id, graders))
    return ()


def given_topic(name: str, per_100k: float) -> Topic:
    """Return a category whose rate somebody gave.

    Raises:
        InputError: where it is not between 0 and 100,000.
    """
    if not 0.0 < per_100k < PER_100K:
        raise InputError(f"The rate {per_100k:g} is not one per 100,000.", expected="a number above 0, below 100,000")
    return Topic(name, name, Question(per_100k / PER_100K), "given")


def with_given(topics: Sequence[Topic], rates: Mapping[str, float]) -> tuple[Topic, ...]:
    """Replace the rates of categories by given ones, and add those that are not known."""
    found = {topic.category: topic for topic in topics}
    for name, per_100k in rates.items():
        given, known = given_topic(name, per_100k), found.get(name)
        if known:
            question = replace(known.question or Question(0.5), rate=per_100k / PER_100K)
            given = replace(known, question=question, basis="given")
        found[name] = given
    return tuple(found.values())


def with_precision(topics: Sequence[Topic], precision: float) -> tuple[Topic, ...]:
    """Set the grader's precision where labels do not tell it."""
    return tuple(
        replace(t, question=replace(t.question, precision=precision))
        if t.question and t.question.precision == 1.0
        else t
        for t in topics
    )


def make_plan(topics: Sequence[Topic], ask: Ask, price: Price | None = None) -> Plan:
    """Work out what every category takes, most frequent first, those of unknown rate last."""
    rows = sorted((_row(topic, ask, price) for topic in topics), key=lambda row: -(row.per_100k or -1.0))
    return Plan(ask, tuple(rows), unseen_rate(ask.size) * PER_100K, price)


def power_curves(topics: Sequence[Topic], ask: Ask, *, points: int = 60) -> pl.DataFrame:
    """Return name, prefixes and power of the categories whose rate is known, over sample sizes on a log scale."""
    step = (MOST / FEWEST) ** (1 / (points - 1))
    sizes = [round(FEWEST * step**i) for i in range(points)]
    rows = [
        (topic.name, size, power_at(replace(topic.question, certainty=ask.certainty), ratio=ask.ratio, prefixes=size))
        for topic in topics
        if topic.question
        for size in sizes
    ]
    return pl.DataFrame(rows, schema={"name": pl.String, "prefixes": pl.Int64, "power": pl.Float64}, orient="row")


def price_per_prefix(workspace: Workspace, profile: ModelProfile) -> Price | None:
    """Return what a prefix of the newest sample costs with a model; None where its price or any sample is missing."""
    samples = list_samples(workspace)
    if profile.price is None or not samples:
        return None
    estimate = estimate_run(workspace, samples[0].sample_id, model=profile.model, price=profile.price)
    if not estimate.requests or estimate.cost is None:
        return None
    return Price(profile.name, estimate.cost / estimate.requests, profile.price.currency, estimate.priced_as_of)


def affordable_size(price: Price, budget: float) -> int:
    """Return how many prefixes a budget pays for."""
    return affordable(budget=budget, cost_per_prefix=price.per_prefix, most=MOST)


def _row(topic: Topic, ask: Ask, price: Price | None) -> PlanRow:
    if topic.question is None:
        return PlanRow(topic.category, topic.name, None, topic.basis, None, None, None)
    question = replace(topic.question, certainty=ask.certainty, power=ask.power)
    needed = prefixes_needed(question, ratio=ask.ratio)
    return PlanRow(
        category=topic.category,
        name=topic.name,
        per_100k=question.rate * PER_100K,
        basis=topic.basis,
        needed=needed,
        smallest_ratio=smallest_ratio(question, prefixes=ask.size),
        power=power_at(question, ratio=ask.ratio, prefixes=ask.size),
        cost=price.per_prefix * needed if price and needed else None,
        perfect_grader=prefixes_needed(replace(question, precision=1.0), ratio=ask.ratio),
        causes=causes(question, ratio=ask.ratio),
    )


def _from_forecast(workspace: Workspace, saved: SavedForecast, graders: Sequence[Grader]) -> tuple[Topic, ...]:
    precision = {
        one.category: one.error.precision.median
        for one in calibrate(workspace, saved.lanes(), graders)
        if one.error.precision and one.error.flagged.labels >= LEAST_FLAGGED
    }
    return tuple(_from_row(row, saved.forecast, precision.get(row.category)) for row in saved.forecast.categories)


def _from_row(row: CategoryForecast, forecast: Forecast, precision: float | None) -> Topic:
    seen = f"{row.previous.present:,} of {row.previous.n:,} in the log"
    if not row.previous.present or row.previous.per_100k is None:
        return Topic(row.category, row.name, None, f"none of {row.previous.n:,} in the log")
    question = Question(
        rate=min(row.previous.per_100k / PER_100K, 0.999),
        lost=(row.table.improved + 0.25) / (row.table.both + row.table.improved + 0.5),
        precision=precision or 1.0,
        cluster_effect=max(1.0, row.table.n / row.n_effective) if row.n_effective else 1.0,
        complete=max(row.table.n / forecast.prefixes, 1e-3),
    )
    checked = f", {precision:.0%} of what is flagged holds" if precision else ""
    return Topic(row.category, row.name, question, seen + checked)


def _from_grades(grades: pl.DataFrame, grader: Grader) -> Topic:
    clear = grades.filter((pl.col("category") == grader.category) & pl.col("verdict").is_in(["present", "absent"]))
    present = clear.filter(pl.col("verdict") == Verdict.PRESENT.value).height
    basis = f"{present:,} of {clear.height:,} in the log"
    question = Question(min((present + 0.5) / (clear.height + 1.0), 0.999)) if present else None
    return Topic(grader.category, grader.about.name, question, basis)
