"""Before replaying: how many prefixes a question takes, and what a sample can and cannot find."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy.special import gammaincinv

from deploysim.stats.power import pairs_needed, power_of

LARGEST_RATIO = 1e6
"""A sample that would not find even such a change finds none."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a category and its sample are like; shares in 0..1."""

    rate: float
    """Recorded rate, as graded."""
    lost: float = 0.5
    """Share of what the old lane shows that the new one would not show, change or none: how much two answers to one
    prefix differ. A repeated baseline tells; without one half is a middling guess."""
    precision: float = 1.0
    """Share of what the grader flags that people would too. False alarms stay as they are when the behaviour changes,
    so they dilute the change that can be seen. Misses that stay in proportion do not."""
    cluster_effect: float = 1.0
    """Design effect of the difference; at least 1."""
    complete: float = 1.0
    """Share of prefixes that will have a clear outcome in both lanes."""
    certainty: float = 0.9
    """Posterior probability that a call needs."""
    power: float = 0.8
    """Probability of a call."""

    def seen_rate(self, ratio: float) -> float:
        """Rate that the grader sees after the true rate was multiplied by `ratio`."""
        return self.rate * (1.0 + self.precision * (ratio - 1.0))


def prefixes_needed(question: Question, *, ratio: float) -> int | None:
    """Prefixes to replay so that a change of the true rate by `ratio` is called with the power asked for.

    None where that change would take the rate to 1, or where nothing would change.
    """
    pairs = pairs_needed(
        old_rate=question.rate,
        new_rate=question.seen_rate(ratio),
        lost=question.lost,
        certainty=question.certainty,
        power=question.power,
    )
    return None if pairs is None else math.ceil(pairs * question.cluster_effect / question.complete)


@dataclass(frozen=True, slots=True)
class Causes:
    """What the prefixes needed come from: the number is the product of all, up to rounding."""

    alone: int
    """By the rate alone: a perfect grader, no clusters, clear outcomes, and two answers that differ half of the time."""
    answers: float
    """Times as many, or as few, by how much two answers to one prefix differ."""
    grader: float
    clusters: float
    unclear: float


def causes(question: Question, *, ratio: float) -> Causes | None:
    """Take the prefixes needed apart; None where no number does it, or where it is the grader alone that leaves room."""
    alone = Question(question.rate, certainty=question.certainty, power=question.power)
    answers = replace(alone, lost=question.lost)
    grader = replace(answers, precision=question.precision)
    by_rate, by_answers, by_grader = (prefixes_needed(one, ratio=ratio) for one in (alone, answers, grader))
    if by_rate is None or by_answers is None or by_grader is None:
        return None
    return Causes(
        alone=by_rate,
        answers=by_answers / by_rate,
        grader=by_grader / by_answers,
        clusters=question.cluster_effect,
        unclear=1.0 / question.complete,
    )


def power_at(question: Question, *, ratio: float, prefixes: int) -> float | None:
    """Power with which so many prefixes call a change of the true rate by `ratio`; None where it makes no sense."""
    return power_of(
        prefixes * question.complete / question.cluster_effect,
        old_rate=question.rate,
        new_rate=question.seen_rate(ratio),
        lost=question.lost,
        certainty=question.certainty,
    )


def smallest_ratio(question: Question, *, prefixes: int) -> float | None:
    """Smallest increase, as a ratio of true rates above 1, that so many prefixes find with the power asked for.

    None where they find none that leaves the rate below 1.
    """
    # Only plans need it, and all commands would wait for its import.
    from scipy.optimize import brentq

    top = min(LARGEST_RATIO, 1.0 + (1.0 / question.rate - 1.0) * (1.0 - 1e-9) / question.precision)

    def missing(log_ratio: float) -> float:
        needed = prefixes_needed(question, ratio=math.exp(log_ratio))
        return math.log(needed / prefixes) if needed else -math.inf

    least = 1e-6
    if missing(math.log(top)) > 0.0:
        return None
    if missing(least) <= 0.0:
        return math.exp(least)
    return math.exp(float(brentq(lambda x: max(missing(x), -50.0), least, math.log(top), xtol=1e-4)))


def affordable(*, budget: float, cost_per_prefix: float, most: int) -> int:
    """Prefixes that a budget pays for, at most `most`; both amounts in the same currency, the cost above 0."""
    return min(most, math.floor(budget / cost_per_prefix))


def unseen_rate(n_effective: float, *, times: int = 1, probability: float = 0.9) -> float:
    """Rate at or above which a new behaviour is seen at least `times` times with the given probability.

    Below it a behaviour may well go unseen in this many independent responses, and nothing is claimed. Poisson: the
    mean count m with P(count >= times) = probability is half a chi-square quantile with 2 `times` degrees of freedom.
    """
    return min(1.0, float(gammaincinv(times, probability)) / n_effective)
