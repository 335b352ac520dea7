"""A cheap score of texts: how much their words go with a behaviour in other texts than themselves.

Naive Bayes over the words present, each text scored by the texts of other folds only, so that nothing is learned from
the outcome of the text itself or of its cluster. It orders texts by topic and is no probability.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from deploysim.stats.clusters import Bools, Floats, Ints

WORDS = 1 << 15
"""Words are told apart by their hash: two may share one, which blurs the score a little."""
FOLDS = 5
MOST = 3.0
"""Log-odds beyond which a score does not go: words of few texts say less than they seem to."""
_PSEUDO = 2.0
_MOST_WORDS = 400
_WORD = re.compile(r"\w{2,}")


DRAWN = 2.0
"""Prefixes' worth by which the share of a user's other prefixes is drawn to what the words say."""


def risk_scores(asked: list[str], present: Bools, clusters: Ints) -> Floats:
    """Score each prefix by the others: the standard deviation of an outcome with the chance that they suggest.

    Args:
        asked: The last user message of each prefix.
        present: Whether its recorded response shows the behaviour.
        clusters: Codes from 0, one a user or conversation.
    """
    base = (present.sum() + 0.5) / (present.size + 1.0)
    topic = expit(logit(base) + topic_scores(asked, present, clusters))
    flags = present.astype(np.float64)
    neighbours = np.bincount(clusters, weights=flags)[clusters] - flags
    company = np.bincount(clusters)[clusters] - 1.0
    chance = (neighbours + DRAWN * topic) / (company + DRAWN)
    return np.asarray(np.sqrt(chance * (1.0 - chance)))


def topic_scores(texts: Sequence[str], present: Bools, clusters: Ints) -> Floats:
    """Return log-odds of the behaviour from each text's words, 0 for no hint.

    Args:
        texts: One a prefix.
        present: Whether each shows the behaviour.
        clusters: Codes from 0; a cluster lies in one fold.
    """
    seen = _seen(texts)
    folds = clusters % FOLDS
    scores = np.zeros(len(texts))
    for fold in range(FOLDS):
        own, other = folds == fold, folds != fold
        weights = _weights(seen[np.flatnonzero(other)], present[other])
        scores[own] = seen[np.flatnonzero(own)] @ weights
    # Words of a text go together: their hints add up like those of the square root of their number.
    length = np.maximum(np.asarray(seen.sum(axis=1)).ravel(), 1.0)
    return np.asarray(np.clip(scores / np.sqrt(length), -MOST, MOST))


def _seen(texts: Sequence[str]) -> csr_matrix:
    rows: list[int] = []
    columns: list[int] = []
    for number, text in enumerate(texts):
        words = {zlib.crc32(word.encode()) % WORDS for word in _WORD.findall(text.lower())[:_MOST_WORDS]}
        rows += [number] * len(words)
        columns += words
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), WORDS))


def _weights(seen: csr_matrix, present: Bools) -> Floats:
    """Log ratio of each word's share among texts that show the behaviour and those that do not, drawn to none."""
    with_it, without = np.flatnonzero(present), np.flatnonzero(~present)
    common = (np.asarray(seen.sum(axis=0)).ravel() + 1.0) / (seen.shape[0] + 2.0)
    shares = [
        (np.asarray(seen[rows].sum(axis=0)).ravel() + _PSEUDO * common) / (rows.size + _PSEUDO)
        for rows in (with_it, without)
    ]
    return np.asarray(np.log(shares[0] / shares[1]))
