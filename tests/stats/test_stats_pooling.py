"""The pooled posterior of many categories."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import cauchy, multivariate_normal, norm

from deploysim.stats.arcsine import slope
from deploysim.stats.lanes import LaneMoments, stack
from deploysim.stats.pooling import GRID, SCALES, ChangePrior, Priors, pool

WIDE = Priors(shift=ChangePrior(6.4, 0.1), gap=ChangePrior(6.4, 0.1))


def two(old: float, new: float, *, sd: float = 0.05, correlation: float = 0.0) -> LaneMoments:
    """One category with two lanes seen at the given places."""
    cov = sd**2 * np.array([[1.0, correlation], [correlation, 1.0]])
    return LaneMoments(np.array([old, new]), cov)


def means(seen: list[LaneMoments], priors: Priors | None = None) -> np.ndarray:
    """Posterior means of all lanes, shape (categories, lanes)."""
    posterior = pool(stack(seen), priors or Priors())
    return (posterior.weights[..., None] * posterior.mean).sum(axis=1)


def test_posterior_by_slow_integration() -> None:
    """One category: the posterior mean of the candidate equals a sum over a grid of both lanes and all scales.

    The prior is taken as the mixture that it is: for each scale its components, for each component a normal change.
    """
    seen, priors = two(0.6, 0.75, sd=0.08, correlation=0.4), Priors()
    axis = np.linspace(-0.5, 0.5, 401)
    old, new = np.meshgrid(0.6 + axis, 0.75 + axis, indexing="ij")
    likelihood = multivariate_normal(seen.centre, seen.cov).pdf(np.stack([old, new], axis=-1))
    mixture = priors.shift.scale_weights() @ scale_mixtures()
    spread = GRID * slope(np.array(0.675))
    prior = (mixture * norm.pdf((new - old)[..., None], 0.0, spread)).sum(axis=-1)

    mass = likelihood * prior
    expected = [(mass * lane).sum() / mass.sum() for lane in (old, new)]
    assert pytest.approx(expected, abs=2e-4) == means([seen])[0]


def scale_mixtures() -> np.ndarray:
    """Components of GRID under each scale, from a million draws of a Cauchy's random variance."""
    sds = SCALES[:, None] / np.abs(np.random.default_rng(1).standard_normal(1_000_000))
    edges = np.sqrt(GRID[1:] * GRID[:-1])
    return np.stack([np.bincount(np.searchsorted(edges, row), minlength=GRID.size) for row in sds]) / 1e6


def test_prior_is_close_to_a_cauchy() -> None:
    """The mixture has a Cauchy's tails: probabilities of changes beyond 1/2, 1, 2 and 5 scales are within 0.03."""
    place = int(np.flatnonzero(SCALES == 0.8)[0])
    mixture = scale_mixtures()[place]

    for multiple in (0.5, 1.0, 2.0, 5.0):
        tail = (mixture * norm.sf(multiple * 0.8 / GRID)).sum()
        assert pytest.approx(cauchy.sf(multiple), abs=0.03) == tail


def test_wide_prior_leaves_the_lanes_alone() -> None:
    """Where any change is thought possible, the posterior is what was seen."""
    assert pytest.approx(means([two(0.6, 0.9)], WIDE)[0], abs=0.002) == [0.6, 0.9]


def test_no_change_averages_the_lanes() -> None:
    """A prior of hardly any change makes both lanes two looks at one rate; an imprecise one gives way."""
    narrow = Priors(shift=ChangePrior(0.05, 0.01))
    seen = LaneMoments(np.array([0.60, 0.64]), np.diag([0.01**2, 0.10**2]))

    assert pytest.approx(means([two(0.60, 0.64)], narrow)[0], abs=0.006) == [0.62, 0.62]
    assert pytest.approx(means([seen], narrow)[0], abs=0.006) == [0.60, 0.60]


def test_company_draws_back_what_is_not_sure() -> None:
    """The same small change shrinks more among still categories than alone, and a large one hardly at all."""
    small, large = two(0.60, 0.68), two(0.60, 1.20)
    still = [two(x, x + 0.01 * (-1) ** i) for i, x in enumerate(np.linspace(0.3, 1.2, 14))]

    alone, among = means([small])[0], means([small, large, *still])
    assert among[0, 1] - among[0, 0] < 0.6 * (alone[1] - alone[0])
    assert among[1, 1] - among[1, 0] > 0.58


def test_many_moving_categories_leave_a_small_change_alone() -> None:
    """Where all others change a lot, little is drawn back."""
    small = two(0.60, 0.68)
    moving = [two(x, x + 0.5 * (-1) ** i) for i, x in enumerate(np.linspace(0.8, 1.2, 14))]

    drawn = means([small, *moving])[0]
    assert drawn[1] - drawn[0] > 0.075


def test_order_of_categories_does_not_matter() -> None:
    """A category gets the same posterior wherever it stands."""
    seen = [two(0.6, 0.68), two(0.3, 0.9), two(1.0, 1.02)]

    for order in itertools.permutations(range(3)):
        assert np.allclose(means(seen)[list(order)], means([seen[i] for i in order]))


def test_separate_forecasts_do_not_learn_from_each_other() -> None:
    """Leading axes are forecasts of their own: each gets what it would get alone."""
    first, second = stack([two(0.6, 0.7), two(0.5, 0.5)]), stack([two(0.6, 1.4), two(0.5, 1.1)])
    both = pool(LaneMoments(np.stack([first.centre, second.centre]), np.stack([first.cov, second.cov])), Priors())

    for place, alone in enumerate((first, second)):
        assert np.allclose(pool(alone, Priors()).weights, both.weights[place])


def three(gap: float, *, sd: float = 0.05, n: int = 1) -> list[LaneMoments]:
    """Categories with a gap and no shift."""
    return [LaneMoments(np.array([0.6, 0.6 + gap, 0.6 + gap]), sd**2 * np.eye(3)) for _ in range(n)]


def test_a_gap_that_all_share_is_believed() -> None:
    """One unsure category with a gap is drawn to no gap; among twenty with the same gap it keeps most of it."""
    alone, among = means(three(0.1, sd=0.15))[0], means(three(0.1, sd=0.15, n=40))[0]

    assert alone[1] - alone[0] < 0.06
    assert among[1] - among[0] > 0.08


def test_faithful_replay_makes_the_baseline_a_second_look() -> None:
    """Without a gap recorded and baseline agree, so the candidate is compared with both: its forecast is surer."""
    posterior = pool(stack(three(0.0, n=12)), Priors())
    spread = np.einsum("ck,ckij->cij", posterior.weights, posterior.cov)[0]
    shift = np.array([0.0, -1.0, 1.0])

    assert shift @ spread @ shift < 0.9 * 2 * 0.05**2
