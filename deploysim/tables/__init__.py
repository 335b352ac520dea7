"""A forecast as rows for a chart, a table, a terminal and a CSV file: the same words everywhere."""

from __future__ import annotations

import polars as pl

from deploysim.forecast.records import CategoryForecast, Certainty, Direction, Estimate, Forecast, LaneCount
from deploysim.forecast.steps import HARDLY, Step, steps
from deploysim.forecast.words import WORSE, by_evidence, number
from deploysim.looks import DIRECTIONS
from deploysim.stats.noise_floor import NO_REPEATS, NoiseFloor
from deploysim.stats.rates import PER_100K
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
    "beside": pl.String,
    "pairs": pl.String,
    "undetermined": pl.Int64,
    "bounds": pl.String,
    "previous_per_100k": pl.Float64,
    "forecast_per_100k": pl.Float64,
    "forecast_low": pl.Float64,
    "forecast_high": pl.Float64,
    "comparable": pl.String,
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
"""`change`, `rates`, `call`, `beside`, `pairs`, `bounds`, `comparable` and `noise_floor` are words; the other columns are numbers
for a program. `comparable` is the candidate's rate on comparable prefixes, where some are not.
`undetermined` counts the candidate's responses that failed or about which the grader is unsure, and `bounds` says what
its rate would be if all of them were absent or present. `changed` is the share of complete pairs that regressed or
improved, and `noise` the share of pairs of repeats of the baseline that are flagged differently: what `changed` would be
between two answers of one model; missing without repeats. Rates are per 100,000 units; ratios are forecast rate over
previous rate, and are missing where nothing was seen in any lane."""


def shift_rows(forecast: Forecast) -> pl.DataFrame:
    """Return one row per category with the columns of COLUMNS, best evidence first."""
    rows = by_evidence(forecast.categories)
    return pl.DataFrame([_row(row, forecast.false_discovery_rate) for row in rows], schema=COLUMNS)


def step_rows(row: CategoryForecast) -> pl.DataFrame:
    """Return the steps from the recorded rate to the forecast: step, kind, before, after and words."""
    rows = [(step.name, _kind(step), step.before, step.after, _step_words(step)) for step in steps(row)]
    schema = {"step": pl.String, "kind": pl.String, "before": pl.Float64, "after": pl.Float64, "words": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def floor_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the categories whose noise floor is known: name, differ, floor, floor_low and floor_high per 100,000."""
    known = rows.filter(pl.col("noise").is_not_null() & pl.col("changed").is_not_null())
    named = {"differ": "changed", "floor": "noise", "floor_low": "noise_low", "floor_high": "noise_high"}
    return known.select("name", **{name: pl.col(column) * PER_100K for name, column in named.items()})


def _kind(step: Step) -> str:
    if step.is_rate:
        return "rate"
    if max(step.after / step.before, step.before / step.after) < HARDLY:
        return "none"
    return "up" if step.after > step.before else "down"


def _step_words(step: Step) -> str:
    if step.is_rate:
        return number(step.after)
    return f"× {step.after / step.before:.2g} → {number(step.after)}"


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
        "change": change_words(ratio),
        "rates": _rates(row, seen=seen),
        "call": call_words(row, false_discovery_rate),
        "beside": _beside(row),
        "pairs": _pairs(row),
        "undetermined": candidate.failed + candidate.unsure + candidate.not_comparable,
        "bounds": _bounds(candidate),
        "previous_per_100k": row.previous.per_100k,
        "forecast_per_100k": row.forecast.median if row.forecast else None,
        "forecast_low": row.forecast.interval.low if row.forecast else None,
        "forecast_high": row.forecast.interval.high if row.forecast else None,
        "comparable": comparable_words(row.comparable[-1]) if row.comparable else "",
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


def change_words(ratio: Estimate | None) -> str:
    """Say a ratio with its interval."""
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
        return "in no complete pair"
    low, high = row.forecast.interval.low, row.forecast.interval.high
    before = number(row.previous.per_100k) if row.previous.present else "none seen"
    return f"{before} → {number(row.forecast.median)} ({number(low)}–{number(high)})"


def call_words(row: CategoryForecast, false_discovery_rate: float) -> str:
    """Say what was called, how sure it is, and whether it is a lead only."""
    if row.certainty is None or row.direction is Direction.UNKNOWN:
        return f"{row.direction}; about {row.n_needed:,} prefixes needed" if row.n_needed else str(row.direction)
    # Among many categories some move by chance: a call that the paired test does not bear out is a lead.
    open_test = row.q_value is not None and row.q_value > false_discovery_rate
    lead = f"; a lead, q {row.q_value:.2f}" if open_test and row.direction is not Direction.UNCHANGED else ""
    return f"{row.direction} ({_percent(_probability(row.certainty, row.direction))} sure{lead})"


def _beside(row: CategoryForecast) -> str:
    """Say rates and call in so few words that they fit beside a name in a narrow window."""
    if row.forecast is None or row.previous.per_100k is None:
        return ""
    low, high = row.forecast.interval.low, row.forecast.interval.high
    before = _compact(row.previous.per_100k) if row.previous.present else "0 seen"
    rates = f"{before} → {_compact(row.forecast.median)} ({_compact(low)}–{_compact(high)})"
    if row.certainty is None or row.direction is Direction.UNKNOWN:
        return f"{rates}  more data"
    if row.direction is Direction.UNCHANGED:
        return f"{rates}  unchanged"
    way = "up" if row.direction in WORSE else "down"
    return f"{rates}  {_percent(_probability(row.certainty, row.direction)).replace('over ', '>')} {way}"


def _compact(per_100k: float) -> str:
    return f"{per_100k / 1_000:.2g}k" if per_100k >= 9_950 else number(per_100k)


def _probability(certainty: Certainty, direction: Direction) -> float:
    """Return the probability of what was called."""
    return {
        Direction.MATERIALLY_UP: certainty.materially_up,
        Direction.UP: certainty.up,
        Direction.MATERIALLY_DOWN: certainty.materially_down,
        Direction.DOWN: 1 - certainty.up,
        Direction.UNCHANGED: certainty.unchanged,
    }[direction]


def comparable_words(lane: LaneCount) -> str:
    """Say a rate on comparable prefixes, with what it is of."""
    rate = f"{number(lane.rate.per_100k)} " if lane.rate.per_100k is not None else ""
    return f"{rate}({lane.present:,} of {lane.rate.n:,})"


def _bounds(lane: LaneCount) -> str:
    if lane.low_per_100k is None or lane.high_per_100k is None:
        return "n/a"
    return f"{number(lane.low_per_100k)} to {number(lane.high_per_100k)}"


def _percent(probability: float) -> str:
    return "over 99 %" if probability > 0.995 else f"{probability:.0%}".replace("%", " %")


def _pairs(row: CategoryForecast) -> str:
    table = row.table
    return f"{table.regressed} regressed, {table.improved} improved, {table.both} both, {table.neither} neither"
