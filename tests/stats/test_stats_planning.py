"""Planning: prefixes needed, what a sample finds, and what it would miss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta, poisson

from deploysim.stats.planning import Question, affordable, causes, prefixes_needed, smallest_ratio, unseen_rate
from deploysim.stats.power import pairs_needed

TENTH = Question(rate=0.1)


def test_plain_question_is_the_paired_formula() -> None:
    """Without clusters, failures and grader error it is the pairs needed from 10 % to 15 %: 269."""
    assert (
        prefixes_needed(TENTH, ratio=1.5)
        == 269
        == pairs_needed(old_rate=0.1, new_rate=0.15, lost=0.5, certainty=0.9, power=0.8)
    )


def test_clusters_and_failures_multiply() -> None:
    """A design effect of 2 and half of the prefixes complete take four times as many, up to rounding up."""
    harder = replace(TENTH, cluster_effect=2.0, complete=0.5)

    assert prefixes_needed(harder, ratio=1.5) == 4 * 269


def test_false_alarms_dilute() -> None:
    """Half false alarms turn 1.5x of the true rate into 1.25x of what is flagged: 10 % to 12.5 %."""
    assert pytest.approx(replace(TENTH, precision=0.5).seen_rate(1.5)) == 0.125
    assert prefixes_needed(replace(TENTH, precision=0.5), ratio=1.5) == prefixes_needed(TENTH, ratio=1.25)


@pytest.mark.parametrize("ratio", [0.6, 1.5, 3.0])
def test_causes_multiply_to_the_number(ratio: float) -> None:
    """By its rate alone 10 % takes what the plain question does; all causes together give the number needed."""
    hard = Question(0.1, lost=0.3, precision=0.4, cluster_effect=1.7, complete=0.8, certainty=0.95, power=0.9)
    found = causes(hard, ratio=ratio)

    assert found.alone == prefixes_needed(Question(0.1, certainty=0.95, power=0.9), ratio=ratio)
    assert found.answers <= 1.0 < found.clusters < found.grader
    product = found.alone * found.answers * found.grader * found.clusters * found.unclear
    assert prefixes_needed(hard, ratio=ratio) == pytest.approx(product, rel=0.01)
    assert causes(Question(0.9), ratio=1.5) is None


@pytest.mark.parametrize("precision", [1.0, 0.6])
def test_number_gives_the_power(precision: float) -> None:
    """With so many prefixes and such a grader the posterior calls the change about 80 % of the time."""
    question = replace(TENTH, rate=0.05, precision=precision)
    n = prefixes_needed(question, ratio=1.5)
    old, new = 0.05, question.seen_rate(1.5)
    improved, regressed = 0.5 * old, new - 0.5 * old
    pairs = np.random.default_rng(1).multinomial(n, [improved, regressed, 1 - improved - regressed], size=20_000)

    called = (beta.sf(0.5, pairs[:, 1] + 0.5, pairs[:, 0] + 0.5) >= 0.9).mean()
    assert 0.78 <= called <= 0.84


@pytest.mark.parametrize("question", [TENTH, Question(rate=0.001, precision=0.7, cluster_effect=1.5, complete=0.9)])
@pytest.mark.parametrize("prefixes", [500, 20_000])
def test_smallest_ratio_inverts(question: Question, prefixes: int) -> None:
    """The smallest ratio is one that needs just about so many prefixes."""
    ratio = smallest_ratio(question, prefixes=prefixes)

    assert pytest.approx(prefixes, rel=0.01) == prefixes_needed(question, ratio=ratio)


def test_too_few_prefixes_find_nothing() -> None:
    """Three prefixes find no increase of a rate of 60 %."""
    assert smallest_ratio(Question(rate=0.6), prefixes=3) is None
    assert prefixes_needed(Question(rate=0.7), ratio=1.5) is None


def test_budget() -> None:
    """10 at 3 cents are 333 prefixes, and never more than there are."""
    assert affordable(budget=10.0, cost_per_prefix=0.03, most=1_000) == 333
    assert affordable(budget=10.0, cost_per_prefix=0.03, most=100) == 100


@pytest.mark.parametrize(("n", "times"), [(1_000, 1), (1_000, 3), (200_000, 5)])
def test_unseen_rate_is_poissons(n: int, times: int) -> None:
    """At that rate the behaviour is seen often enough with probability 0.9; once in 1,000 is ln 10 / 1,000."""
    rate = unseen_rate(n, times=times)

    assert pytest.approx(0.9) == poisson.sf(times - 1, rate * n)
    assert unseen_rate(1_000) == pytest.approx(np.log(10) / 1_000)
    assert unseen_rate(2.0, times=5) == 1.0
