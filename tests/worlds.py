"""Simulated worlds with known truths, to see whether forecasts hold what they promise.

Stated prior of the truths, on the log-odds scale: a category's recorded rate is Normal around the setting's centre
(sd 0.5); the fidelity gap is Normal (sd 0.2) around a mean that all categories share, itself Normal (sd 0.2); the shift
is Normal with sd 0.1 in half of the categories and with sd 1 in the others. A prefix's lanes share one uniform number
with probability 1/2, so they agree more often than chance. In clusters a prefix copies its cluster's outcomes with
probability 0.4. Graders, where they err, find 75 to 95 % of what is there and flag 0.1 to 0.5 times its rate of what is
not, differently in each lane.

Where prefixes are drawn by risk, a tenth of the clusters is risky: all lanes' log-odds are higher by LIFT there, and
lower in the others so that the rates stay what they are. The score of a prefix is the spread of its recorded outcome with
its chance in either part, which is known up to noise of the log-odds (sd 0.5). All recorded responses of the log are graded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from deploysim.stats.arcsine import to_arcsine, to_rate
from deploysim.stats.clusters import effective_n
from deploysim.stats.graders import Reviewed, corrected
from deploysim.stats.lanes import LaneMoments, lane_moments, stack, table_moments, with_recorded
from deploysim.stats.pooling import Priors, pool
from deploysim.stats.risk import draw, inclusion_probabilities
from deploysim.stats.shift import equal_tailed, shift_draws

COPIES = 0.4
PATTERNS = (np.arange(8)[:, None] >> np.arange(3)) & 1
DRAWS = 1_000
RISKY = 0.1
LIFT = 2.0
NOISE = 0.5


@dataclass(frozen=True)
class Setting:
    """One kind of world; `n` prefixes a category are replayed."""

    centre: float
    n: int
    categories: int = 8
    cluster: int = 1
    recorded: int = 0
    """Prefixes of the log beyond those replayed."""
    log: int = 0
    """Prefixes of the log from which those replayed are drawn by risk; 0 where they are drawn uniformly."""
    reviewed: tuple[int, int] = (0, 0)
    """Flagged and unflagged responses labelled in each lane; 0 for graders that do not err."""


@dataclass(frozen=True)
class Held:
    """Whether 90 % intervals held the truth, by quantity, and the calls; one entry a category of each world."""

    forecast: np.ndarray
    ratio: np.ndarray
    gap: np.ndarray
    up: np.ndarray
    """Stated probability that the rate goes up."""
    rises: np.ndarray
    """Whether it does."""


def run(setting: Setting, *, worlds: int, seed: int, priors: Priors | None = None) -> Held:
    """Forecast many worlds and see what their intervals held."""
    rng = np.random.default_rng(seed)
    rows = [row for _ in range(worlds) for row in world(setting, rng, priors or Priors())]
    return Held(*(np.array(column) for column in zip(*rows, strict=True)))


def world(setting: Setting, rng: np.random.Generator, priors: Priors) -> list[tuple[bool, bool, bool, float, bool]]:
    """Draw one world, forecast it, and line up every category with its truth."""
    truths = draw_truths(setting, rng)
    posterior = pool(stack([observe(setting, truth, rng) for truth in truths]), priors)
    rows = []
    for place, truth in enumerate(truths):
        shift = shift_draws(posterior.of(place), draws=DRAWS, seed=int(rng.integers(1 << 30)))
        forecast = expit(logit(truth) @ [1.0, -1.0, 1.0])
        true = (forecast, forecast / truth[0], truth[1] / truth[0])
        intervals = [equal_tailed(draws, level=0.9) for draws in (shift.forecast, shift.ratio, shift.gap)]
        held = [interval.low <= value <= interval.high for interval, value in zip(intervals, true, strict=True)]
        rows.append((*held, float((shift.ratio > 1.0).mean()), bool(true[1] > 1.0)))
    return rows


def draw_truths(setting: Setting, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw the true rates of the lanes (recorded, baseline, candidate) in every category."""
    mean_gap = rng.normal(0, 0.2)
    truths = []
    for _ in range(setting.categories):
        recorded = logit(setting.centre) + rng.normal(0, 0.5)
        baseline = recorded + rng.normal(mean_gap, 0.2)
        candidate = baseline + rng.normal(0, rng.choice([0.1, 1.0]))
        truths.append(expit(np.array([recorded, baseline, candidate])))
    return truths


def observe(setting: Setting, truth: np.ndarray, rng: np.random.Generator) -> LaneMoments:
    """Replay one category, grade it, and sum up what is seen."""
    found, false = np.ones(3), np.zeros(3)
    if any(setting.reviewed):
        found, false = rng.uniform(0.75, 0.95, 3), truth * rng.uniform(0.1, 0.5, 3)
    seen = truth * found + (1.0 - truth) * false
    moments = replayed(setting, seen, rng)
    if not any(setting.reviewed):
        return moments
    right, missed = truth * found / seen, truth * (1.0 - found) / (1.0 - seen)
    return corrected(moments, [labels(setting, *shares, rng) for shares in zip(right, missed, strict=True)])


def replayed(setting: Setting, seen: np.ndarray, rng: np.random.Generator) -> LaneMoments:
    """Sum up one category of the replayed prefixes, and of the recorded ones beyond."""
    if setting.log:
        return by_risk(setting, seen, rng)
    moments = clustered(setting, seen, rng) if setting.cluster > 1 else table_moments(alone(setting.n, seen, rng))
    if not setting.recorded:
        return moments
    worth = 1.0 / moments.cov[0, 0]
    present, n = to_rate(moments.centre[0]) * worth + rng.binomial(setting.recorded, seen[0]), worth + setting.recorded
    return with_recorded(moments, centre=to_arcsine(present, n), variance=1.0 / n)


def labels(setting: Setting, right: float, missed: float, rng: np.random.Generator) -> Reviewed:
    """Label a random part of the flagged and of the unflagged responses of one lane."""
    flagged, unflagged = setting.reviewed
    return Reviewed(rng.binomial(flagged, right), flagged, rng.binomial(unflagged, missed), unflagged)


def alone(n: int, rates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Joint table of n prefixes that stand alone."""
    return rng.multinomial(n, cell_shares(rates)).astype(float)


def cell_shares(rates: np.ndarray) -> np.ndarray:
    """Probability of each pattern of the lanes."""
    apart = np.prod(np.where(PATTERNS == 1, rates, 1.0 - rates), axis=1)
    order = np.argsort(-rates)
    shared = np.zeros(8)
    edges = np.concatenate([[1.0], rates[order], [0.0]])
    for count in range(4):
        pattern = sum(1 << int(lane) for lane in order[:count])
        shared[pattern] = edges[count] - edges[count + 1]
    return 0.5 * apart + 0.5 * shared


def clustered(setting: Setting, rates: np.ndarray, rng: np.random.Generator) -> LaneMoments:
    """Prefixes in clusters, whose members copy the cluster's outcomes now and then."""
    clusters = np.repeat(np.arange(setting.n // setting.cluster), setting.cluster)
    shares = cell_shares(rates)
    own = rng.choice(8, size=clusters.size, p=shares)
    common = rng.choice(8, size=clusters[-1] + 1, p=shares)[clusters]
    cells = np.where(rng.random(clusters.size) < COPIES, common, own)
    return lane_moments(PATTERNS[cells].astype(float), weights=np.ones(clusters.size), clusters=clusters)


def by_risk(setting: Setting, rates: np.ndarray, rng: np.random.Generator) -> LaneMoments:
    """Prefixes drawn by risk from a log whose recorded responses are all graded."""
    clusters = np.repeat(np.arange(setting.log // setting.cluster), setting.cluster)
    risky = rng.random(clusters[-1] + 1) < RISKY
    high = expit(logit(rates) + LIFT)
    parts = np.array([(rates - RISKY * high) / (1.0 - RISKY), high])
    own, common = (cells_of(where, parts, rng) for where in (risky[clusters], risky))
    copies = (setting.cluster > 1) & (rng.random(clusters.size) < COPIES)
    lanes = PATTERNS[np.where(copies, common[clusters], own)].astype(float)
    suspected = expit(logit(parts[risky[clusters].astype(int), 0]) + rng.normal(0, NOISE, clusters.size))
    chances = inclusion_probabilities(np.sqrt(suspected * (1.0 - suspected)), size=setting.n)
    drawn = draw(chances, seed=int(rng.integers(1 << 30)))
    codes = np.unique(clusters[drawn], return_inverse=True)[1]
    recorded = lanes[:, 0]
    off, even = recorded - recorded.mean(), np.ones(recorded.size)
    return with_recorded(
        lane_moments(lanes[drawn], weights=1.0 / chances[drawn], clusters=codes),
        centre=to_arcsine(recorded.sum(), recorded.size),
        variance=1.0 / effective_n(off, weights=even, clusters=clusters),
    )


def cells_of(risky: np.ndarray, parts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the pattern of the lanes of each unit, by the rates of its part of the log."""
    cells = np.empty(risky.size, dtype=int)
    for part, rates in enumerate(parts):
        here = risky == part
        cells[here] = rng.choice(8, size=here.sum(), p=cell_shares(rates))
    return cells
