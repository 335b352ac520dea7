"""Which of two responses to a shared prefix is the original, judged by nothing but the surface, and what gives it away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deploysim.audit.features import Feature, describe, features_for
from deploysim.audit.records import Comparison, Shown, Side, Tell
from deploysim.audit.steps import Steps
from deploysim.stats.clusters import Floats, Ints, cluster_codes
from deploysim.stats.discrimination import FLIPS, Telling, tell_apart
from deploysim.stats.significance import benjamini_hochberg, sign_flip_test

MOST_PAIRS = 4_000
"""More pairs make the interval no more useful, and refitting slow."""
FEWEST_CONVERSATIONS = 20
"""With fewer, no classifier learns anything that an interval could bound."""
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """One response as the classifier sees it."""

    text: str
    steps: Steps | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two responses to one prefix."""

    prefix_id: str
    cluster: str
    """Conversation or user."""
    first: Answer
    second: Answer


def compare(
    pairs: Sequence[Pair],
    *,
    question: str,
    first: Side,
    second: Side,
    left_out: int,
    seed: int,
    level: float = 0.95,
    flips: int = FLIPS,
) -> Comparison:
    """Try to tell the two sides of pairs apart.

    Args:
        pairs: Prefixes that both sides answered; of more than MOST_PAIRS a seeded part of the clusters counts.
        question: What the comparison is about, as `Comparison.question` says.
        first: The side that is the original.
        second: The side that stands in for it.
        left_out: Prefixes that one side did not answer.
        seed: Of folds, exchanges and tests.
        level: Of the intervals.
        flips: Refits behind interval and test.
    """
    used = part(pairs, seed)
    codes = cluster_codes([pair.cluster for pair in used])
    conversations = len(set(codes.tolist()))
    whole = Comparison(
        question=question, first=first, second=second, pairs=len(used), conversations=conversations, left_out=left_out,
        same=sum(pair.first == pair.second for pair in used), auc=None, auc_interval=None, mistaken=None,
        mistaken_interval=None, p_value=None, flips=0, tells=(), examples=(),
    )  # fmt: skip
    if conversations < FEWEST_CONVERSATIONS:
        return whole
    features = features_for(answer.steps for pair in used for answer in (pair.first, pair.second))
    differences = surface_differences(used, features)
    telling = tell_apart(differences, clusters=codes, seed=seed, level=level, flips=flips)
    tells = _tells(differences, codes, features, telling.coefficients, seed)
    return replace(
        whole,
        auc=telling.auc,
        auc_interval=telling.interval,
        mistaken=telling.mistaken,
        mistaken_interval=telling.mistaken_interval,
        p_value=telling.p_value,
        flips=telling.flips,
        tells=tells,
        examples=_examples(used, differences, features, telling, (first.label, second.label)),
    )


def part(pairs: Sequence[Pair], seed: int) -> Sequence[Pair]:
    """Return all pairs, or of too many those of some clusters drawn by the seed."""
    if len(pairs) <= MOST_PAIRS:
        return pairs
    clusters = sorted({pair.cluster for pair in pairs})
    kept = np.random.default_rng(seed).random(len(clusters)) < MOST_PAIRS / len(pairs)
    chosen = {cluster for cluster, keep in zip(clusters, kept, strict=True) if keep}
    return [pair for pair in pairs if pair.cluster in chosen]


def surface_differences(pairs: Sequence[Pair], features: Sequence[Feature]) -> Floats:
    """Return features of the first member less those of the second, shape (pairs, features)."""

    def side(answer: Answer) -> list[float]:
        return describe(answer.text, features, steps=answer.steps)

    firsts = np.array([side(pair.first) for pair in pairs], dtype=np.float64)
    return np.asarray(firsts - np.array([side(pair.second) for pair in pairs], dtype=np.float64))


def _tells(
    differences: Floats, codes: Ints, features: Sequence[Feature], coefficients: Floats, seed: int
) -> tuple[Tell, ...]:
    """Return the features that ever differ, those that tell most by themselves first."""
    ever = np.flatnonzero((differences != 0.0).any(axis=0))
    signs = np.sign(differences[:, ever])
    p_values = [
        sign_flip_test(np.bincount(codes, weights=signs[:, at]).astype(np.float64), seed=seed).p_value
        for at in range(ever.size)
    ]
    q_values = benjamini_hochberg(p_values)
    found = [
        Tell(
            feature=features[at].name,
            more=features[at].more,
            group=features[at].group,
            first=float((signs[:, place] > 0).mean()),
            second=float((signs[:, place] < 0).mean()),
            coefficient=float(coefficients[at]),
            q_value=q if (q := q_values[place]) is not None else 1.0,
        )
        for place, at in enumerate(ever.tolist())
    ]
    return tuple(sorted(found, key=lambda tell: (-abs(tell.alone - 0.5), tell.feature)))


def _examples(
    pairs: Sequence[Pair],
    differences: Floats,
    features: Sequence[Feature],
    telling: Telling,
    labels: tuple[str, str],
) -> tuple[Shown, ...]:
    """Return the pairs that the classifier was surest of, each with the feature that weighed most."""
    spread = np.sqrt((differences**2).mean(axis=0))
    parts = telling.coefficients * differences / np.where(spread > 0.0, spread, 1.0)
    surest = np.argsort(-telling.scores, kind="stable")[:EXAMPLES].tolist()
    found = []
    for at in surest:
        if telling.scores[at] > 0.0:
            feature = int(np.argmax(parts[at]))
            side = labels[0] if differences[at, feature] > 0 else labels[1]
            found.append(Shown(pairs[at].prefix_id, f"{side} {features[feature].more.removesuffix(' more often')}"))
    return tuple(found)
