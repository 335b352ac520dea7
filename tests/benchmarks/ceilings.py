"""How far the backtest's targets are within reach on a table of labels, whatever the forecast's model.

Three bounds, beside which the scores of `bench_backtest.py` are read:

- **Hardly changed rows.** They are the rows where what came happened to be close to the previous rate, which is what
  naive says. Even a forecaster who knows every true rate is off by the noise of what came, so naive may beat it there.
- **Calls.** The largest share of really changed rows that any threshold of certainty calls with 97 % of the calls right:
  with the probabilities of our forecast, and with the true rates known. Where ours is far below the other, the prompts
  replayed are too few to tell.
- **Thinning.** Replaying a share of the prompts costs precision. The old model's answers to the others win back at most
  the squared correlation of the two models' answers to a prompt, if nothing but these answers is known.

True rates are known in a twin of the table: both halves are drawn from its clusters anew, with replacement and apart from
each other, so that the table's own rates are the truth of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from deploysim.forecast.backtest.labels import Labels
from deploysim.forecast.backtest.methods import MethodForecast, Pairs, all_pairs, forecasts
from deploysim.forecast.backtest.scoring import CHANGED, Scored, joined, score, summarise, truth
from deploysim.forecast.backtest.splits import Counts, Split, Splitter
from deploysim.stats.arcsine import to_arcsine
from deploysim.stats.clusters import Floats
from deploysim.stats.pooling import Priors

RIGHT = 0.97
"""Share of calls that must be right."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Bounds of one table."""

    hardly_changed: float
    """Plug-in NLL on hardly changed rows of a forecaster who knows all rates, as a multiple of naive's."""
    called: float
    """Share of changed rows that our probabilities can call with RIGHT of the calls right."""
    called_knowing: float
    """The same where the true rates are known."""
    paired: float
    """Mean squared correlation of two models' answers to the same cluster of prompts."""


def ceilings(labels: Labels, *, splits: int, seed: int) -> Ceilings:
    """Work out the bounds of one table over that many draws of two halves."""
    splitter, pairs = Splitter(labels), all_pairs(len(labels.models))
    rng = np.random.default_rng([seed, 2])
    everything = splitter.everything()
    halves = [splitter.draw(thin=1.0, rng=rng) for _ in range(splits)]
    ours = joined([_scored(splitter, pairs, half, everything, knowing=False) for half in halves])
    twins = [_twin(labels.clusters, rng) for _ in range(splits)]
    knowing = joined([_scored(splitter, pairs, twin, everything, knowing=True) for twin in twins])
    summary = summarise(knowing, certainty=0.9)
    return Ceilings(
        hardly_changed=summary["hardly_changed.ours.nll_plug_in"] / summary["hardly_changed.naive.nll_plug_in"],
        called=_called(ours),
        called_knowing=_called(knowing),
        paired=_squared_correlation(splitter, pairs, labels.clusters),
    )


def _twin(clusters: int, rng: np.random.Generator) -> Split:
    """Draw both halves with replacement, apart from each other."""
    first, second = (
        np.bincount(rng.integers(clusters, size=clusters // 2), minlength=clusters).astype(np.float64) for _ in range(2)
    )
    return Split(first, np.zeros(clusters), second)


def _scored(splitter: Splitter, pairs: Pairs, split: Split, everything: Counts, *, knowing: bool) -> Scored:
    """Score our forecast, or in its place that of the rates themselves."""
    parts = splitter.count(split)
    made = forecasts(parts, pairs, Priors())
    if knowing:
        made["ours"] = _known(everything, parts.realised, made["naive"], pairs)
    answered = parts.replayed.n.T > 0.0
    came = truth(parts.realised, made["naive"], everything, pairs, answered[pairs.old] & answered[pairs.new])
    return score({name: made[name] for name in ("ours", "naive")}, came, level=0.9)


def _known(everything: Counts, realised: Counts, previous: MethodForecast, pairs: Pairs) -> MethodForecast:
    """The new model's true rate; which way the realised one will differ from the previous one is left to chance."""
    present, n = everything.present.T[pairs.new], np.maximum(everything.n.T[pairs.new], 1.0)
    rate = (present + 0.5) / (n + 1.0)
    distance = to_arcsine(present, n) - to_arcsine(previous.mean * n, n)
    up = norm.cdf(distance * np.sqrt(np.maximum(realised.n.T[pairs.new], 1.0)))
    return MethodForecast(rate, np.zeros_like(rate), previous.effect, up)


def _called(scored: Scored) -> float:
    """Largest share of changed rows, the surest first, of which RIGHT are called right."""
    rows = np.abs(np.log(scored.change)) >= np.log(CHANGED)
    up, change = scored.methods["ours"].up[rows], scored.change[rows]
    if not rows.any():
        return float("nan")
    surest = np.argsort(-np.maximum(up, 1.0 - up), kind="stable")
    right = ((up > 0.5) == (change > 1.0))[surest]
    good = np.flatnonzero(np.cumsum(right) >= RIGHT * np.arange(1, right.size + 1))
    return float(good[-1] + 1) / right.size if good.size else 0.0


def _squared_correlation(splitter: Splitter, pairs: Pairs, clusters: int) -> float:
    whole = Split(np.ones(clusters), np.zeros(clusters), np.zeros(clusters))
    products = splitter.count(whole).products
    squares: Floats = np.diagonal(products, axis1=-2, axis2=-1)
    size = squares[:, pairs.old] * squares[:, pairs.new]
    both = products[:, pairs.old, pairs.new] ** 2
    return float(np.divide(both, size, out=np.zeros_like(both), where=size > 0.0).mean())
