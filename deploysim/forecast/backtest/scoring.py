"""Scores of the backtest's rows: every method on the same rows, by how much the rate changed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np

from deploysim.forecast.backtest.methods import MethodForecast, Pairs
from deploysim.forecast.backtest.splits import Counts
from deploysim.stats.clusters import Bools, Floats
from deploysim.stats.predictive import predict
from deploysim.stats.scores import binomial_nll, brier, log_loss, symmetric_error

CHANGED, HARDLY = 1.5, 1.25
"""A row changed if its rate was multiplied or divided by at least the first, and hardly if by less than the second."""
METHODS = ("ours", "raw", "naive", "challenging")
GROUPS = ("all", "changed", "hardly_changed", "changed_everywhere", "hardly_changed_everywhere")
"""Rows by realised over previous rate, noise and all; and by the two models' rates over the prompts of both halves."""
Summary: TypeAlias = dict[str, float]
"""Scores by "group.method.score"; NaN where there is no row."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What came; all arrays have the axes (pairs, categories)."""

    present: Floats
    n: Floats
    change: Floats
    """Realised over previous rate, both Jeffreys' point estimates."""
    change_everywhere: Floats
    """New over old rate on the prompts of both halves together."""
    usable: Bools
    """Both models have responses wherever they are needed."""


@dataclass(frozen=True, slots=True)
class MethodScores:
    """Scores of one method, one a row."""

    plug_in: Floats
    log_loss: Floats
    predictive: Floats
    error: Floats
    held: Floats
    up: Floats


@dataclass(frozen=True, slots=True)
class Scored:
    """All rows of one or many splits, one after another."""

    change: Floats
    change_everywhere: Floats
    methods: dict[str, MethodScores]


def truth(realised: Counts, previous: MethodForecast, everything: Counts, pairs: Pairs, usable: Bools) -> Truth:
    """Line up what came with what was before; `previous` is the naive forecast, which is the previous rate."""
    present, n = realised.present.T[pairs.new], realised.n.T[pairs.new]
    overall = (everything.present + 0.5) / (everything.n + 1.0)
    return Truth(
        present=present,
        n=n,
        change=(present + 0.5) / (n + 1.0) / previous.mean,
        change_everywhere=overall.T[pairs.new] / overall.T[pairs.old],
        usable=usable & (n > 0.0),
    )


def score(forecasts: dict[str, MethodForecast], came: Truth, *, level: float) -> Scored:
    """Score every method on the usable rows."""
    rows = came.usable
    return Scored(
        change=came.change[rows],
        change_everywhere=came.change_everywhere[rows],
        methods={name: _score(forecast, came, level=level) for name, forecast in forecasts.items()},
    )


def joined(parts: list[Scored]) -> Scored:
    """Put the rows of several splits together."""
    return Scored(
        change=np.concatenate([part.change for part in parts]),
        change_everywhere=np.concatenate([part.change_everywhere for part in parts]),
        methods={name: _joined([part.methods[name] for part in parts]) for name in parts[0].methods},
    )


def summarise(scored: Scored, *, certainty: float) -> Summary:
    """Average the scores by group and method."""
    summary: Summary = {}
    for group, rows in _groups(scored).items():
        summary[f"{group}.rows"] = float(rows.sum())
        for name, method in scored.methods.items():
            for key, value in _averages(method, scored.change, rows, certainty).items():
                summary[f"{group}.{name}.{key}"] = value
    return summary


def _score(forecast: MethodForecast, came: Truth, *, level: float) -> MethodScores:
    rows = came.usable
    present, n, mean = came.present[rows], came.n[rows], forecast.mean[rows]
    ahead = predict(mean, forecast.variance[rows], n=n, effect=forecast.effect[rows])
    known = np.isfinite(mean)
    return MethodScores(
        plug_in=binomial_nll(mean, present, n),
        log_loss=log_loss(mean, present, n),
        predictive=ahead.nll(present),
        error=symmetric_error(mean, (present + 0.5) / (n + 1.0)),
        held=np.where(known, ahead.held(present, level=level), np.nan),
        up=forecast.up[rows],
    )


def _joined(parts: list[MethodScores]) -> MethodScores:
    names = [field.name for field in fields(MethodScores)]
    return MethodScores(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _groups(scored: Scored) -> dict[str, Bools]:
    change, everywhere = np.abs(np.log(scored.change)), np.abs(np.log(scored.change_everywhere))
    rows = (
        np.ones(change.size, dtype=bool),
        change >= np.log(CHANGED),
        change < np.log(HARDLY),
        everywhere >= np.log(CHANGED),
        everywhere < np.log(HARDLY),
    )
    return dict(zip(GROUPS, rows, strict=True))


def _averages(method: MethodScores, change: Floats, rows: Bools, certainty: float) -> Summary:
    rows = rows & np.isfinite(method.plug_in)
    moved = rows & (change != 1.0)
    right = (method.up > 0.5) == (change > 1.0)
    informed = moved & (method.up != 0.5)
    called = np.maximum(method.up, 1.0 - method.up) >= certainty
    return {
        "rows": float(rows.sum()),
        "nll_plug_in": _mean(method.plug_in[rows]),
        "nll_predictive": _mean(method.predictive[rows]),
        "log_loss": _mean(method.log_loss[rows]),
        "sme_median": _quantile(method.error[rows], 0.5),
        "sme_p90": _quantile(method.error[rows], 0.9),
        "coverage": _mean(method.held[rows]),
        "direction_right": _mean(right[informed]),
        "called": _mean(called[rows]),
        "calls_right": _mean(right[moved & called]),
        "brier": brier(method.up[moved], change[moved] > 1.0),
    }


def _mean(values: Floats | Bools) -> float:
    return float(values.mean()) if values.size else float("nan")


def _quantile(values: Floats, share: float) -> float:
    return float(np.quantile(values, share)) if values.size else float("nan")
