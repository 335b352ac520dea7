"""The forecast's model: lanes' rates in many categories, whose changes are pooled.

**Data.** In category c the lanes' rates, recorded r, baseline b (where there is one) and candidate x, are seen on the
arcsine scale (`LaneMoments`): centre_c ~ Normal(y_c, cov_c). The covariance holds what is shared: the same prefixes,
clusters, repeats, weights, graders and their corrections.

**Prior.** The recorded rate has Jeffreys' prior, flat on this scale. Two changes are drawn towards nothing:

- the fidelity gap from recorded to baseline, y_b - y_r = s (m + g), whose mean m over all categories is
  Normal(0, 0.3^2);
- the shift from baseline (from recorded, where there is no baseline lane) to candidate, y_x - y_b = s h.

s = sqrt(rate (1 - rate)) midway between the two lanes turns steps of the log-odds into steps of this scale, so that g and
h are changes of the log-odds. Each is Cauchy a priori, written as a mixture of normals with standard deviations on a
grid. The weights of the mixture are learned from the categories of the forecast (empirical Bayes by EM, as in Stephens
2017, doi:10.1093/biostatistics/kxw041), the prior counting as `strength` categories of its own. So where most
categories hardly change, small changes that are not sure are drawn back; heavy tails leave sure and large ones alone;
and a single category gets what the prior alone says.

**Posterior.** Given the components all is normal and linear, so the posterior of a category is a mixture of normals in
closed form: no sampler, no starting values. Rates, ratios, intervals and probabilities all come from it.

**What it leaves out.** The grid's weights and the mean gap are set to their best values given the data; only the latter's
error is carried on. s is taken at the seen rates. Shifts of different categories are taken to be independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma

from deploysim.stats.arcsine import slope
from deploysim.stats.clusters import Floats
from deploysim.stats.lanes import LaneMoments

GRID = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4])
"""Standard deviations of the mixture, in log-odds."""
GAP_MEAN_SD = 0.3
"""Prior standard deviation of the mean gap."""
STEPS = 25
"""EM steps: the weights settle to about two digits, and no figure depends on more."""


@dataclass(frozen=True, slots=True)
class ChangePrior:
    """How large changes of the log-odds are thought to be before seeing any."""

    scale: float
    """Scale of the Cauchy prior: half of all changes are expected to be smaller."""
    strength: float
    """How many categories' worth of evidence it counts for against the categories of the forecast."""

    def weights(self) -> Floats:
        """Weights of the components of GRID: a Cauchy's variance is scale^2 over a chi-square with one degree."""
        edges = (self.scale**2) / (GRID[1:] * GRID[:-1])
        below = gamma.sf(edges, 0.5, scale=2.0)
        return np.asarray(np.diff(np.concatenate([[0.0], below, [1.0]])))


@dataclass(frozen=True, slots=True)
class Priors:
    """Priors of both changes. The defaults are checked by the backtest and by simulation.

    The shift's is wide on purpose: a narrow one gains little where models hardly differ and costs much where they do.
    Forecasts of many categories narrow it themselves.
    """

    shift: ChangePrior = ChangePrior(scale=2.0, strength=5.0)
    gap: ChangePrior = ChangePrior(scale=0.25, strength=5.0)


@dataclass(frozen=True, slots=True)
class LanePosterior:
    """Posterior of the lanes of each category: a mixture of normals on the arcsine scale."""

    weights: Floats
    """Shape (..., categories, components), adding up to 1 on the last axis."""
    mean: Floats
    """Shape (..., categories, components, lanes)."""
    cov: Floats
    """Shape (..., categories, components, lanes, lanes)."""

    def of(self, category: int) -> LanePosterior:
        """Take out one category; only where there are no axes before that of the categories."""
        return LanePosterior(self.weights[category], self.mean[category], self.cov[category])


def pool(seen: LaneMoments, priors: Priors) -> LanePosterior:
    """Return the posterior of all categories, `seen` having the shape (..., categories, lanes).

    Axes before that of the categories are forecasts of their own, each of which learns from its own categories only.
    """
    contrast = np.diff(np.eye(seen.centre.shape[-1]), axis=0)
    slopes = slope((seen.centre[..., 1:] + seen.centre[..., :-1]) / 2.0)
    blurred = contrast @ seen.cov
    learned = _learn(np.diff(seen.centre, axis=-1), blurred @ contrast.T, slopes, priors)
    gain = _swap(blurred)[..., None, :, :] @ learned.precision
    return LanePosterior(
        weights=learned.weights,
        mean=seen.centre[..., None, :] - (gain @ learned.residual[..., None, :, None])[..., 0],
        cov=seen.cov[..., None, :, :] - gain @ blurred[..., None, :, :],
    )


@dataclass(frozen=True, slots=True)
class _Learned:
    weights: Floats
    """Of the components, shape (..., categories, components)."""
    precision: Floats
    """Inverse variance of the seen changes under each component, (..., categories, components, changes, changes)."""
    residual: Floats
    """Seen changes less the mean gap, (..., categories, changes)."""


def _learn(change: Floats, error: Floats, slopes: Floats, priors: Priors) -> _Learned:
    """Find the mixture's weights and the mean gap by EM; the last axis of the changes is (gap,) shift."""
    parts = [priors.gap, priors.shift][-change.shape[-1] :]
    sds = np.stack(np.meshgrid(*[GRID] * len(parts), indexing="ij"), axis=-1).reshape(-1, len(parts))
    mean, mean_variance = _mean_gap(change, error, slopes, parts) if len(parts) == 2 else (0.0, 0.0)
    residual = change.copy()
    residual[..., :-1] -= slopes[..., :-1] * mean
    prior_variance = (slopes[..., None, :] * sds) ** 2
    prior_variance[..., :-1] += (slopes[..., None, :-1] ** 2) * np.asarray(mean_variance)[..., None]
    variance = error[..., None, :, :] + prior_variance[..., None] * np.eye(len(parts))
    precision = np.linalg.inv(variance)
    fit = np.einsum("...ci,...ckij,...cj->...ck", residual, precision, residual)
    log_density = -0.5 * (fit + np.linalg.slogdet(variance)[1])
    return _Learned(_mixture_weights(log_density, parts), precision, residual)


def _mixture_weights(log_density: Floats, parts: list[ChangePrior]) -> Floats:
    """Weights of the components in each category, with the grid's weights learned over the categories.

    `log_density` has the shape (..., categories, components), the components running over the grids of all parts.
    """
    shape = (GRID.size,) * len(parts)
    density = np.exp(log_density - log_density.max(axis=-1, keepdims=True))
    shares = [np.broadcast_to(part.weights(), (*log_density.shape[:-2], GRID.size)) for part in parts]
    for _ in range(STEPS):
        weights = _normalised(density * _outer(shares)[..., None, :])
        total = weights.sum(axis=-2).reshape(*log_density.shape[:-2], *shape)
        axes = range(-len(parts), 0)
        margins = [total.sum(axis=tuple(a for a in axes if a != axis)) for axis in axes]
        shares = [
            _normalised(margin + part.strength * part.weights()) for margin, part in zip(margins, parts, strict=True)
        ]
    return _normalised(density * _outer(shares)[..., None, :])


def _mean_gap(change: Floats, error: Floats, slopes: Floats, parts: list[ChangePrior]) -> tuple[Floats, Floats]:
    """Mean gap of all categories in log-odds and its variance, each of the shape (..., 1, 1).

    The mode under Cauchy errors at the prior's scale, found by reweighting, so that gaps that stand out weigh less;
    its variance is that of a Cauchy's centre, whose information is half of the mean weight.
    """
    gap = change[..., :1] / slopes[..., :1]
    variance = error[..., :1, 0] / slopes[..., :1] ** 2 + parts[0].scale ** 2
    mean = np.zeros_like(gap[..., :1, :])
    spread = np.full_like(mean, GAP_MEAN_SD**2)
    for _ in range(STEPS):
        precision = 2.0 / (variance + (gap - mean) ** 2)
        total = precision.sum(axis=-2, keepdims=True)
        mean = (precision * gap).sum(axis=-2, keepdims=True) / (total + 1.0 / GAP_MEAN_SD**2)
        spread = 1.0 / (total / 2.0 + 1.0 / GAP_MEAN_SD**2)
    return mean, spread


def _outer(shares: list[Floats]) -> Floats:
    if len(shares) == 1:
        return shares[0]
    product = shares[0][..., :, None] * shares[1][..., None, :]
    return product.reshape(*product.shape[:-2], -1)


def _normalised(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def _swap(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, -1, -2)
