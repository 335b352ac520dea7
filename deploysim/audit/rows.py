"""Audits as rows for charts and tables."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from deploysim.audit.records import Comparison, FidelityAudit
from deploysim.audit.words import percent

MOST_TELLS = 14


def auc_rows(comparisons: Sequence[Comparison]) -> pl.DataFrame:
    """Return one row per comparison that has an AUC: name, auc, low, high, mistaken, pairs."""
    schema = {"name": pl.String, "auc": pl.Float64, "low": pl.Float64, "high": pl.Float64, "mistaken": pl.Float64}
    rows = [
        {
            "name": name_of(one),
            "auc": one.auc,
            "low": one.auc_interval.low,
            "high": one.auc_interval.high,
            "mistaken": one.mistaken,
            "pairs": one.pairs,
        }
        for one in comparisons
        if one.auc_interval is not None
    ]
    return pl.DataFrame(rows, schema={**schema, "pairs": pl.Int64})


def name_of(one: Comparison) -> str:
    """Return a comparison's name for axes and pickers."""
    if one.question == "control":
        return f"{one.first.lane}, two repeats (control)"
    return f"{one.first.label} and {one.second.label}"


def tell_rows(one: Comparison, *, most: int = MOST_TELLS) -> pl.DataFrame:
    """Return the features that tell most, two rows each: feature, side, lane, share (negative for the first side)."""
    schema = {"feature": pl.String, "lane": pl.String, "share": pl.Float64, "words": pl.String, "q": pl.Float64}
    rows = []
    for tell in one.tells[:most]:
        for lane, share, sign in ((one.first.label, tell.first, -1), (one.second.label, tell.second, 1)):
            words = f"{lane} {tell.more} in {percent(share)} of pairs"
            rows.append(
                {"feature": tell.feature, "lane": lane, "share": sign * share, "words": words, "q": tell.q_value}
            )
    return pl.DataFrame(rows, schema=schema)


def tell_table(one: Comparison) -> pl.DataFrame:
    """Return every feature in numbers."""
    return pl.DataFrame(
        {
            "feature": [tell.feature for tell in one.tells],
            "kind": [tell.group for tell in one.tells],
            f"more in {one.first.label}": [percent(tell.first) for tell in one.tells],
            f"more in {one.second.label}": [percent(tell.second) for tell in one.tells],
            "alone": [round(tell.alone, 3) for tell in one.tells],
            "coefficient": [round(tell.coefficient, 2) for tell in one.tells],
            "q": [tell.q_value for tell in one.tells],
        }
    )


def spread_table(audit: FidelityAudit) -> pl.DataFrame:
    """Return the distributions of numbers, a row per measure and lane, with the tests against the first lane."""
    first = audit.spreads[0].lane if audit.spreads else ""
    tests = {(d.measure, d.first, d.second): d.q_value for d in audit.differences if not d.value}
    rows = [
        {
            "measure": one.measure,
            "lane": one.lane,
            "responses": one.n,
            "mean": one.mean,
            **{f"{name} %": value for name, value in zip(("5", "25", "50", "75", "95"), one.quantiles, strict=True)},
            f"q against {first}": tests.get((one.measure, first, one.lane)),
        }
        for one in audit.spreads
    ]
    return pl.DataFrame(rows)


def count_table(audit: FidelityAudit) -> pl.DataFrame:
    """Return how often each value occurs, a row per measure and value, a column per lane, with the smallest q."""
    lanes = list(dict.fromkeys(one.lane for one in audit.counts))
    found: dict[tuple[str, str], dict[str, str]] = {}
    for one in audit.counts:
        words = f"{percent(one.share.value)} of {one.share.n:,}"
        found.setdefault((one.measure, one.value), {})[one.lane] = words
    least: dict[tuple[str, str], float] = {}
    for test in audit.differences:
        key = test.measure, test.value
        least[key] = min(test.q_value, least.get(key, 1.0))
    rows = [
        {
            "measure": key[0],
            "value": key[1],
            **{lane: by.get(lane, "n/a") for lane in lanes},
            "smallest q": least.get(key),
        }
        for key, by in found.items()
    ]
    return pl.DataFrame(rows)
