"""How responses of each lane are distributed, side by side, with tests of the difference on the same prefixes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deploysim.audit.records import Count, Difference, Share, Spread
from deploysim.audit.steps import Steps
from deploysim.stats.clusters import Floats, cluster_codes
from deploysim.stats.rates import jeffreys_interval
from deploysim.stats.significance import benjamini_hochberg, paired_test, sign_flip_test
from deploysim.types import Ending

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_VALUES = 12
"""Values of one measure that are listed: the most frequent ones."""
NOT_LOGGED = "not stated"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one lane gave for one prefix."""

    prefix_id: str
    cluster: str
    failure: str | None
    """Why there is no response; None where there is one."""
    text: str = ""
    finish_reason: str | None = None
    tokens: int | None = None
    steps: Steps | None = None

    @property
    def whole(self) -> bool:
        """Whether there is a whole response: a log may end before its agent's answer."""
        return self.failure is None and not self.cut

    @property
    def cut(self) -> bool:
        """Whether the log ends before its agent's answer, which nothing can be compared with."""
        return self.steps is not None and self.steps.ending == Ending.LOG_ENDS


NUMBERS: dict[str, Callable[[Outcome], float | None]] = {
    "characters": lambda o: float(len(o.text)),
    "words": lambda o: float(len(o.text.split())),
    "tokens written": lambda o: None if o.tokens is None else float(o.tokens),
    "tool calls": lambda o: float(len(o.steps.tools)) if o.steps else None,
    "model responses": lambda o: float(o.steps.responses) if o.steps else None,
    "failed share of calls": lambda o: o.steps.failed_share if o.steps else None,
    "seconds": lambda o: o.steps.seconds if o.steps else None,
}
VALUES: dict[str, Callable[[Outcome], Sequence[str]]] = {
    "finish reason": lambda o: [o.finish_reason or NOT_LOGGED],
    "tool called": lambda o: sorted(set(o.steps.tools)) if o.steps else [],
    "any result from": lambda o: sorted(o.steps.sources) if o.steps else [],
    "ending": lambda o: [o.steps.ending] if o.steps and o.steps.ending else [],
}
"""A response may have several values of one measure, such as all tools that it called."""
FAILED = "failed"


def spreads(lanes: dict[str, Sequence[Outcome]]) -> tuple[Spread, ...]:
    """Return how every number is distributed in every lane that knows it."""
    found = []
    for measure, of in NUMBERS.items():
        for lane, outcomes in lanes.items():
            values = [v for o in outcomes if o.failure is None and (v := of(o)) is not None]
            if values:
                quantiles = tuple(float(q) for q in np.quantile(values, QUANTILES))
                found.append(Spread(measure, lane, len(values), float(np.mean(values)), quantiles))
    return tuple(found)


def counts(lanes: dict[str, Sequence[Outcome]], *, level: float) -> tuple[Count, ...]:
    """Return how often every value occurs in every lane, and how often which failure."""
    found = []
    for measure, value in _listed(lanes):
        for lane, outcomes in lanes.items():
            asked = [o for o in outcomes if _says(o, measure)]
            hits = sum(_has(o, measure, value) for o in asked)
            found.append(
                Count(measure, value, lane, Share(hits, len(asked), jeffreys_interval(hits, len(asked), level=level)))
            )
    return tuple(found)


def differences(lanes: dict[str, Sequence[Outcome]], *, seed: int) -> tuple[Difference, ...]:
    """Test every pair of lanes on the prefixes that both answered, in every measure that both know."""
    names = list(lanes)
    found: list[Difference] = []
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            both = _joined(lanes[first], lanes[second])
            found += _number_tests(both, first, second, seed)
            found += _value_tests(both, first, second, _listed({n: lanes[n] for n in (first, second)}), seed)
    q_values = benjamini_hochberg([one.p_value for one in found])
    return tuple(replace(one, q_value=q or one.p_value) for one, q in zip(found, q_values, strict=True))


_Joined = list[tuple[Outcome, Outcome]]


def _joined(first: Sequence[Outcome], second: Sequence[Outcome]) -> _Joined:
    others = {outcome.prefix_id: outcome for outcome in second}
    both = [(one, others[one.prefix_id]) for one in first if one.prefix_id in others]
    return [(one, other) for one, other in both if not (one.cut or other.cut)]


def _number_tests(both: _Joined, first: str, second: str, seed: int) -> list[Difference]:
    found = []
    for measure, of in NUMBERS.items():
        known = [
            (math.log1p(a) - math.log1p(b), one.cluster)
            for one, other in both
            if one.failure is None and other.failure is None
            if (a := of(one)) is not None and (b := of(other)) is not None
        ]
        if known:
            p = sign_flip_test(_summed(known), seed=seed).p_value
            found.append(Difference(measure, "", first, second, len(known), p, p))
    return found


def _value_tests(
    both: _Joined, first: str, second: str, listed: Sequence[tuple[str, str]], seed: int
) -> list[Difference]:
    found = []
    for measure, value in listed:
        known = [(a, b) for a, b in both if _knows(a, measure) and _knows(b, measure)]
        if value == NOT_LOGGED or not known:
            continue
        codes = cluster_codes([a.cluster for a, _ in known])
        old = np.array([_has(a, measure, value) for a, _ in known])
        new = np.array([_has(b, measure, value) for _, b in known])
        test = paired_test(old, new, weights=np.ones(len(known)), clusters=codes, seed=seed)
        found.append(Difference(measure, value, first, second, len(known), test.p_value, test.p_value))
    return found


def _says(outcome: Outcome, measure: str) -> bool:
    """Whether a measure can be asked of an outcome: a failure has no response, a chat no tools, a log no sources."""
    if measure in (FAILED, "finish reason"):
        return measure == FAILED or outcome.failure is None
    # An agent that called nothing called none of the tools.
    agent = outcome.failure is None and outcome.steps is not None
    return agent and (measure == "tool called" or bool(VALUES[measure](outcome)))


def _knows(outcome: Outcome, measure: str) -> bool:
    """What the log does not state cannot differ from what the replay states."""
    return _says(outcome, measure) and (measure == FAILED or VALUES[measure](outcome) != [NOT_LOGGED])


def _listed(lanes: dict[str, Sequence[Outcome]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    every = [o for outcomes in lanes.values() for o in outcomes]
    for measure, of in VALUES.items():
        found += [(measure, value) for value in _frequent(v for o in every if o.failure is None for v in of(o))]
    return found + [(FAILED, value) for value in _frequent(o.failure for o in every if o.failure)]


def _frequent(values: Iterable[str]) -> list[str]:
    counted = Counter(values)
    return sorted(counted, key=lambda v: (-counted[v], v))[:MOST_VALUES]


def _has(outcome: Outcome, measure: str, value: str) -> bool:
    return outcome.failure == value if measure == FAILED else value in VALUES[measure](outcome)


def _summed(known: list[tuple[float, str]]) -> Floats:
    codes = cluster_codes([cluster for _, cluster in known])
    return np.bincount(codes, weights=np.array([value for value, _ in known])).astype(np.float64)
