"""The backtest as a whole: many random halves of the prompts, and a bootstrap over their clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from deploysim.errors import InputError
from deploysim.forecast.backtest.labels import Labels
from deploysim.forecast.backtest.methods import Pairs, all_pairs, forecasts
from deploysim.forecast.backtest.scoring import GROUPS, METHODS, Scored, Summary, joined, score, summarise, truth
from deploysim.forecast.backtest.splits import Parts, Split, Splitter
from deploysim.stats.clusters import Floats
from deploysim.stats.pooling import Priors

HALVES_A_RESAMPLE = 2
"""Random halves of each bootstrap sample: two tell how much of its scatter is only that of halving."""
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """How a backtest is run."""

    splits: int = 100
    """Random halves of the prompts."""
    resamples: int = 60
    """Bootstrap samples of the clusters, behind every interval."""
    thin: float = 1.0
    """Share of the first half that is replayed, above 0."""
    certainty: float = 0.8
    """Probability that a call needs. Lower than a forecast's: here calls are judged on rows that really changed, where
    those at 0.8 are right far more often than they say."""
    """Probability that the call of a direction needs."""
    level: float = 0.9
    """Level of all intervals."""
    seed: int = 0
    priors: Priors = field(default_factory=Priors)

    def __post_init__(self) -> None:
        rules = {
            "splits": self.splits >= 1,
            "resamples": self.resamples >= 10,
            "thin": 0.0 < self.thin <= 1.0,
            "certainty": 0.5 < self.certainty < 1.0,
            "level": 0.0 < self.level < 1.0,
        }
        broken = [f"{name}={getattr(self, name)}" for name, holds in rules.items() if not holds]
        if broken:
            raise InputError(
                f"The backtest cannot use {', '.join(broken)}.",
                expected="at least 1 split and 10 resamples, thin above 0 and at most 1, certainty above 0.5 and below 1, "
                "level between 0 and 1",
            )


@dataclass(frozen=True, slots=True)
class Score:
    """One averaged score with its bootstrap interval; None for both where there was nothing to average."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """All scores of a backtest, by "group.method.score"."""

    scores: dict[str, Score]
    settings: BacktestSettings
    models: int
    categories: tuple[str, ...]
    clusters: int
    responses: int
    pairs: int


def backtest(labels: Labels, settings: BacktestSettings, *, report: Report) -> Backtest:
    """Forecast every ordered pair of models in every category over many random halves, and score the forecasts.

    One half of the clusters of prompts is the old model's deployment and the replay, the other the new model's traffic.
    A forecast reads the first half only, and of it only what its two models showed; the challenging prompts also read
    which prompts third models fail. Intervals: bootstrap over clusters, all copies of one in the same half; what
    halving alone adds to the scatter of the resamples is taken off and that of the many halves put back.
    """
    work = _Work(Splitter(labels), all_pairs(len(labels.models)), settings)
    halves = [
        work.halved(np.random.default_rng([settings.seed, 0, i]), None) for i in _counted(settings.splits, report)
    ]
    point = work.summary(halves)
    resampled = [
        work.resample(np.random.default_rng([settings.seed, 1, i]), labels.clusters)
        for i in _counted(settings.resamples, report, "bootstrap samples")
    ]
    return Backtest(
        scores={key: _with_interval(key, value, resampled, settings) for key, value in point.items()},
        settings=settings,
        models=len(labels.models),
        categories=tuple(category.name for category in labels.categories),
        clusters=labels.clusters,
        responses=labels.responses,
        pairs=work.pairs.old.size,
    )


@dataclass(frozen=True, slots=True)
class _Halves:
    """Scores of one split: replayed as far as asked for, and in full."""

    thin: Scored
    full: Scored


@dataclass(frozen=True, slots=True)
class _Work:
    splitter: Splitter
    pairs: Pairs
    settings: BacktestSettings

    def halved(self, rng: np.random.Generator, copies: Floats | None) -> _Halves:
        """Draw one split and score it."""
        split = self.splitter.draw(thin=self.settings.thin, rng=rng, copies=copies)
        thin = self._scored(split, copies)
        if self.settings.thin == 1.0:
            return _Halves(thin, thin)
        whole = Split(split.replayed + split.kept, np.zeros_like(split.kept), split.realised)
        return _Halves(thin, self._scored(whole, copies))

    def resample(self, rng: np.random.Generator, clusters: int) -> list[Summary]:
        """Draw the clusters anew, with replacement, and summarise each of a few splits by itself."""
        copies = np.bincount(rng.integers(clusters, size=clusters), minlength=clusters).astype(np.float64)
        return [self.summary([self.halved(rng, copies)]) for _ in range(HALVES_A_RESAMPLE)]

    def summary(self, halves: list[_Halves]) -> Summary:
        """Average over splits, with the differences between methods and what thinning cost."""
        summary = summarise(joined([half.thin for half in halves]), certainty=self.settings.certainty)
        if self.settings.thin < 1.0:
            full = summarise(joined([half.full for half in halves]), certainty=self.settings.certainty)
            summary |= {f"full_replay{key[3:]}": value for key, value in full.items() if key.startswith("all.")}
        return summary | _differences(summary)

    def _scored(self, split: Split, copies: Floats | None) -> Scored:
        parts = self.splitter.count(split)
        methods = forecasts(parts, self.pairs, self.settings.priors)
        came = truth(
            parts.realised, methods["naive"], self.splitter.everything(copies), self.pairs, _usable(parts, self.pairs)
        )
        return score(methods, came, level=self.settings.level)


def _usable(parts: Parts, pairs: Pairs) -> np.ndarray:
    answered = parts.replayed.n.T > 0.0
    return np.asarray(answered[pairs.old] & answered[pairs.new])


def _differences(summary: Summary) -> Summary:
    """Our mean NLL less that of the others, on the rows that both have, and the share of thinning's loss won back."""
    found: Summary = {}
    for group in GROUPS:
        for other in METHODS[1:]:
            for kind in ("nll_plug_in", "nll_predictive"):
                same = summary[f"{group}.{other}.rows"] == summary[f"{group}.ours.rows"]
                gained = summary[f"{group}.ours.{kind}"] - summary[f"{group}.{other}.{kind}"]
                found[f"{group}.ours_less_{other}.{kind}"] = gained if same else float("nan")
    for kind in ("nll_plug_in", "nll_predictive"):
        if f"full_replay.raw.{kind}" in summary:
            lost = summary[f"all.raw.{kind}"] - summary[f"full_replay.raw.{kind}"]
            won = summary[f"all.raw.{kind}"] - summary[f"all.ours.{kind}"]
            found[f"thinning.won_back.{kind}"] = won / lost if lost else float("nan")
            found[f"thinning.raw_lost.{kind}"] = lost
    return found


def _with_interval(key: str, value: float, resampled: list[list[Summary]], settings: BacktestSettings) -> Score:
    """Put a bootstrap interval around a score, around the score and not around the resamples' mean.

    Resampled clusters repeat, which makes forecasts look worse than they are: only their scatter is used.
    """
    if not np.isfinite(value):
        return Score(None, None, None)
    drawn = np.array([[summary.get(key, np.nan) for summary in halves] for halves in resampled])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    if len(drawn) < 2:
        return Score(value, None, None)
    means = drawn.mean(axis=1)
    halving = drawn.var(axis=1, ddof=1).mean()
    scatter = means.var(ddof=1)
    wanted = max(scatter - halving / drawn.shape[1], 0.0) + halving / settings.splits
    shrunk = (means - means.mean()) * np.sqrt(wanted / scatter) if scatter > 0.0 else means * 0.0
    tail = (1.0 - settings.level) / 2.0
    low, high = value + np.quantile(shrunk, [tail, 1.0 - tail])
    return Score(value, float(low), float(high))


def _counted(times: int, report: Report, what: str = "random halves") -> Iterator[int]:
    for i in range(times):
        yield i
        report(what, i + 1, times)
