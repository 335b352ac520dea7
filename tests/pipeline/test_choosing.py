"""Rules that draw queues: every response has the chance that is written beside it, and the draw is the same everywhere."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest

from deploysim.pipeline.choosing import RULES, Rule, choose

UNITS = 40


def units() -> pl.DataFrame:
    """Twenty responses in each of two lanes; five clusters, of which one was labelled before."""
    return pl.DataFrame(
        [(f"u{n}", "baseline" if n < 20 else "candidate", f"c{n % 5}", n % 5 == 0) for n in range(UNITS)],
        schema=["unit", "group", "cluster", "seen"],
        orient="row",
    )


def marks() -> pl.DataFrame:
    """Two categories: a flags every tenth response, b every fourth; a few are disputed, a few doubtful."""
    return pl.DataFrame(
        [
            (f"u{n}", category, n % every == 0, n % 8 == 1, n % 10 == 3)
            for n in range(UNITS)
            for category, every in (("a", 10), ("b", 4))
        ],
        schema=["unit", "category", "flagged", "disputed", "doubtful"],
        orient="row",
    )


@pytest.mark.parametrize("rule", list(RULES))
def test_the_chance_beside_a_response_is_how_often_it_is_drawn(rule: Rule) -> None:
    """Over 500 seeds each response is drawn as often as its inclusion probability says, within five standard errors."""
    seeds, seen, said = 500, Counter[str](), {}
    for seed in range(seeds):
        drawn = choose(units(), marks(), rule=rule, size=12, seed=seed).units
        for unit, inclusion in drawn.iter_rows():
            seen[unit] += 1
            said.setdefault(unit, []).append(inclusion)

    for unit, inclusions in said.items():
        chance = float(np.mean(inclusions))
        # What is written beside a response may differ by seed where odd draws go to strata at random.
        spread = 5 * (chance * (1 - chance) / seeds) ** 0.5 + float(np.std(inclusions))
        assert abs(seen[unit] / seeds - chance) < spread + 0.01, unit


@pytest.mark.parametrize("rule", ["random", "audit", "disagree", "threshold"])
def test_weighted_labels_estimate_the_whole(rule: Rule) -> None:
    """Whatever a rule seeks, the weighted share of flagged responses is the share among all: 4 of 40 in a."""
    flagged = {unit for unit, category, is_flagged, *_ in marks().iter_rows() if category == "a" and is_flagged}
    totals = np.zeros(2)
    for seed in range(600):
        for unit, inclusion in choose(units(), marks(), rule=rule, size=12, seed=seed).units.iter_rows():
            totals += np.array([unit in flagged, 1.0]) / inclusion

    assert totals[0] / totals[1] == pytest.approx(4 / 40, abs=0.015)


def test_random_takes_as_many_of_each_lane() -> None:
    """By hand: 6 of 20 in each, chance 0.3."""
    found = choose(units(), marks(), rule="random", size=12, seed=1)

    assert [(s.name, s.size, s.drawn) for s in found.strata] == [("baseline", 20, 6), ("candidate", 20, 6)]
    assert found.units["inclusion"].to_list() == pytest.approx([0.3] * 12)
    assert found.units.height == 12


def test_audit_looks_at_flagged_and_at_unflagged_ones() -> None:
    """By hand: category b in the baseline has 5 flagged and 15 others; with 16 draws each of 8 strata gives 2."""
    found = choose(units(), marks(), rule="audit", size=16, seed=1)

    assert {(s.name, s.size, s.drawn) for s in found.strata if s.name.startswith("baseline")} == {
        ("baseline · a · flagged", 2, 2),
        ("baseline · a · not", 18, 2),
        ("baseline · b · flagged", 5, 2),
        ("baseline · b · not", 15, 2),
    }
    # u10 is flagged in a only: certain there, so certain at all. u1 is flagged nowhere: 1 - (1 - 2/18)(1 - 2/15).
    chances = dict(choose(units(), marks(), rule="audit", size=16, seed=1).units.iter_rows())
    assert chances["u10"] == 1.0
    unflagged = [c for unit, c in chances.items() if int(unit[1:]) < 20 and int(unit[1:]) % 10 and int(unit[1:]) % 4]
    assert unflagged == pytest.approx([1 - (1 - 2 / 18) * (1 - 2 / 15)] * len(unflagged))


def test_unseen_clusters_give_one_response_each() -> None:
    """Four unseen clusters a lane: at most one response of each, and the labelled cluster is not forgotten."""
    found = choose(units(), marks(), rule="unseen", size=10, seed=3).units
    joined = found.join(units(), on="unit").filter(~pl.col("seen"))

    assert joined.group_by("group", "cluster").len()["len"].max() == 1
    assert found.join(units().filter("seen"), on="unit").height == 2


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    """A draw can be checked by anyone, and its order does not tell what was sought."""
    first, again, other = (choose(units(), marks(), rule="audit", size=12, seed=s).units for s in (1, 1, 2))

    assert first.equals(again)
    assert not first.equals(other)
    order = [unit in ("u0", "u10", "u20", "u30") for unit in first["unit"]]
    assert order != sorted(order, reverse=True)


def test_more_than_there_is_takes_all() -> None:
    """Every response once, each certain."""
    found = choose(units(), marks(), rule="random", size=500, seed=0).units

    assert found.height == UNITS
    assert found["inclusion"].unique().to_list() == [1.0]
