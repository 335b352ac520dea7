"""What became of each prefix in each lane: the frame that a forecast is made from, checked and turned into arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deploysim.errors import InputError
from deploysim.stats.clusters import Bools, Floats, Ints
from deploysim.types import Lane, Verdict

FAILED = "failed"
OUTCOMES = (*(verdict.value for verdict in Verdict), FAILED)
PRESENT, ABSENT = OUTCOMES.index("present"), OUTCOMES.index("absent")
KEYS = ("prefix_id", "conversation_id", "weight", "category")
USER = "user_key"
"""Optional column: where it is not null, clusters are users and no longer conversations."""
REPEAT = "repeat"
"""Optional column: a prefix may have one row for each time it was answered. Counts and tests are of the first answers;
rates are the mean of all. Lanes may have been asked differently often: a later row has nothing where a lane has none."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes of one category; rows are prefixes, columns are lanes in the order recorded, baseline, candidate."""

    lanes: tuple[Lane, ...]
    codes: NDArray[np.int8]
    """Index into OUTCOMES, shape (prefixes, lanes)."""
    weights: Floats
    clusters: Ints
    """Codes from 0, one a cluster."""
    shares: Floats
    """Share of the clear answers that show the behaviour, shape (prefixes, lanes): 0 or 1 without repeats, NaN for none."""

    @property
    def compared_with(self) -> int:
        """Column that the candidate is paired with: the baseline lane where there is one, else the recorded one."""
        return len(self.lanes) - 2

    @property
    def present(self) -> Bools:
        """Whether each outcome is "present", shape (prefixes, lanes)."""
        return np.equal(self.codes, PRESENT)

    def count(self, lane: int, outcome: str) -> int:
        """Count one outcome in one lane."""
        return int((self.codes[:, lane] == OUTCOMES.index(outcome)).sum())

    def determined(self, lane: int) -> Outcomes:
        """Keep the prefixes with a clear outcome (present or absent) in one lane."""
        return self._only(np.less_equal(self.codes[:, lane], ABSENT))

    def complete(self) -> Outcomes:
        """Keep the prefixes with a clear outcome in all lanes."""
        return self._only(np.all(self.codes <= ABSENT, axis=1))

    def _only(self, rows: Bools) -> Outcomes:
        _, clusters = np.unique(self.clusters[rows], return_inverse=True)
        return Outcomes(self.lanes, self.codes[rows], self.weights[rows], clusters.astype(np.int64), self.shares[rows])


def used_lanes(frame: pl.DataFrame) -> tuple[Lane, ...]:
    """Name the lanes that hold any outcome, in the order recorded, baseline, candidate."""
    return tuple(lane for lane in Lane if frame[lane].is_not_null().any())


def check_outcomes(frame: pl.DataFrame) -> None:
    """Refuse a frame that no forecast can be made from, with an InputError that says why."""
    missing = [name for name in (*KEYS, *Lane) if name not in frame.columns]
    if missing:
        raise _unusable(f"It has no column {', '.join(missing)}.")
    lanes = used_lanes(frame)
    if Lane.RECORDED not in lanes or Lane.CANDIDATE not in lanes:
        raise _unusable("It needs outcomes in the recorded and in the candidate lane.")
    for lane in lanes:
        known = pl.col(lane).cast(pl.String).is_in(OUTCOMES)
        unknown = frame.filter(~known.fill_null(~_is_first(frame))).height
        if unknown:
            raise _unusable(f"Rows with an unknown or no outcome in the {lane} lane: {unknown:,}.")
    if frame.select(pl.any_horizontal(pl.col(name).is_null().any() for name in KEYS)).item():
        raise _unusable("A prefix, conversation, weight or category is missing in some rows.")
    if not frame.select((pl.col("weight").is_finite() & (pl.col("weight") > 0)).all()).item():
        raise _unusable("Some weights are not positive numbers.")
    once = ["prefix_id", "category", *([REPEAT] if REPEAT in frame.columns else [])]
    if frame.select(pl.struct(once).is_duplicated().any()).item():
        raise _unusable("Some prefixes occur more than once in one category.")


def category_outcomes(frame: pl.DataFrame, category: str, lanes: tuple[Lane, ...]) -> Outcomes:
    """Take one category out of a checked frame; the order of the frame's rows does not matter."""
    rows = frame.filter(pl.col("category") == category)
    first = _first_answers(rows).sort("prefix_id")
    codes = [
        first[lane].cast(pl.String).replace_strict(list(OUTCOMES), list(range(len(OUTCOMES))), return_dtype=pl.Int8)
        for lane in lanes
    ]
    cluster = pl.col("conversation_id")
    if USER in rows.columns:
        cluster = pl.coalesce(pl.concat_str(pl.lit("user "), USER), cluster)
    return Outcomes(
        lanes=lanes,
        codes=np.column_stack([column.to_numpy() for column in codes]),
        weights=first["weight"].cast(pl.Float64).to_numpy(),
        clusters=first.select(cluster.rank("dense").cast(pl.Int64) - 1).to_series().to_numpy(),
        shares=_shares(rows, lanes),
    )


def _first_answers(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(_is_first(rows))


def _is_first(rows: pl.DataFrame) -> pl.Expr:
    repeated = REPEAT in rows.columns
    return pl.col(REPEAT) == pl.col(REPEAT).min().over("prefix_id", "category") if repeated else pl.lit(True)


def _shares(rows: pl.DataFrame, lanes: tuple[Lane, ...]) -> Floats:
    """Mean of the clear answers of each prefix and lane, by prefix."""
    present, absent = OUTCOMES[PRESENT], OUTCOMES[ABSENT]
    shares = [
        pl.col(lane).cast(pl.String).replace_strict({present: 1.0, absent: 0.0}, default=None).mean().alias(lane)
        for lane in lanes
    ]
    by_prefix = rows.group_by("prefix_id").agg(shares).sort("prefix_id").drop("prefix_id")
    return np.column_stack([by_prefix[lane].cast(pl.Float64).fill_null(float("nan")).to_numpy() for lane in lanes])


def _unusable(reason: str) -> InputError:
    return InputError(
        f"No forecast can be made from these outcomes. {reason}",
        expected=f"one row for each prefix and category, every lane used saying one of: {', '.join(OUTCOMES)}.",
        next_step="Finish replaying and grading every lane of this sample, then forecast again.",
    )
