"""Posterior draws of what a forecast says of one category: rate, ratio to the recorded rate, and fidelity gap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.stats.arcsine import log_odds, to_rate
from deploysim.stats.clusters import Floats
from deploysim.stats.lanes import CANDIDATE, RECORDED
from deploysim.stats.pooling import LanePosterior
from deploysim.types import Interval


@dataclass(frozen=True, slots=True)
class ShiftDraws:
    """Draws of the shape (draws,); row by row they belong together."""

    forecast: Floats
    """The candidate's expected rate in production, a share."""
    ratio: Floats
    """Forecast over recorded rate."""
    gap: Floats | None
    """Baseline over recorded rate; None where there is no baseline lane."""


def forecast_log_odds(odds: Floats) -> Floats:
    """Log-odds of the candidate's rate in production, from the log-odds of the lanes (last axis).

    With a baseline lane the recorded rate is moved by the candidate-to-baseline shift, recorded + candidate - baseline:
    it assumes that replaying distorts both models alike. Without one it is the candidate's own rate.
    """
    candidate = odds[..., CANDIDATE]
    if odds.shape[-1] == 2:
        return np.asarray(candidate)
    return np.asarray(odds[..., RECORDED] + candidate - odds[..., 1])


def draw_lanes(posterior: LanePosterior, *, draws: int, seed: int) -> Floats:
    """Draw the lanes of one category on the arcsine scale, shape (draws, lanes); `posterior` has no axis of categories."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(posterior.weights.size, size=draws, p=posterior.weights)
    values, vectors = np.linalg.eigh(posterior.cov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    noise = rng.standard_normal((draws, posterior.mean.shape[-1]))
    return np.asarray(posterior.mean[chosen] + np.einsum("dij,dj->di", root[chosen], noise))


def shift_draws(posterior: LanePosterior, *, draws: int, seed: int) -> ShiftDraws:
    """Draw forecast, ratio and gap of one category from the posterior of its lanes."""
    y = draw_lanes(posterior, draws=draws, seed=seed)
    rates = to_rate(y)
    forecast = 1.0 / (1.0 + np.exp(-forecast_log_odds(log_odds(y))))
    return ShiftDraws(
        forecast=forecast,
        ratio=forecast / rates[:, RECORDED],
        gap=rates[:, 1] / rates[:, RECORDED] if rates.shape[1] == 3 else None,
    )


def equal_tailed(draws: Floats, *, level: float) -> Interval:
    """Equal-tailed interval of posterior draws."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return Interval(float(low), float(high), level)
