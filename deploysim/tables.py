"""A forecast as rows for a chart, a table, a terminal and a CSV file: the same words everywhere."""

from __future__ import annotations

import polars as pl

from deploysim.forecast.records import CategoryForecast, Direction, Estimate, Forecast, LaneCount
from deploysim.forecast.words import by_evidence, number
from deploysim.looks import DIRECTIONS
from deploysim.stats.noise_floor import NO_REPEATS, NoiseFloor
from deploysim.wording import counted

COLUMNS: dict[str, type[pl.DataType]] = {
    "category": pl.String,
    "name": pl.String,
    "symbol": pl.String,
    "direction": pl.String,
    "ratio": pl.Float64,
    "ratio_low": pl.Float64,
    "ratio_high": pl.Float64,
    "change": pl.String,
    "rates": pl.String,
    "call": pl.String,
    "pairs": pl.String,
    "undetermined": pl.Int64,
    "bounds": pl.String,
    "previous_per_100k": pl.Float64,
    "forecast_per_100k": pl.Float64,
    "forecast_low": pl.Float64,
    "forecast_high": pl.Float64,
    "n": pl.Int64,
    "fidelity_gap": pl.Float64,
    "p_value": pl.Float64,
    "q_value": pl.Float64,
    "probability_up": pl.Float64,
    "n_needed": pl.Int64,
    "changed": pl.Float64,
    "noise": pl.Float64,
    "noise_low": pl.Float64,
    "noise_high": pl.Float64,
    "noise_pairs": pl.Int64,
    "noise_floor": pl.String,
}
"""`change`, `rates`, `call`, `pairs`, `bounds` and `noise_floor` are words; the other columns are numbers for a program.
`undetermined` counts the candidate's responses that failed or about which the grader is unsure, and `bounds` says what
its rate would be if all of them were absent or present. `changed` is the share of complete pairs that regressed or
improved, and `noise` the share of pairs of repeats of the baseline that are flagged differently: what `changed` would be
between two answers of one model; missing without repeats. Rates are per 100,000 units; ratios are forecast rate over
previous rate, and are missing where nothing was seen in any lane."""


def shift_rows(forecast: Forecast) -> pl.DataFrame:
    """Return one row per category with the columns of COLUMNS, best evidence first."""
    rows = by_evidence(forecast.categories)
    return pl.DataFrame([_row(row, forecast.false_discovery_rate) for row in rows], schema=COLUMNS)


def unseen_sentence(rows: pl.DataFrame) -> str:
    """Say which categories have no ratio, because no lane compared showed them, and what that still allows."""
    unseen = rows.filter(pl.col("ratio").is_null())
    if unseen.is_empty():
        return ""
    parts = [f"{row['name']} ({row['rates']})" for row in unseen.iter_rows(named=True)]
    return f"Without a ratio: {'; '.join(parts)}. Rates per 100,000."


def _row(row: CategoryForecast, false_discovery_rate: float) -> dict[str, object]:
    seen = _seen_anywhere(row)
    ratio = row.ratio if seen else None
    candidate = row.lanes[-1]
    return {
        "category": row.category,
        "name": row.name,
        "symbol": DIRECTIONS[row.direction].symbol,
        "direction": str(row.direction),
        "ratio": ratio.median if ratio else None,
        "ratio_low": ratio.interval.low if ratio else None,
        "ratio_high": ratio.interval.high if ratio else None,
        "change": _change(ratio),
        "rates": _rates(row, seen=seen),
        "call": _call(row, false_discovery_rate),
        "pairs": _pairs(row),
        "undetermined": candidate.failed + candidate.unsure + candidate.not_comparable,
        "bounds": _bounds(candidate),
        "previous_per_100k": row.previous.per_100k,
        "forecast_per_100k": row.forecast.median if row.forecast else None,
        "forecast_low": row.forecast.interval.low if row.forecast else None,
        "forecast_high": row.forecast.interval.high if row.forecast else None,
        "n": row.table.n,
        "fidelity_gap": row.fidelity_gap.median if row.fidelity_gap else None,
        "p_value": row.p_value,
        "q_value": row.q_value,
        "probability_up": row.certainty.up if row.certainty else None,
        "n_needed": row.n_needed,
        "changed": (row.table.regressed + row.table.improved) / row.table.n if row.table.n else None,
        **_noise(row.noise or NO_REPEATS),
    }


def _noise(floor: NoiseFloor) -> dict[str, object]:
    return {
        "noise": floor.share,
        "noise_low": floor.interval.low if floor.interval else None,
        "noise_high": floor.interval.high if floor.interval else None,
        "noise_pairs": floor.pairs,
        "noise_floor": _noise_floor(floor),
    }


def _noise_floor(floor: NoiseFloor) -> str:
    if floor.share is None or floor.interval is None:
        return "n/a (n = 0)"
    low, high = _share(floor.interval.low), _share(floor.interval.high)
    return f"{_share(floor.share)} % of {counted(floor.pairs, 'pair')} ({low} to {high} %)"


def _share(share: float) -> str:
    """Write a share in percent with as many digits as it deserves."""
    return f"{100 * share:.2g}" if share < 0.1 else f"{100 * share:.0f}"


def _seen_anywhere(row: CategoryForecast) -> bool:
    return any(lane.rate.present for lane in row.lanes)


def _change(ratio: Estimate | None) -> str:
    if ratio is None:
        return "no ratio"
    low, high = ratio.interval.low, ratio.interval.high
    return f"{_times(ratio.median)} ({_times(low)} to {_times(high)})"


def _times(ratio: float) -> str:
    """Write a ratio for reading; beyond a hundredfold the digits mean nothing."""
    if ratio >= 100:
        return "over 100x"
    return f"{ratio:.2g}x" if ratio >= 0.01 else "under 0.01x"


def _rates(row: CategoryForecast, *, seen: bool) -> str:
    if row.table.n == 0:
        return "n/a (n = 0)"
    if not seen and row.previous.interval:
        return f"none seen, at most {number(row.previous.interval.high)}"
    if row.forecast is None or row.previous.per_100k is None:
        return "n/a"
    low, high = row.forecast.interval.low, row.forecast.interval.high
    before = number(row.previous.per_100k) if row.previous.present else "none seen"
    return f"{before} → {number(row.forecast.median)} ({number(low)}–{number(high)})"


def _call(row: CategoryForecast, false_discovery_rate: float) -> str:
    if row.certainty is None or row.direction is Direction.UNKNOWN:
        return f"{row.direction}; about {row.n_needed:,} prefixes needed" if row.n_needed else str(row.direction)
    probability = {
        Direction.MATERIALLY_UP: row.certainty.materially_up,
        Direction.UP: row.certainty.up,
        Direction.MATERIALLY_DOWN: row.certainty.materially_down,
        Direction.DOWN: 1 - row.certainty.up,
        Direction.UNCHANGED: row.certainty.unchanged,
    }[row.direction]
    # Among many categories some move by chance: a call that the paired test does not bear out is a lead.
    lead = f"; a lead, q {row.q_value:.2f}" if row.q_value is not None and row.q_value > false_discovery_rate else ""
    return f"{row.direction} ({_percent(probability)} sure{lead})"


def _bounds(lane: LaneCount) -> str:
    if lane.low_per_100k is None or lane.high_per_100k is None:
        return "n/a"
    return f"{number(lane.low_per_100k)} to {number(lane.high_per_100k)}"


def _percent(probability: float) -> str:
    return "over 99 %" if probability > 0.995 else f"{probability:.0%}".replace("%", " %")


def _pairs(row: CategoryForecast) -> str:
    table = row.table
    return f"{table.regressed} regressed, {table.improved} improved, {table.both} both, {table.neither} neither"
