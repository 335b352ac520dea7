"""Which terms two bodies of text differ in: log-odds with an informative Dirichlet prior.

Monroe, Colaresi, Quinn 2008, Fightin' Words, doi:10.1093/pan/mpn018, equations 15, 16, 22: the prior is the pooled
frequency of each term, which draws rare terms towards no difference.
"""

from __future__ import annotations

import numpy as np

from deploysim.stats.clusters import Floats

PRIOR_TOTAL = 500.0
"""Pseudo-counts of the prior over all terms."""


def log_odds_z(first: Floats, second: Floats, *, prior_total: float = PRIOR_TOTAL) -> Floats:
    """Return z-scores, above 0 where a term belongs to the second body; counts of shape (terms,), each term seen.

    Hand case: counts (3, 1) and (1, 3) with a prior of 2 in all: each term has prior 1, so the log-odds of the second
    term are log(4/2) and log(2/4), the difference log 4 and its variance 1/2 + 1/4: z = 1.386 / 0.866 = 1.6.
    """
    pooled = first + second
    prior = prior_total * pooled / pooled.sum()
    a, b = first + prior, second + prior
    difference = _log_odds(b, second.sum() + prior_total) - _log_odds(a, first.sum() + prior_total)
    return np.asarray(difference / np.sqrt(1.0 / a + 1.0 / b))


def _log_odds(count: Floats, total: float) -> Floats:
    return np.asarray(np.log(count) - np.log(total - count))
