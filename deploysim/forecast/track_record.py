"""The track record: what all scorecards of a workspace say together, and how it changes intervals to come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deploysim.forecast.records import Estimate
from deploysim.forecast.scorecard import Difference, MethodScore, Scorecard, ScoredCategory
from deploysim.forecast.scoring import loss_difference, realised_change
from deploysim.stats.clusters import Ints
from deploysim.stats.scores import brier
from deploysim.stats.track_record import (
    CalibrationBin,
    Skill,
    calibration,
    conformal_factor,
    log_error_in_widths,
    skill,
)
from deploysim.types import Interval

LEAST_RELEASES = 3
"""Releases behind an adjustment of intervals: errors of one release go together."""
RELEASES_AS_CLUSTERS = 5
"""From so many releases on they are the clusters of tests and intervals; before, categories are."""


@dataclass(frozen=True, slots=True)
class Conformal:
    """Whether past errors adjust intervals to come, and by how much."""

    rows: int
    needed: int
    """Rows needed: with so many, two errors are expected beyond the interval, so that no single one decides."""
    releases: int
    factor: float | None
    """On both half-widths on the log scale: above 1 widens; None before there is enough."""

    def sentence(self) -> str:
        """Say where it stands."""
        have = f"{self.rows:,} of {self.needed:,} scored rows and {self.releases:,} of {LEAST_RELEASES} releases"
        if self.factor is None:
            return f"Past errors adjust future intervals once there are enough: {have} so far."
        change = "wider" if self.factor > 1.0 else "narrower"
        return (
            f"By past errors, intervals to come are made {self.factor:.2g} times as wide on the log scale ({change})."
        )


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How all forecasts that were scored have done. Of a forecast with several scorecards the newest counts."""

    releases: int
    rows: int
    level: float
    clusters: str
    """What tests and intervals take as independent: "release" or "category"."""
    calibration: tuple[CalibrationBin, ...]
    brier: float | None
    coverage: float | None
    predictive_nll: Difference | None
    """Forecast less naive, a row."""
    skill: Skill | None
    """Share of the naive forecast's regret that is saved."""
    conformal: Conformal


def track_record(cards: Sequence[Scorecard], *, level: float = 0.9, seed: int = 0) -> TrackRecord:
    """Put scorecards together, given newest first."""
    newest = {card.forecast_id: card for card in reversed(cards)}
    releases = list(dict.fromkeys(card.traffic.sample_id for card in newest.values()))
    rows = [
        (releases.index(card.traffic.sample_id), row, ours, naive)
        for card in newest.values()
        for row in card.scored()
        if (ours := row.score("forecast")) and (naive := row.score("naive"))
    ]
    many = len(releases) >= RELEASES_AS_CLUSTERS
    codes = [release if many else place for place, (release, *_) in enumerate(rows)]
    clusters = np.unique(np.array(codes, dtype=np.int64), return_inverse=True)[1].astype(np.int64)
    moved = [(ours.up, change > 1.0) for _, row, ours, _ in rows if (change := realised_change(row)) != 1.0]
    ups, rises = np.array([up for up, _ in moved]), np.array([rose for _, rose in moved], dtype=np.bool_)
    pairs = [(ours, naive) for *_, ours, naive in rows]
    return TrackRecord(
        releases=len(releases),
        rows=len(rows),
        level=level,
        clusters="release" if many else "category",
        calibration=calibration(ups, rises, level=level) if moved else (),
        brier=brier(ups, rises) if moved else None,
        coverage=float(np.mean([ours.held for ours, _ in pairs])) if pairs else None,
        predictive_nll=_difference(pairs, clusters, level, seed),
        skill=_skill(pairs, clusters, level, seed),
        conformal=_conformal([row for _, row, *_ in rows], len(releases), level),
    )


def adjusted(estimate: Estimate, conformal: Conformal) -> Estimate:
    """Widen or narrow an interval as past errors say; as it is where there are too few."""
    if conformal.factor is None:
        return estimate
    middle, interval = estimate.median, estimate.interval
    return Estimate(
        middle,
        Interval(
            middle * (interval.low / middle) ** conformal.factor,
            middle * (interval.high / middle) ** conformal.factor,
            interval.level,
        ),
    )


def _difference(
    pairs: Sequence[tuple[MethodScore, MethodScore]], clusters: Ints, level: float, seed: int
) -> Difference | None:
    losses = [(ours.predictive_nll, naive.predictive_nll) for ours, naive in pairs]
    return loss_difference(losses, clusters, level=level, seed=seed) if losses else None


def _skill(pairs: Sequence[tuple[MethodScore, MethodScore]], clusters: Ints, level: float, seed: int) -> Skill | None:
    if not pairs:
        return None
    ours, naive = np.array([(a.regret, b.regret) for a, b in pairs]).T
    return skill(ours, naive, clusters=clusters, level=level, seed=seed)


def _conformal(rows: Sequence[ScoredCategory], releases: int, level: float) -> Conformal:
    needed = math.ceil(2.0 / (1.0 - level) - 1e-9)
    enough = len(rows) >= needed and releases >= LEAST_RELEASES
    known = [
        (row.forecast.median, row.forecast.interval.low, row.forecast.interval.high, row.realised.per_100k)
        for row in rows
        if row.forecast and row.realised.per_100k
    ]
    factor = conformal_factor(log_error_in_widths(*np.array(known).T), level=level) if enough else None
    return Conformal(len(rows), needed, releases, factor)
