"""How often a grader errs, from labels of a stratified random part of what it flagged and of what it did not.

The two parts are the strata of a two-stage design: the grader sees everything, people see some of each part. What people
say within a part gives precision and miss rate; with the sizes of the parts follow sensitivity, specificity and the true
rate, flagged share x precision + unflagged share x miss rate (Bross 1954, Biometrics 10:478; stratified estimation as in
Cochran 1977, Sampling Techniques, chapter 12). Each part has Jeffreys' posterior, its labels deflated by unequal weights
and clusters; what follows from both is drawn. Without labels of unflagged responses, misses are unknown and not zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deploysim.stats.clusters import Bools, Floats, Ints, design_effect, kish_effective_n, weighted_mean
from deploysim.stats.shift import equal_tailed
from deploysim.types import Interval

LEVEL = 0.95
DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its posterior median and interval."""

    median: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one part of the responses: those that the grader flagged, or those that it did not."""

    size: int
    """Responses in it."""
    labels: int
    """Of these, labelled present or absent."""
    present: float
    n: float
    """What the labels are worth, and how much of it says present: effective numbers under weights and clusters."""

    @property
    def mean(self) -> float:
        """Jeffreys' mean of the share that is present."""
        return (self.present + 0.5) / (self.n + 1.0)

    @property
    def spread(self) -> float:
        """Standard deviation that one label's worth has."""
        return math.sqrt(self.mean * (1.0 - self.mean))


@dataclass(frozen=True, slots=True)
class MoreLabels:
    """Labels still needed in each part, shared out so that they are as few as possible."""

    flagged: int
    unflagged: int

    @property
    def total(self) -> int:
        """Labels in both parts."""
        return self.flagged + self.unflagged


@dataclass(frozen=True, slots=True)
class GraderError:
    """How often a grader errs. What needs labels of a part without any is None."""

    flagged: Part
    unflagged: Part
    precision: Share | None
    """Of what it flags, the share that people call present."""
    miss_rate: Share | None
    """Of what it does not flag, the share that people call present."""
    sensitivity: Share | None
    """Of what people call present, the share that it flags."""
    specificity: Share | None
    """Of what people call absent, the share that it does not flag."""
    true_rate: Share | None
    """The share of all responses that people would call present."""
    to_halve_sensitivity: MoreLabels | None
    """More labels that would halve the interval of the sensitivity, at the rates seen so far."""
    to_halve_true_rate: MoreLabels | None


def part(present: Bools, weights: Floats, clusters: Ints, *, size: int) -> Part:
    """Return what the labels of one part say.

    Args:
        present: What people said, shape (labels,).
        weights: Inverse probabilities of being labelled.
        clusters: Codes 0, 1, ... of labels that belong together.
        size: Responses in the part, labelled or not.
    """
    if present.size == 0:
        return Part(size, 0, 0.0, 0.0)
    flags = present.astype(np.float64)
    share = weighted_mean(flags, weights)
    n = kish_effective_n(weights) / design_effect(flags - share, weights=weights, clusters=clusters)
    return Part(size, present.size, share * n, n)


def grader_error(
    flagged: Part, unflagged: Part, *, level: float = LEVEL, draws: int = DRAWS, seed: int = 0
) -> GraderError:
    """Estimate how often a grader errs from what is known of the two parts."""
    rng = np.random.default_rng(seed)
    right, missed = _draw(flagged, rng, draws), _draw(unflagged, rng, draws)
    total = max(1, flagged.size + unflagged.size)
    f, u = flagged.size / total, unflagged.size / total
    # A part without responses needs no labels: nothing of it enters anywhere.
    known = f + u > 0 and all(one.size == 0 or one.n > 0 for one in (flagged, unflagged))
    true = f * right + u * missed

    def share(values: Floats) -> Share:
        return Share(float(np.median(values)), equal_tailed(values, level=level))

    return GraderError(
        flagged=flagged,
        unflagged=unflagged,
        precision=share(right) if flagged.n else None,
        miss_rate=share(missed) if unflagged.n else None,
        sensitivity=share(f * right / true) if known else None,
        specificity=share(u * (1.0 - missed) / (1.0 - true)) if known else None,
        true_rate=share(true) if known else None,
        to_halve_sensitivity=_to_halve(flagged, unflagged, _sensitivity_slopes(flagged, unflagged)) if known else None,
        to_halve_true_rate=_to_halve(flagged, unflagged, _Slopes(f, u)) if known else None,
    )


@dataclass(frozen=True, slots=True)
class _Slopes:
    """How much a quantity moves with the share present in each part."""

    flagged: float
    unflagged: float


def _draw(one: Part, rng: np.random.Generator, draws: int) -> Floats:
    return rng.beta(one.present + 0.5, one.n - one.present + 0.5, draws)


def _sensitivity_slopes(flagged: Part, unflagged: Part) -> _Slopes:
    found, missed = flagged.size * flagged.mean, unflagged.size * unflagged.mean
    square = (found + missed) ** 2
    return _Slopes(flagged.size * missed / square, unflagged.size * found / square)


def _to_halve(flagged: Part, unflagged: Part, slopes: _Slopes) -> MoreLabels:
    """Share labels out so that a quarter of the variance is left, with as few as possible (Neyman 1934).

    A part's variance is (slope x spread)^2 / (n + 2). The optimum gives each part labels in proportion to slope x
    spread; a part that has more already keeps what it has, and the other one brings the rest.
    """
    weights = {"f": slopes.flagged * flagged.spread, "u": slopes.unflagged * unflagged.spread}
    worth = {"f": flagged.n + 2.0, "u": unflagged.n + 2.0}
    target = sum(weights[name] ** 2 / worth[name] for name in weights) / 4.0
    if target == 0.0:
        return MoreLabels(0, 0)
    wanted = {name: weights[name] * sum(weights.values()) / target for name in weights}
    for name, other in (("f", "u"), ("u", "f")):
        if wanted[name] < worth[name]:
            left = target - weights[name] ** 2 / worth[name]
            wanted = {name: worth[name], other: weights[other] ** 2 / left}
            break
    return MoreLabels(_labels(flagged, wanted["f"] - worth["f"]), _labels(unflagged, wanted["u"] - worth["u"]))


def _labels(one: Part, effective: float) -> int:
    """Return the labels that are worth so many effective ones, if labels go on being worth what they were."""
    each = one.labels / one.n if one.n else 1.0
    return max(0, math.ceil(effective * each - 1e-9))
