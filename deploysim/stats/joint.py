"""Rates of lanes that answered the same prefixes, jointly: their table, its posterior, and what follows from it.

Lanes are columns: (recorded, candidate), or (recorded, baseline, candidate). Each prefix falls into one of the 4 or 8
cells of present and absent. A Dirichlet prior with 1 / cells in each gives every pair of lanes the prior
Dirichlet(1/4, 1/4, 1/4, 1/4) and every single lane Jeffreys' Beta(1/2, 1/2), because a Dirichlet's margins add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Bools, Floats, Ints, design_effect, kish_effective_n
from deploysim.types import Interval

RECORDED = 0
CANDIDATE = -1


@dataclass(frozen=True, slots=True)
class LaneDraws:
    """Posterior draws of the lanes' rates; both arrays have the shape (draws, lanes)."""

    rates: Floats
    log_odds: Floats


@dataclass(frozen=True, slots=True)
class ShiftDraws:
    """Posterior draws of what a forecast says, each of the shape (draws,)."""

    forecast: Floats
    """The candidate's expected rate in production, a share."""
    ratio: Floats
    """Forecast over recorded rate."""
    gap: Floats | None
    """Baseline over recorded rate; None where there is no baseline lane."""
    n_effective: float
    """Independent, equally weighted prefixes that the ratio rests on."""


def joint_cells(flags: Bools, weights: Floats) -> Floats:
    """Count prefixes by cell; `flags` has the shape (prefixes, lanes), the result (2 ** lanes,); at least one prefix.

    Lane j is bit j of the cell's index. Under weights these are the Hajek shares times Kish's effective number.
    """
    lanes = flags.shape[1]
    index = flags.astype(np.int64) @ (1 << np.arange(lanes))
    mass = np.bincount(index, weights=weights, minlength=2**lanes).astype(np.float64)
    scale = kish_effective_n(weights) / float(weights.sum())
    return mass * scale


def draw_lanes(cells: Floats, *, draws: int, seed: int) -> LaneDraws:
    """Draw the lanes' rates from the posterior of the joint table, Dirichlet(cells + 1 / number of cells)."""
    lanes = cells.size.bit_length() - 1
    rng = np.random.default_rng(seed)
    gammas = rng.standard_gamma(cells + 1.0 / cells.size, size=(draws, cells.size))
    member = (np.arange(cells.size)[:, None] >> np.arange(lanes)) & 1
    present, absent = gammas @ member, gammas @ (1 - member)
    return LaneDraws(rates=present / (present + absent), log_odds=np.log(present) - np.log(absent))


def forecast_log_odds(log_odds: Floats) -> Floats:
    """Log-odds of the candidate's rate in production, from the log-odds of the lanes (last axis).

    With a baseline lane the recorded rate is moved by the candidate-to-baseline shift, recorded + candidate - baseline:
    it assumes that replaying distorts both models alike. Without one it is the candidate's own rate.
    """
    candidate = log_odds[..., CANDIDATE]
    if log_odds.shape[-1] == 2:
        return candidate
    return log_odds[..., RECORDED] + candidate - log_odds[..., 1]


def shift_draws(flags: Bools, *, weights: Floats, clusters: Ints, draws: int, seed: int) -> ShiftDraws:
    """Draw forecast, ratio and fidelity gap from the posterior of the joint table.

    `flags` (prefixes, lanes), `weights` and `clusters` (prefixes,) hold complete prefixes only, at least one.
    Clusters weaken what is known of a rate more than what is known of a difference on shared prefixes, so each
    quantity is drawn from the table deflated by its own design effect. Where each cluster holds one prefix, all come
    from the very same draws.
    """
    cells = joint_cells(flags, weights)
    effects = {
        name: design_effect(influence, weights=weights, clusters=clusters)
        for name, influence in _influences(flags, weights).items()
    }
    by_effect = {effect: draw_lanes(cells / effect, draws=draws, seed=seed) for effect in set(effects.values())}
    lanes = {name: by_effect[effect] for name, effect in effects.items()}
    recorded = lanes["ratio"].log_odds[:, RECORDED]
    return ShiftDraws(
        forecast=np.exp(_log_rate(forecast_log_odds(lanes["forecast"].log_odds))),
        ratio=np.exp(_log_rate(forecast_log_odds(lanes["ratio"].log_odds)) - _log_rate(recorded)),
        gap=lanes["gap"].rates[:, 1] / lanes["gap"].rates[:, RECORDED] if "gap" in lanes else None,
        n_effective=kish_effective_n(weights) / effects["ratio"],
    )


def equal_tailed(draws: Floats, *, level: float) -> Interval:
    """Equal-tailed interval of posterior draws."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return Interval(float(low), float(high), level)


def _log_rate(log_odds: Floats) -> Floats:
    return -np.logaddexp(0.0, -log_odds)


def _influences(flags: Bools, weights: Floats) -> dict[str, Floats]:
    """What each prefix adds to the error of each quantity on the log scale, to first order."""
    share = (weights @ flags) / weights.sum()
    n = kish_effective_n(weights)
    smooth = (share * n + 0.5) / (n + 1.0)
    logit = (flags - share) / (smooth * (1.0 - smooth))
    moved = forecast_log_odds(logit)
    forecast = np.exp(_log_rate(forecast_log_odds(np.log(smooth) - np.log1p(-smooth))))
    recorded = (1.0 - smooth[RECORDED]) * logit[:, RECORDED]
    parts = {"forecast": moved, "ratio": (1.0 - forecast) * moved - recorded}
    if flags.shape[1] == 3:
        parts["gap"] = (1.0 - smooth[1]) * logit[:, 1] - recorded
    return parts
