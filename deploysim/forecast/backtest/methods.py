"""The methods compared: what each forecasts for every ordered pair of models and every category of one split.

All arrays have the axes (pairs, categories). Only the first half is read: what the old model showed there, and what the
new one showed where it was replayed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr

from deploysim.forecast.backtest.splits import Counts, Parts
from deploysim.stats.arcsine import rate_moments, to_arcsine
from deploysim.stats.clusters import Bools, Floats, Ints
from deploysim.stats.lanes import LaneMoments, with_recorded
from deploysim.stats.pooling import Priors, pool


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ordered pairs of models by their places: every pair (old, new) of two different ones."""

    old: Ints
    new: Ints


@dataclass(frozen=True, slots=True)
class MethodForecast:
    """What a method says of the new model's rate; NaN where it has nothing to go by."""

    mean: Floats
    variance: Floats
    effect: Floats
    """Design effect of the responses to come, by that of the responses it rests on."""
    up: Floats
    """Probability that the new model's rate is higher than the old one's; 1/2 throughout for the naive forecast."""


def all_pairs(models: int) -> Pairs:
    """List all ordered pairs of different models."""
    old, new = np.nonzero(~np.eye(models, dtype=bool))
    return Pairs(old, new)


def forecasts(parts: Parts, pairs: Pairs, priors: Priors) -> dict[str, MethodForecast]:
    """Forecast all pairs by every method."""
    replay = _Lane.of(parts.replayed, parts.products)
    old, new = replay.take(pairs.old), replay.take(pairs.new)
    whole = _first_half(parts, replay).take(pairs.old)
    return {
        "naive": _naive(whole),
        "raw": _raw(new, whole),
        "challenging": _challenging(parts, pairs, whole, new),
        "ours": _ours(parts, pairs, old, new, whole, priors),
    }


@dataclass(frozen=True, slots=True)
class _Lane:
    """One model's responses in one part; axes (categories, models), or (pairs, categories) once taken."""

    present: Floats
    n: Floats
    effect: Floats
    events: Floats
    """Events, or non-events if fewer, as `stats.clusters.events` counts them."""

    @classmethod
    def of(cls, counts: Counts, products: Floats) -> _Lane:
        """Work out the design effects, drawn to the worst case by one pseudo-event as in `stats.clusters`."""
        n = np.maximum(counts.n, 1.0)
        share = counts.present / n
        spread = share * (1.0 - share)
        squares = np.diagonal(products, axis1=-2, axis2=-1)
        seen = np.divide(squares, n * spread, out=np.zeros_like(n), where=spread > 0.0)
        events = n * spread / (1.0 - 3.0 * spread)
        effect = np.maximum(1.0, (events * seen + counts.crowding) / (events + 1.0))
        return cls(counts.present, counts.n, effect, events)

    def take(self, models: Ints) -> _Lane:
        """Put the given models' columns onto the axis of pairs."""
        return _Lane(*(values.T[models] for values in (self.present, self.n, self.effect, self.events)))

    def mean(self) -> Floats:
        """Jeffreys' point estimate."""
        return (self.present + 0.5) / (self.n + 1.0)

    def variance(self) -> Floats:
        """Variance of the rate's posterior."""
        mean = self.mean()
        return np.asarray(mean * (1.0 - mean) / (self.n / self.effect + 2.0))

    def arcsine(self) -> Floats:
        return to_arcsine(self.present, self.n)

    def arcsine_variance(self) -> Floats:
        return np.asarray(self.effect / np.maximum(self.n, 1e-9))


def _first_half(parts: Parts, replay: _Lane) -> _Lane:
    """What the old model showed in its whole half; its design effect is that of the replayed part."""
    present, n = parts.replayed.present + parts.kept.present, parts.replayed.n + parts.kept.n
    return _Lane(present, n, replay.effect, replay.events)


def _naive(previous: _Lane) -> MethodForecast:
    """Nothing changes: the old model's rate."""
    even = np.full_like(previous.n, 0.5)
    return MethodForecast(previous.mean(), previous.variance(), previous.effect, even)


def _raw(new: _Lane, previous: _Lane) -> MethodForecast:
    """The new model's rate in the replay, taken by itself."""
    distance = new.arcsine() - previous.arcsine()
    up = ndtr(distance / np.sqrt(new.arcsine_variance() + previous.arcsine_variance()))
    return MethodForecast(new.mean(), new.variance(), new.effect, up)


def _challenging(parts: Parts, pairs: Pairs, previous: _Lane, new: _Lane) -> MethodForecast:
    """The old rate, moved on the log-odds scale by the change on prompts that some third model fails."""
    present, n = (np.moveaxis(values, 0, -1) for values in (parts.challenge.present, parts.challenge.n))
    old_present, old_n = present[pairs.old, pairs.new], n[pairs.old, pairs.new]
    new_present, new_n = present[pairs.new, pairs.old], n[pairs.new, pairs.old]
    old_rate, new_rate = (old_present + 0.5) / (old_n + 1.0), (new_present + 0.5) / (new_n + 1.0)
    known: Bools = (old_n > 0.0) & (new_n > 0.0)
    change = np.where(known, logit(new_rate) - logit(old_rate), np.nan)
    change_variance = new.effect * (_log_odds_variance(new_rate, new_n) + _log_odds_variance(old_rate, old_n))
    before = previous.mean()
    mean = expit(logit(before) + change)
    spread = change_variance + _log_odds_variance(before, previous.n / previous.effect)
    up = ndtr(change / np.sqrt(change_variance))
    return MethodForecast(mean, (mean * (1.0 - mean)) ** 2 * spread, new.effect, up)


def _log_odds_variance(rate: Floats, n: Floats) -> Floats:
    return 1.0 / (rate * (1.0 - rate) * (n + 1.0))


def _ours(parts: Parts, pairs: Pairs, old: _Lane, new: _Lane, previous: _Lane, priors: Priors) -> MethodForecast:
    """The forecast's own model, with the old model's replayed responses as its recorded lane."""
    seen = with_recorded(
        _moments(parts, pairs, old, new), centre=previous.arcsine(), variance=previous.arcsine_variance()
    )
    posterior = pool(seen, priors)
    variance = posterior.cov[..., 1, 1]
    moments = rate_moments(posterior.mean[..., 1], variance, posterior.weights)
    distance = posterior.mean[..., 1] - posterior.mean[..., 0]
    spread = posterior.cov[..., 0, 0] + variance - 2.0 * posterior.cov[..., 0, 1]
    chance = ndtr(distance / np.sqrt(np.maximum(spread, 1e-12)))
    return MethodForecast(moments.mean, moments.variance, new.effect, (posterior.weights * chance).sum(axis=-1))


def _moments(parts: Parts, pairs: Pairs, old: _Lane, new: _Lane) -> LaneMoments:
    """Lanes as `stats.lanes.lane_moments` would give them, from the products of the clusters' errors."""
    products = np.moveaxis(parts.products, 0, -1)
    both = products[pairs.old, pairs.new]
    size = np.sqrt(products[pairs.old, pairs.old] * products[pairs.new, pairs.new])
    fewer = np.minimum(old.events, new.events)
    correlation = np.divide(both, size, out=np.zeros_like(both), where=size > 0.0) * fewer / (fewer + 1.0)
    variances = old.arcsine_variance(), new.arcsine_variance()
    shared = correlation * np.sqrt(variances[0] * variances[1])
    return LaneMoments(
        centre=np.stack([old.arcsine(), new.arcsine()], axis=-1),
        cov=np.stack([np.stack([variances[0], shared], axis=-1), np.stack([shared, variances[1]], axis=-1)], axis=-1),
    )
