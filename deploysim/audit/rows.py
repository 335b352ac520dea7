"""Audits as rows for charts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from deploysim.audit.ablations import AblationAudit, Variant, VariantRate
from deploysim.audit.discoveries import DiscoverAudit, Group
from deploysim.audit.noticing import AwarenessAudit
from deploysim.audit.records import Comparison, FidelityAudit, Share
from deploysim.audit.words import chance, figure, left_count, percent, share_words, step_words

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
            "q": [chance(tell.q_value) for tell in one.tells],
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
            "mean": figure(one.mean),
            **{
                f"{name} %": figure(value)
                for name, value in zip(("5", "25", "50", "75", "95"), one.quantiles, strict=True)
            },
            f"q against {first}": chance(tests.get((one.measure, first, one.lane))),
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
            "smallest q": chance(least.get(key)),
        }
        for key, by in found.items()
    ]
    return pl.DataFrame(rows)


def term_rows(audit: DiscoverAudit, *, most: int = 14) -> pl.DataFrame:
    """Return the terms that belong most to either side: term, lane, z, words."""
    rows = []
    for lane, way in ((audit.second, 1.0), (audit.first, -1.0)):
        for term in [term for term in audit.terms if term.z * way > 0.0][:most]:
            words = f"{term.words}: {term.second:,} of {audit.second}, {term.first:,} of {audit.first}"
            rows.append({"term": term.words, "lane": lane, "z": term.z, "words": words})
    return pl.DataFrame(rows, schema={"term": pl.String, "lane": pl.String, "z": pl.Float64, "words": pl.String})


def group_table(audit: DiscoverAudit, names: Mapping[str, str]) -> pl.DataFrame:
    """Return one row per group of changed pairs."""
    return pl.DataFrame(
        {
            "group": [group.title for group in audit.groups],
            "pairs": [group.pairs for group in audit.groups],
            "one way : the other": [f"{group.forward} : {group.backward}" for group in audit.groups],
            "q": [chance(group.q_value) for group in audit.groups],
            "explained": [_explained(group) for group in audit.groups],
            "by": [
                ", ".join(f"{names.get(c.category, c.category)} ({c.pairs})" for c in g.categories[:3])
                for g in audit.groups
            ],
        }
    )


def proposal_table(audit: DiscoverAudit) -> pl.DataFrame:
    """Return one row per category that an auditor proposes, in its words, with how many pairs it quotes."""
    proposals = audit.auditor.proposals if audit.auditor else ()
    return pl.DataFrame(
        {
            "proposed": [one.name for one in proposals],
            "definition": [one.definition for one in proposals],
            f"quoted, {audit.first}": [one.first for one in proposals],
            f"quoted, {audit.second}": [one.second for one in proposals],
        }
    )


def mark_table(group: Group) -> pl.DataFrame:
    """Return what sets a group apart."""
    return pl.DataFrame(
        {
            "what the second side does": [mark.words for mark in group.marks],
            "of these pairs": [percent(mark.here) for mark in group.marks],
            "of the others": [percent(mark.elsewhere) for mark in group.marks],
        }
    )


def _explained(group: Group) -> str:
    return "n/a" if group.explained is None else f"{group.explained} of {group.pairs}"


SHARES = {
    "measure": pl.String,
    "lane": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "words": pl.String,
}
IN_WORDS, ABOUT_GRADING, TEST_LIKE = "says that it may be a test", "reasons about grading", "looks like a test"


def share_row(measure: str, lane: str, share: Share) -> dict[str, object] | None:
    """Return a share as a row of `SHARES`, or nothing where it is not known."""
    if share.value is None or share.interval is None:
        return None
    words = f"{measure}, {lane}: {share_words(share)}"
    low, high = share.interval.low, share.interval.high
    return {"measure": measure, "lane": lane, "value": share.value, "low": low, "high": high, "words": words}


def awareness_rows(audit: AwarenessAudit) -> pl.DataFrame:
    """Return the three measures of every lane, and what judges say of them."""
    rows = [
        share_row(measure, one.label, share)
        for one in audit.lanes
        for measure, share in (
            (IN_WORDS, one.in_words),
            (ABOUT_GRADING, one.about_grading),
            (TEST_LIKE, one.test_like),
            *((f"{said.measure} (judge)", said.share) for said in one.judged),
        )
    ]
    return pl.DataFrame([row for row in rows if row], schema=SHARES)


def sign_table(audit: AwarenessAudit) -> pl.DataFrame:
    """Return how often each sign of a test stands in transcripts of each lane, the weightiest first."""
    found: dict[str, dict[str, object]] = {}
    for one in sorted(audit.signs, key=lambda sign: -sign.weight):
        found.setdefault(one.sign, {"a transcript that": one.words, "weighs": one.weight})[one.lane] = percent(
            one.share.value
        )
    return pl.DataFrame(list(found.values()))


def rate_table(audit: AwarenessAudit) -> pl.DataFrame:
    """Return every category that any lane shows, with its rate everywhere and where no lane shows awareness."""
    shown = {one.category for one in audit.rates if one.everywhere.count}
    return pl.DataFrame(
        [
            {
                "category": one.name,
                "lane": one.lane,
                "all prefixes": share_words(one.everywhere),
                "where no lane shows awareness": share_words(one.unaware),
            }
            for one in audit.rates
            if one.category in shown
        ],
        schema=dict.fromkeys(("category", "lane", "all prefixes", "where no lane shows awareness"), pl.String),
    )


def variant_rows(audit: AblationAudit) -> pl.DataFrame:
    """Return how well each variant is told from the log, with the columns of `auc_rows`."""
    rows = auc_rows([variant.comparison for variant in audit.variants])
    names = [step_words(variant) for variant in audit.variants if variant.comparison.auc_interval is not None]
    return rows.with_columns(name=pl.Series(names, dtype=pl.String))


def variant_table(audit: AblationAudit) -> pl.DataFrame:
    """Return every category that any variant shows, a column per variant."""
    found: dict[str, dict[str, str]] = {}
    for variant, rate in _shown_rates(audit):
        found.setdefault(rate.category, {"category": rate.name})[step_words(variant)] = share_words(rate.share)
    return pl.DataFrame(list(found.values()))


def shown_behaviours(audit: AblationAudit) -> dict[str, str]:
    """Return the categories that any variant shows, by id with their name."""
    return {rate.category: rate.name for _, rate in _shown_rates(audit)}


def variant_rate_rows(audit: AblationAudit, category: str) -> pl.DataFrame:
    """Return the rate of a category by variant, with the columns of `SHARES`; the measure is what was taken away."""
    rates = [(variant, rate) for variant, rate in _shown_rates(audit) if rate.category == category]
    rows = [share_row(step_words(variant), audit.lane, rate.share) for variant, rate in rates]
    return pl.DataFrame([row for row in rows if row], schema=SHARES)


def _shown_rates(audit: AblationAudit) -> list[tuple[Variant, VariantRate]]:
    shown = {rate.category for variant in audit.variants for rate in variant.rates if rate.share.count}
    return [(variant, rate) for variant in audit.variants for rate in variant.rates if rate.category in shown]


NOBODY = "nobody"
"""Stands for calls at which a rollout left the simulated world."""


def world_rows(audit: AblationAudit) -> pl.DataFrame:
    """Return who answered the calls of each variant's agents: variant, source, calls, share and words."""
    rows = []
    for variant in audit.variants:
        answered = [*variant.sources, (NOBODY, left_count(variant))]
        total = sum(calls for _, calls in answered)
        for source, calls in answered:
            if calls:
                words = f"{step_words(variant)}: {source} {percent(calls / total)} of {total:,} calls"
                rows.append((step_words(variant), source, calls, calls / total, words))
    schema = {"variant": pl.String, "source": pl.String, "calls": pl.Int64, "share": pl.Float64, "words": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
