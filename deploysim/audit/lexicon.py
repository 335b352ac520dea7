"""Terms of responses: words, pairs of words and openings, and those that two sides differ in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.special import ndtri

from deploysim.audit.discoveries import Term
from deploysim.audit.telling import Pair
from deploysim.grade.own_words import without_code
from deploysim.grade.text import LONGEST_READ, prepared
from deploysim.stats.clusters import Floats
from deploysim.stats.log_odds import log_odds_z

FEWEST_CLUSTERS = 5
"""A term that responses to fewer conversations (or users) hold is neither counted nor kept: it may be somebody's own."""
_WORD = re.compile(r"e\.g\.|i\.e\.|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?:\n]")
_BREAKS = frozenset(".!?:\n")
_OPENING_WORDS = 3


def terms_of(text: str) -> frozenset[str]:
    """Return a response's words, pairs of neighbouring words, and its opening of one to three words, code left out.

    Pairs hold a blank; openings begin with "^".
    """
    tokens = _WORD.findall(without_code(prepared(text[:LONGEST_READ])))
    words = [token for token in tokens if token not in _BREAKS]
    pairs = {f"{one} {other}" for one, other in pairwise(tokens) if one not in _BREAKS and other not in _BREAKS}
    openings = {"^" + " ".join(words[:n]) for n in range(1, min(_OPENING_WORDS, len(words)) + 1)}
    return frozenset(words) | pairs | openings


def vocabulary(pairs: Sequence[Pair], terms: Sequence[tuple[frozenset[str], frozenset[str]]]) -> list[str]:
    """Return the terms that enough conversations hold, sorted."""
    counts: Counter[str] = Counter()
    by_cluster: dict[str, set[str]] = {}
    for pair, (first, second) in zip(pairs, terms, strict=True):
        by_cluster.setdefault(pair.cluster, set()).update(first | second)
    for held in by_cluster.values():
        counts.update(held)
    return sorted(term for term, count in counts.items() if count >= FEWEST_CLUSTERS)


def presence(terms: Sequence[frozenset[str]], known: Sequence[str]) -> Floats:
    """Return which response holds which term, 1 or 0, shape (responses, terms)."""
    places = {term: at for at, term in enumerate(known)}
    found = np.zeros((len(terms), len(known)))
    for row, held in enumerate(terms):
        found[row, [places[term] for term in held if term in places]] = 1.0
    return found


def holding(terms: Sequence[frozenset[str]], known: Sequence[str]) -> Floats:
    """Return how many responses hold each term, shape (terms,)."""
    counts = Counter(term for held in terms for term in held)
    return np.array([counts[term] for term in known], dtype=np.float64)


def chance_z(terms: int, *, error: float = 0.05) -> float:
    """Return the z-score beyond which so many terms get by chance with this probability, two-sided (Bonferroni)."""
    return float(-ndtri(error / 2.0 / max(1, terms)))


def telling_terms(held_first: Floats, held_second: Floats, known: Sequence[str], *, most: int) -> tuple[Term, ...]:
    """Return the terms that most belong to either side, by z-score of responses that hold them.

    A pair of words, or a longer opening, that says hardly more than a part of it that is listed already is left out.
    """
    scores = log_odds_z(held_first, held_second)
    found: list[Term] = []
    for way in (1.0, -1.0):
        chosen: list[Term] = []
        for at in np.argsort(-way * scores, kind="stable").tolist():
            if len(chosen) == most or way * scores[at] <= 0.0:
                break
            term = Term(known[at], float(scores[at]), int(held_first[at]), int(held_second[at]))
            if not any(_within(term, other) for other in chosen):
                chosen.append(term)
        found += chosen
    return tuple(found)


def _within(term: Term, other: Term) -> bool:
    """Say whether one term is a part of the other, so that to list both would say one thing twice."""
    one, two = term.term.lstrip("^").split(), other.term.lstrip("^").split()
    short, long = sorted((one, two), key=len)
    return any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))
