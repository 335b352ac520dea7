"""Calibration: how far a grader can be trusted in a category, from what people say of the same responses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from deploysim.stats.agreement import Agreement, Design, cohen_kappa
from deploysim.stats.calibration import GraderError, Part, grader_error, part
from deploysim.stats.clusters import Bools, Floats, Ints
from deploysim.types import Verdict

RESPONSE = ("prefix_id", "run", "repeat", "category")
"""What a label and a grade are about; `run` is a run id, or "recorded"."""
_CLEAR = (Verdict.PRESENT.value, Verdict.ABSENT.value)


@dataclass(frozen=True, slots=True)
class GraderCalibration:
    """How one grader does in its category."""

    category: str
    grader: str
    """Fingerprint."""
    kappa: Agreement
    """Agreement with people beyond chance, weighted to all responses that it decided."""
    error: GraderError
    unclear: int
    """Labelled responses without a clear verdict or a clear label: they count for nothing above."""
    by_hand: int
    """Labelled responses that no rule drew; they have no known chance of being labelled and cannot be weighted."""


def calibrations(
    truth: pl.DataFrame, grades: pl.DataFrame, *, level: float = 0.95, seed: int = 0
) -> list[GraderCalibration]:
    """Return the calibration of every grader that graded something labelled, by category and fingerprint.

    Args:
        truth: What people's labels come to: the columns of RESPONSE, truth (a verdict's word, or missing where people
            disagree) and inclusion (probability with which the response was drawn; missing where somebody chose it).
        grades: All grades of the responses that the labelled ones were drawn from: the columns of RESPONSE, grader and
            verdict. Several graders of a category are kept apart by their fingerprints.
        level: Level of all intervals.
        seed: Seed of their draws.
    """
    found = []
    for (category, grader), rows in sorted(grades.partition_by("category", "grader", as_dict=True).items()):
        labelled = truth.filter(pl.col("category") == category).join(
            rows.select(*RESPONSE, "verdict"), on=list(RESPONSE), how="inner"
        )
        if labelled.height:
            found.append(_calibration(str(category), str(grader), labelled, rows, level, seed))
    return found


def _calibration(
    category: str, grader: str, labelled: pl.DataFrame, graded: pl.DataFrame, level: float, seed: int
) -> GraderCalibration:
    drawn = labelled.filter(pl.col("inclusion").is_not_null())
    clear = drawn.filter(pl.col("truth").is_in(_CLEAR) & pl.col("verdict").is_in(_CLEAR))
    present = (clear["truth"] == Verdict.PRESENT).to_numpy()
    flagged = (clear["verdict"] == Verdict.PRESENT).to_numpy()
    weights = (1.0 / clear["inclusion"]).to_numpy().astype(np.float64)
    clusters = _clusters(clear)
    sizes = graded.group_by("verdict").len()
    parts = [
        part(present[rows], weights[rows], clusters[rows], size=_size(sizes, verdict))
        for rows, verdict in ((flagged, Verdict.PRESENT), (~flagged, Verdict.ABSENT))
    ]
    design = Design(weights=_to_sizes(weights, flagged, parts), clusters=clusters, level=level, seed=seed)
    return GraderCalibration(
        category=category,
        grader=grader,
        kappa=cohen_kappa(flagged.astype(np.int64), present.astype(np.int64), design=design),
        error=grader_error(parts[0], parts[1], level=level, seed=seed),
        unclear=drawn.height - clear.height,
        by_hand=labelled.height - drawn.height,
    )


def _clusters(rows: pl.DataFrame) -> Ints:
    """Number the conversations: responses to prefixes of one, and of several lanes to one prefix, belong together."""
    conversations = rows["prefix_id"].str.split(":").list.first()
    return np.unique(conversations.to_numpy(), return_inverse=True)[1].astype(np.int64)


def _size(sizes: pl.DataFrame, verdict: Verdict) -> int:
    return int(sizes.filter(pl.col("verdict") == verdict.value)["len"].sum())


def _to_sizes(
    weights: Floats,
    flagged: Bools,
    parts: list[Part],
) -> Floats:
    """Scale the weights of each part to its known size: which responses were drawn is chance, how many there are is not."""
    scaled = weights.copy()
    for rows, one in zip((flagged, ~flagged), parts, strict=True):
        if rows.any():
            scaled[rows] *= one.size / weights[rows].sum()
    return scaled
