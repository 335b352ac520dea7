"""Which responses a queue holds: each rule cuts them into strata and draws from every one, so that labels can be weighed.

A rule that seeks out doubtful responses leaves a part of its draws to all the others. So every response has a known
chance of being labelled, and rates, graders' errors and agreement can be estimated for all of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from deploysim.stats.designs import chance_of_any, share_out
from deploysim.store.queues import Stratum

Rule = Literal["random", "audit", "disagree", "threshold", "unseen"]
RULES: dict[Rule, str] = {
    "random": "Random: every response with the same chance",
    "audit": "Audit: in each lane and category, half flagged by the grader and half not",
    "disagree": "Graders disagree: four in five from responses that two graders judge differently",
    "threshold": "Near the threshold: four in five from responses of which the grader is unsure",
    "unseen": "Unseen clusters: four in five from users or conversations of which nothing was labelled",
}
NEEDS_GRADES: frozenset[Rule] = frozenset({"audit", "disagree", "threshold"})
BY_HAND = "by hand"
SOUGHT = 0.8
"""Share of draws from what a rule seeks; the others keep the rest of the responses in sight."""
DOUBTFUL = 0.7
"""A verdict of less confidence is near the threshold."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a rule drew."""

    units: pl.DataFrame
    """Columns unit and inclusion, in random order."""
    strata: tuple[Stratum, ...]


def choose(units: pl.DataFrame, marks: pl.DataFrame, *, rule: Rule, size: int, seed: int) -> Chosen:
    """Draw units by a rule, the same ones everywhere for the same seed.

    Args:
        units: Columns unit, group (strata never mix groups), cluster and seen (whether something of the cluster was
            labelled).
        marks: Columns unit, category, flagged, disputed and doubtful, one row for each that was graded.
        rule: How to cut the units into strata.
        size: Draws. Independent draws of several categories may meet in one unit, so fewer units may come of them.
        seed: Seed of the draws.
    """
    rows = _strata(units, marks, rule, seed)
    sizes = rows.group_by("draw", "stratum").agg(pl.len().alias("size"), pl.col("share").first())
    # Odd draws go to strata at random, and not to whichever lane comes first in the alphabet.
    sizes = _in_random_order(sizes, pl.format("{}:stratum:{}", pl.lit(seed), "stratum"))
    taken = share_out(sizes["size"].to_numpy(), sizes["share"].to_numpy(), size)
    sizes = sizes.with_columns(taken=pl.Series(taken, dtype=pl.UInt32)).sort("stratum")
    rows = rows.join(sizes.select("stratum", "size", "taken"), on="stratum")
    rows = rows.with_columns(chance=pl.col("taken") / pl.col("size") * pl.col("factor"))
    rows = _in_random_order(rows, pl.format("{}:{}:{}", pl.lit(seed), "stratum", "unit"))
    hits = rows.filter(pl.int_range(pl.len()).over("stratum") < pl.col("taken"))
    chosen = rows.join(hits.select("unit").unique(), on="unit", how="semi").group_by("unit").agg("chance")
    inclusion = [float(chance_of_any(np.array([chances]))[0]) for chances in chosen["chance"]]
    drawn = chosen.select("unit", inclusion=pl.Series(inclusion, dtype=pl.Float64))
    strata = tuple(Stratum(*row) for row in sizes.select("stratum", "size", "taken").iter_rows())
    return Chosen(_in_random_order(drawn, pl.format("{}:{}", pl.lit(seed), "unit")), strata)


def _strata(units: pl.DataFrame, marks: pl.DataFrame, rule: Rule, seed: int) -> pl.DataFrame:
    """Return unit, draw, stratum, share and factor; a factor is what belonging to a cluster adds to the chance."""
    plain = units.with_columns(draw=pl.lit(""), share=pl.lit(1.0), factor=pl.lit(1.0))
    if rule == "random":
        rows = plain.with_columns(stratum=pl.col("group"))
    elif rule == "audit":
        rows = plain.join(marks.select("unit", "category", "flagged"), on="unit").with_columns(
            draw=pl.format("{} · {}", "group", "category"),
            stratum=pl.format(
                "{} · {} · {}", "group", "category", pl.when("flagged").then(pl.lit("flagged")).otherwise(pl.lit("not"))
            ),
        )
    elif rule == "unseen":
        rows = _one_of_each_unseen_cluster(_sought(plain, ~pl.col("seen"), "unseen"), seed)
    else:
        column, word = ("disputed", "disputed") if rule == "disagree" else ("doubtful", "near the threshold")
        found = marks.group_by("unit").agg(pl.col(column).any().alias("found"))
        rows = _sought(plain.join(found, on="unit", how="left"), pl.col("found").fill_null(False), word)
    return rows.select("unit", "draw", "stratum", "share", "factor")


def _sought(rows: pl.DataFrame, found: pl.Expr, word: str) -> pl.DataFrame:
    name = pl.when(found).then(pl.lit(word)).otherwise(pl.lit("the rest"))
    share = pl.when(found).then(SOUGHT).otherwise(1 - SOUGHT)
    return rows.with_columns(stratum=pl.format("{} · {}", "group", name), share=share, sought=found)


def _one_of_each_unseen_cluster(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Let one response stand for each unseen cluster: users are drawn, and not those who wrote most."""
    unseen = _in_random_order(rows.filter("sought"), pl.format("{}:one:{}", pl.lit(seed), "unit"))
    size = pl.len().over("stratum", "cluster")
    first = pl.int_range(pl.len()).over("stratum", "cluster") == 0
    return pl.concat([unseen.with_columns(factor=1.0 / size).filter(first), rows.filter(~pl.col("sought"))])


def _in_random_order(rows: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """Order by a hash, which is the same everywhere."""
    keys = [hashlib.sha256(text.encode()).digest() for text in rows.select(key.alias("key"))["key"]]
    return rows.with_columns(order=pl.Series(keys, dtype=pl.Binary)).sort("order").drop("order")
