"""The methods' scores on the rows of one scorecard: the forecast, the naive one, and challenging prompts, like with like.

Plug-in scores use each method's mean rate; predictive ones a beta-binomial that also holds what the method does not know
and the design effect of the realised responses (`stats.predictive`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit, ndtr

from deploysim.forecast.posterior import posterior_of
from deploysim.forecast.records import CategoryForecast, Direction, Rate
from deploysim.forecast.scorecard import Against, Calls, Difference, Method, MethodScore, ScoredCategory, Summary
from deploysim.forecast.words import BETTER, WORSE
from deploysim.stats.clusters import Floats, Ints
from deploysim.stats.predictive import predict
from deploysim.stats.rates import PER_100K
from deploysim.stats.scores import MeanDifference, binomial_nll, brier, mean_difference, regret, symmetric_error


@dataclass(frozen=True, slots=True)
class ChallengeRates:
    """What the two models showed on challenging prompts in one category."""

    old: Rate
    new: Rate


@dataclass(frozen=True, slots=True)
class _Says:
    """What a method says of one rate to come, a share."""

    point: float
    mean: float
    variance: float
    up: float


def with_scores(
    rows: Sequence[ScoredCategory],
    forecasts: Sequence[CategoryForecast],
    challenge: Mapping[str, ChallengeRates],
    *,
    level: float,
) -> tuple[ScoredCategory, ...]:
    """Score every method in every category that has a forecast rate and a realised one."""
    return tuple(
        replace(row, methods=_methods(row, forecast, challenge.get(row.category), level))
        for row, forecast in zip(rows, forecasts, strict=True)
    )


def summarise(rows: Sequence[ScoredCategory], method: Method, *, material_ratio: float) -> Summary | None:
    """Average one method's scores over the rows that it was scored on; None where there is none."""
    scored = [(row, score) for row in rows if (score := row.score(method))]
    if not scored:
        return None
    moved = [(row, score, ratio) for row, score in scored if (ratio := realised_change(row)) != 1.0]
    right = [(score.up > 0.5) == (ratio > 1.0) for _, score, ratio in moved]
    informed = [score.up != 0.5 for _, score, _ in moved]
    changed = [max(ratio, 1.0 / ratio) >= material_ratio for _, _, ratio in moved]
    table = np.array([(s.error, s.nll, s.regret, s.predictive_nll, s.held) for _, s in scored])
    ups = np.array([score.up for _, score, _ in moved])
    rises = np.array([ratio > 1.0 for _, _, ratio in moved], dtype=np.bool_)
    mean = table.mean(axis=0)
    return Summary(
        method=method,
        rows=len(scored),
        direction_right=sum(r and i for r, i in zip(right, informed, strict=True)),
        direction_rows=sum(informed),
        changed_right=sum(r and i and c for r, i, c in zip(right, informed, changed, strict=True)),
        changed_rows=sum(i and c for i, c in zip(informed, changed, strict=True)),
        error_median=float(np.median(table[:, 0])),
        error_p90=float(np.quantile(table[:, 0], 0.9)),
        nll=float(mean[1]),
        regret=float(mean[2]),
        predictive_nll=float(mean[3]),
        coverage=float(mean[4]),
        brier=brier(ups, rises) if ups.size else None,
    )


def against(rows: Sequence[ScoredCategory], other: Method, *, level: float, seed: int) -> Against | None:
    """Test the forecast against another method on the rows of both; None where there is none.

    Each category counts as a cluster of its own.
    """
    pairs = [(ours, theirs) for row in rows if (ours := row.score("forecast")) and (theirs := row.score(other))]
    if not pairs:
        return None
    clusters = np.arange(len(pairs), dtype=np.int64)
    return Against(
        other=other,
        rows=len(pairs),
        nll=loss_difference([(a.nll, b.nll) for a, b in pairs], clusters, level=level, seed=seed),
        predictive_nll=loss_difference(
            [(a.predictive_nll, b.predictive_nll) for a, b in pairs], clusters, level=level, seed=seed
        ),
    )


def loss_difference(losses: Sequence[tuple[float, float]], clusters: Ints, *, level: float, seed: int) -> Difference:
    """Compare the losses (ours, theirs) of the same rows."""
    ours, theirs = np.array(losses, dtype=np.float64).T
    found: MeanDifference = mean_difference(ours, theirs, clusters=clusters, level=level, seed=seed)
    return Difference(found.mean, found.low, found.high, found.test.p_value, found.test.name)


def count_calls(rows: Sequence[ScoredCategory], *, material_ratio: float) -> Calls:
    """Count the directions that were called, and those that came true."""
    scored = [(row.direction, realised_change(row)) for row in rows if row.methods]
    moved = [(called in WORSE, ratio) for called, ratio in scored if called in (*WORSE, *BETTER)]
    unchanged = [ratio for called, ratio in scored if called is Direction.UNCHANGED]
    return Calls(
        moved=len(moved),
        moved_right=sum((ratio > 1.0) if up else (ratio < 1.0) for up, ratio in moved),
        unchanged=len(unchanged),
        unchanged_right=sum(1.0 / material_ratio < ratio < material_ratio for ratio in unchanged),
    )


def realised_change(row: ScoredCategory) -> float:
    """Realised over previous rate, by their point estimates; for rows that were scored.

    Exactly 1 where neither shows the behaviour: the estimates then differ by their numbers of responses alone.
    """
    if not row.previous.present and not row.realised.present:
        return 1.0
    assert row.realised.per_100k is not None, "a scored row has a realised rate"
    assert row.previous.per_100k is not None, "a scored row has a previous rate"
    return row.realised.per_100k / row.previous.per_100k


def _methods(
    row: ScoredCategory, forecast: CategoryForecast, challenge: ChallengeRates | None, level: float
) -> tuple[MethodScore, ...]:
    if forecast.label_corrected:
        return ()
    posterior = posterior_of(forecast)
    if posterior is None or row.forecast is None or forecast.certainty is None or row.realised.n == 0:
        return ()
    ours = _Says(row.forecast.median / PER_100K, posterior.mean, posterior.variance, forecast.certainty.up)
    naive = _naive(row.previous)
    said: list[tuple[Method, _Says]] = [("forecast", ours), ("naive", naive)]
    if challenge is not None and (moved := _challenging(row.previous, challenge)):
        said.append(("challenging", moved))
    return tuple(_score(method, says, row.realised, level) for method, says in said)


def _naive(before: Rate) -> _Says:
    mean, n = _point(before)
    return _Says(mean, mean, mean * (1.0 - mean) / (n + 2.0), 0.5)


def _challenging(before: Rate, seen: ChallengeRates) -> _Says | None:
    """The previous rate, moved on the log-odds scale by the change on challenging prompts."""
    if seen.old.n == 0 or seen.new.n == 0:
        return None
    (old, old_n), (new, new_n), (mean, n) = _point(seen.old), _point(seen.new), _point(before)
    change = logit(new) - logit(old)
    spread = _log_odds_variance(old, old_n) + _log_odds_variance(new, new_n)
    moved = float(expit(logit(mean) + change))
    variance = (moved * (1.0 - moved)) ** 2 * (spread + _log_odds_variance(mean, n))
    return _Says(moved, moved, variance, float(ndtr(change / np.sqrt(spread))))


def _point(rate: Rate) -> tuple[float, float]:
    """Point estimate as a share, and what it is worth in independent responses."""
    assert rate.per_100k is not None, "only rates with responses are looked at"
    return rate.per_100k / PER_100K, rate.n_effective or float(rate.n)


def _log_odds_variance(rate: float, n: float) -> float:
    return 1.0 / (rate * (1.0 - rate) * (n + 1.0))


def _score(method: Method, says: _Says, realised: Rate, level: float) -> MethodScore:
    present, n = _one(realised.present), _one(realised.n)
    rate, worth = _point(realised)
    ahead = predict(_one(says.mean), _one(says.variance), n=n, effect=_one(max(1.0, realised.n / worth)))
    return MethodScore(
        method=method,
        per_100k=says.point * PER_100K,
        error=float(symmetric_error(_one(says.point), _one(rate))[0]),
        nll=float(binomial_nll(_one(says.mean), present, n)[0]),
        regret=float(regret(_one(says.mean), present, n)[0]),
        predictive_nll=float(ahead.nll(present)[0]),
        held=float(ahead.held(present, level=level)[0]),
        up=says.up,
    )


def _one(value: float) -> Floats:
    return np.array([value], dtype=np.float64)
