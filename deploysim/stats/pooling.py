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
grid. The Cauchy's scale is not known: its logarithm has a Student t prior, and the categories of the forecast tell which
scales fit (all on a grid, so no optimiser and no sampler is needed). So where most categories hardly change, small
changes that are not sure are drawn back; heavy tails leave sure and large ones alone; and a single category gets what
the prior alone says. The tails of the scale's own prior are heavy as well: a dozen still categories can say that this
release is far quieter than was thought, which a log-normal prior would not have believed.

**Posterior.** Given the components all is normal and linear, so the posterior of a category is a mixture of normals in
closed form: no sampler, no starting values. Rates, ratios, intervals and probabilities all come from it.

**What it leaves out.** The mean gap is set to its best value given the data, with its error carried on. s is taken at the
seen rates. Shifts of different categories are independent given their scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc

from deploysim.stats.arcsine import slope
from deploysim.stats.clusters import Floats
from deploysim.stats.lanes import LaneMoments

GRID = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4])
"""Standard deviations of the mixture, in log-odds."""
GAP_MEAN_SD = 0.3
"""Prior standard deviation of the mean gap."""
SCALES = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8])
"""Scales of the Cauchy prior that are weighed against each other."""
TAIL = 8.0
"""Degrees of freedom of the Student t prior of the scale's logarithm."""
_TINY = 1e-300
STEPS = 15
"""Steps of reweighting towards the mean gap: enough for what the forecast can show."""


@dataclass(frozen=True, slots=True)
class ChangePrior:
    """How large changes of the log-odds are thought to be before seeing any."""

    scale: float
    """Typical scale of the Cauchy prior: half of all changes are smaller than its scale."""
    doubt: float
    """Spread of the natural logarithm of the scale: 0.4 is a factor of one and a half."""

    def scale_weights(self) -> Floats:
        """Prior weights of SCALES."""
        surprise = np.log(SCALES / self.scale) / self.doubt
        return _normalised((1.0 + surprise**2 / TAIL) ** (-(TAIL + 1.0) / 2.0))


@dataclass(frozen=True, slots=True)
class Priors:
    """Priors of both changes. The defaults are checked by the backtest and by simulation.

    The shift's is wide on purpose: a narrow one gains little where models hardly differ and costs much where they do.
    Forecasts of many categories narrow it themselves.
    """

    shift: ChangePrior = ChangePrior(scale=4.0, doubt=0.4)
    gap: ChangePrior = ChangePrior(scale=0.25, doubt=0.5)


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
    """Find the mixture's weights and the mean gap; the last axis of the changes is (gap,) shift."""
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
    """Weights of the components in each category, over all scales as far as the categories together support them.

    `log_density` has the shape (..., categories, components); components run over the grids of all parts.
    """
    shares = _outer([_scale_mixtures() for _ in parts])
    density = np.exp(log_density - log_density.max(axis=-1, keepdims=True))
    fit = np.maximum(density @ shares.T, _TINY)
    prior = np.maximum(_outer([part.scale_weights()[:, None] for part in parts])[:, 0], _TINY)
    support = np.log(prior) + np.log(fit).sum(axis=-2)
    scales = _normalised(np.exp(support - support.max(axis=-1, keepdims=True)))
    return np.asarray(density * ((scales[..., None, :] / fit) @ shares))


def _scale_mixtures() -> Floats:
    """Weights of the components of GRID under each of SCALES, shape (scales, components).

    The variance of a Cauchy's normal components is scale^2 over a chi-square with one degree of freedom.
    """
    edges = SCALES[:, None] ** 2 / (GRID[1:] * GRID[:-1])
    below = gammaincc(0.5, edges / 2.0)
    ends = np.zeros((SCALES.size, 1)), np.ones((SCALES.size, 1))
    return np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1)


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


def _outer(tables: list[Floats]) -> Floats:
    """Products of the rows, and of the columns, of one table with those of the next: shape (rows, columns) again."""
    product = tables[0]
    for other in tables[1:]:
        product = np.kron(product, other).astype(np.float64)
    return product


def _normalised(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def _swap(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, -1, -2)
