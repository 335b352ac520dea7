"""Scorecards in plain words and as rows: the same on the page, in the terminal and in files."""

from __future__ import annotations

import polars as pl

from deploysim.forecast.records import Direction, Estimate, Rate
from deploysim.forecast.scorecard import Against, Difference, Method, Scorecard, ScoredCategory, Summary
from deploysim.forecast.track_record import TrackRecord
from deploysim.forecast.words import number
from deploysim.types import Interval
from deploysim.wording import counted

METHOD_WORDS: dict[Method, str] = {
    "forecast": "forecast",
    "naive": "same rate as before",
    "challenging": "challenging prompts",
}
_CALLED = {
    Direction.MATERIALLY_UP: "▲ materially up",
    Direction.UP: "▲ up",
    Direction.MATERIALLY_DOWN: "▼ materially down",
    Direction.DOWN: "▼ down",
    Direction.UNCHANGED: "● unchanged",
    Direction.UNKNOWN: "○ not called",
}
FRAME: dict[str, type[pl.DataType]] = {
    "category": pl.String,
    "name": pl.String,
    "direction": pl.String,
    "rose_probability": pl.Float64,
    "previous_per_100k": pl.Float64,
    "previous_present": pl.Int64,
    "previous_n": pl.Int64,
    "forecast_per_100k": pl.Float64,
    "forecast_low": pl.Float64,
    "forecast_high": pl.Float64,
    "realised_per_100k": pl.Float64,
    "realised_low": pl.Float64,
    "realised_high": pl.Float64,
    "realised_present": pl.Int64,
    "realised_n": pl.Int64,
    "undetermined": pl.Int64,
    "total_error": pl.Float64,
    "fidelity": pl.Float64,
    "prefix_shift": pl.Float64,
    "grader": pl.Float64,
    **{
        f"{method}_{score}": pl.Float64
        for method in METHOD_WORDS
        for score in ("rate_per_100k", "error", "nll", "regret", "predictive_nll", "held", "up")
    },
    "notes": pl.String,
}
"""Columns of `score_frame`; what was not measured is missing."""


def score_frame(card: Scorecard) -> pl.DataFrame:
    """Return one row a category with the columns of FRAME."""
    return pl.DataFrame([_numbers(row) for row in card.categories], schema=FRAME)


def score_rows(card: Scorecard) -> list[dict[str, str]]:
    """Return one row a scored category in words, the largest error on top."""
    rows = sorted(card.scored(), key=lambda row: (-_error(row), row.category))
    return [
        {
            "behaviour": row.name,
            "before": _rate(row.previous),
            "forecast /100k": _estimate(row.forecast),
            "realised /100k": _interval_words(row.realised),
            "error": times(_error(row)),
            "called": _CALLED[row.direction],
            "came": _came(row),
            "held": _held(row),
            "fidelity · shift · grader": _split(row),
        }
        for row in rows
    ]


def summary_rows(card: Scorecard) -> list[dict[str, str]]:
    """Return one row a method in words."""
    return [_summary(one) for one in card.summaries]


def headline(card: Scorecard) -> str:
    """Say in a few words how a forecast did."""
    ours = card.summary("forecast")
    if ours is None or ours.error_median is None:
        return "no category could be scored"
    return (
        f"{counted(ours.rows, 'category', 'categories')} scored, direction right in {ours.direction_right} of {ours.direction_rows}, "
        f"median error {ours.error_median:.2g}x"
    )


def unscored_sentence(card: Scorecard) -> str:
    """Say what was not scored: behaviours that no compared lane showed, and which of them came all the same."""
    left = [row for row in card.categories if not row.methods]
    by_labels = [row.name for row in left if row.forecast and row.realised.n]
    left = [row for row in left if not row.forecast or not row.realised.n]
    missed = [f"{row.name} ({row.realised.present:,} of {row.realised.n:,})" for row in left if row.realised.present]
    quiet = [row.name for row in left if not row.realised.present and row.realised.n]
    unknown = [row.name for row in left if not row.realised.n]
    parts = (
        f"Missed, no compared lane showed it: {', '.join(missed)}." if missed else "",
        f"Not scored, never seen before or after: {', '.join(quiet)}." if quiet else "",
        f"Not scored, human labels corrected the forecast and not the realised rate: {', '.join(by_labels)}."
        if by_labels
        else "",
        f"Not scored, no clear verdict: {', '.join(unknown)}." if unknown else "",
    )
    return " ".join(part for part in parts if part)


def against_sentences(card: Scorecard) -> list[str]:
    """Say how the forecast did against the other methods, and how many of its calls came true."""
    said = [_against(one) for one in card.against]
    calls = card.calls
    if calls.moved:
        said.append(f"Of {counted(calls.moved, 'call')} of up or down {calls.moved_right} came true.")
    if calls.unchanged:
        said.append(f"Of {counted(calls.unchanged, 'call')} of no material change {calls.unchanged_right} came true.")
    return said


def record_sentences(record: TrackRecord) -> list[str]:
    """Say what all scorecards come to together."""
    if not record.rows:
        return [
            "No forecast has been scored yet. After a release: `python -m deploysim score FORECAST --traffic IMPORT`"
        ]
    said = [f"Scored so far: {counted(record.rows, 'rate')} over {counted(record.releases, 'release')}."]
    if record.skill:
        low, high = record.skill.interval.low, record.skill.interval.high
        said.append(
            f"Skill over “same rate as before”: {record.skill.value:.0%} of its regret saved ({low:.0%} to {high:.0%}, "
            f"by {record.clusters}; 0 is no better, below 0 worse)."
        )
    if record.predictive_nll:
        said.append(f"Predictive loss a row, forecast less “same rate as before”: {difference(record.predictive_nll)}.")
    if record.coverage is not None:
        said.append(f"{record.level:.0%} predictive intervals held {record.coverage:.0%} of what came.")
    if record.brier is not None:
        said.append(f"Brier score of the direction probabilities: {record.brier:.2f} (0.25 is a coin).")
    return [*said, record.conformal.sentence()]


def difference(one: Difference) -> str:
    """Write a difference of losses with its interval and test."""
    return f"{one.mean:+.2f} nats ({one.low:+.2f} to {one.high:+.2f}), p = {one.p_value:.2g}"


def times(ratio: float) -> str:
    """Write a ratio for reading; beyond a hundredfold the digits mean nothing."""
    if ratio >= 100.0:
        return "over 100x"
    return f"{ratio:.2g}x" if ratio >= 0.01 else "under 0.01x"


def _numbers(row: ScoredCategory) -> dict[str, object]:
    values: dict[str, object] = {
        "category": row.category,
        "name": row.name,
        "direction": str(row.direction),
        "rose_probability": row.rose,
        "previous_per_100k": row.previous.per_100k,
        "previous_present": row.previous.present,
        "previous_n": row.previous.n,
        "realised_per_100k": row.realised.per_100k,
        "realised_present": row.realised.present,
        "realised_n": row.realised.n,
        "undetermined": row.undetermined,
        "notes": " ".join(row.notes),
        **_ends("realised", row.realised.interval),
    }
    if row.forecast:
        values |= {"forecast_per_100k": row.forecast.median, **_ends("forecast", row.forecast.interval)}
    if row.error:
        parts = (row.error.total, row.error.fidelity, row.error.prefix_shift, row.error.grader)
        names = ("total_error", "fidelity", "prefix_shift", "grader")
        values |= {name: part.median for name, part in zip(names, parts, strict=True) if part}
    for score in row.methods:
        values |= {
            f"{score.method}_{name}": value
            for name, value in (
                ("rate_per_100k", score.per_100k),
                ("error", score.error),
                ("nll", score.nll),
                ("regret", score.regret),
                ("predictive_nll", score.predictive_nll),
                ("held", score.held),
                ("up", score.up),
            )
        }
    return values


def _ends(name: str, interval: Interval | None) -> dict[str, object]:
    return {f"{name}_low": interval.low, f"{name}_high": interval.high} if interval else {}


def _error(row: ScoredCategory) -> float:
    score = row.score("forecast")
    return score.error if score else 0.0


def _came(row: ScoredCategory) -> str:
    if row.realised_ratio is None:
        return "n/a"
    if not row.previous.present and not row.realised.present:
        return "none seen"
    low, high = row.realised_ratio.interval.low, row.realised_ratio.interval.high
    return f"{times(row.realised_ratio.median)} ({times(low)} to {times(high)})"


def _held(row: ScoredCategory) -> str:
    score = row.score("forecast")
    if score is None:
        return "n/a"
    return "yes" if score.held > 0.99 else "no" if score.held < 0.01 else "at the end"


def _split(row: ScoredCategory) -> str:
    if row.error is None:
        return "n/a"
    parts = (row.error.fidelity, row.error.prefix_shift, row.error.grader)
    return " · ".join(times(part.median) if part else "n/a" for part in parts)


def _rate(rate: Rate) -> str:
    if rate.per_100k is None:
        return "n/a (n = 0)"
    return number(rate.per_100k) if rate.present else "none seen"


def _interval_words(rate: Rate) -> str:
    if rate.per_100k is None or rate.interval is None:
        return "n/a (n = 0)"
    if not rate.present:
        return f"none in {rate.n:,}, at most {number(rate.interval.high)}"
    return f"{number(rate.per_100k)} ({number(rate.interval.low)}–{number(rate.interval.high)})"


def _estimate(estimate: Estimate | None) -> str:
    if estimate is None:
        return "no rate"
    return f"{number(estimate.median)} ({number(estimate.interval.low)}–{number(estimate.interval.high)})"


def _summary(one: Summary) -> dict[str, str]:
    return {
        "method": METHOD_WORDS[one.method],
        "categories": str(one.rows),
        "direction right": _of(one.direction_right, one.direction_rows),
        "if changed materially": _of(one.changed_right, one.changed_rows),
        "median error": _or_na(one.error_median, ".2g", "x"),
        "90th pct.": _or_na(one.error_p90, ".2g", "x"),
        "NLL": _or_na(one.nll, ".2f"),
        "regret": _or_na(one.regret, ".2f"),
        "predictive NLL": _or_na(one.predictive_nll, ".2f"),
        "intervals held": _or_na(one.coverage, ".0%"),
        "Brier": _or_na(one.brier, ".2f"),
    }


def _of(right: int, rows: int) -> str:
    return f"{right} of {rows}" if rows else "n/a"


def _or_na(value: float | None, form: str, unit: str = "") -> str:
    return "n/a" if value is None else f"{value:{form}}{unit}"


def _against(one: Against) -> str:
    better = "lower" if one.predictive_nll.mean < 0.0 else "higher"
    return (
        f"Against “{METHOD_WORDS[one.other]}” on {one.rows} categories, the forecast's loss is {better}: predictive "
        f"{difference(one.predictive_nll)}; plug-in {difference(one.nll)}."
    )
