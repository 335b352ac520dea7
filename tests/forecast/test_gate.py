"""The gate: what ships, what blocks, what needs more, and how it says so."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deploysim.forecast.estimate import make_forecast
from deploysim.forecast.gate import Outcome, Verdict, hold_against
from deploysim.forecast.gate_words import LINES, gate_line, gate_lines, junit_xml
from deploysim.forecast.policy import Needed, Policy, Rule
from deploysim.forecast.records import Forecast
from deploysim.forecast.settings import ForecastSettings
from deploysim.yaml_files import Source


@pytest.fixture
def forecast(outcome_frame, forecast_inputs) -> Forecast:
    """`worse` goes from 25 to 100 of 1,000, `same` stays at 100, `rare` is seen twice, `never` never."""
    counts = {
        "worse": {"ppp": 25, "aap": 75, "aaa": 900},
        "same": {"ppp": 90, "ppa": 10, "aap": 10, "aaa": 890},
        "rare": {"ppa": 1, "aap": 1, "aaa": 998},
        "never": {"aaa": 1_000},
    }
    now = datetime(2026, 7, 1, tzinfo=UTC)
    inputs = forecast_inputs(*counts)
    return make_forecast(outcome_frame(counts), inputs, seed=1, now=now, settings=ForecastSettings(draws=4_000))


def rule(*categories: str, **changes: object) -> Rule:
    """A limit of 1.5x at 90 % that blocks."""
    values: dict[str, object] = {
        "categories": categories,
        "kind": "ratio",
        "limit": 1.5,
        "certainty": 0.9,
        "blocks": True,
        "pass_unseen": False,
        "source": Source("policy.yaml", 3),
    }
    return Rule(**{**values, **changes})


def policy(*rules: Rule, **needed: object) -> Policy:
    """A policy of these rules."""
    return Policy("1", Needed(**needed), rules)


@pytest.mark.parametrize(
    ("category", "changes", "outcome"),
    [
        ("worse", {}, Outcome.BROKEN),
        ("worse", {"limit": 20.0}, Outcome.KEPT),
        ("same", {}, Outcome.KEPT),
        ("rare", {}, Outcome.UNDECIDED),
        ("never", {}, Outcome.UNDECIDED),
        ("never", {"pass_unseen": True}, Outcome.KEPT),
        ("worse", {"kind": "per_100k", "limit": 5_000.0}, Outcome.BROKEN),
        ("worse", {"kind": "per_100k", "limit": 20_000.0}, Outcome.KEPT),
        ("never", {"kind": "per_100k", "limit": 500.0}, Outcome.KEPT),
        ("never", {"kind": "per_100k", "limit": 50.0}, Outcome.UNDECIDED),
        ("nowhere", {}, Outcome.UNDECIDED),
    ],
)
def test_one_rule_in_one_category(forecast: Forecast, category: str, changes: dict, outcome: Outcome) -> None:
    """Sure to be within, sure to be beyond, or neither."""
    (check,) = hold_against(forecast, policy(rule(category, **changes)), registered=True).checks

    assert check.outcome is outcome


def test_broken_goes_before_undecided(forecast: Forecast) -> None:
    """0 where all is kept, 2 where something is undecided, 1 as soon as one that blocks is broken."""
    codes = [
        hold_against(forecast, policy(*map(rule, names)), registered=True).exit_code
        for names in (["same"], ["same", "rare"], ["same", "rare", "worse"])
    ]

    assert codes == [0, 2, 1]


def test_what_does_not_block_does_not_stop(forecast: Forecast) -> None:
    """A broken rule that only warns is said, and the release ships."""
    result = hold_against(forecast, policy(rule("same"), rule("worse", blocks=False)), registered=True)

    assert result.verdict is Verdict.SHIP
    assert "(does not block)" in "\n".join(gate_lines(result, forecast, "f" * 64, policy()))


@pytest.mark.parametrize(
    ("needed", "verdict"),
    [
        ({"registered": True}, Verdict.UNDECIDED),
        ({"prefixes": 1_001}, Verdict.UNDECIDED),
        ({"prefixes": 1_000, "baseline": True, "most_failed": 0.01}, Verdict.SHIP),
    ],
)
def test_needs(forecast: Forecast, needed: dict, verdict: Verdict) -> None:
    """What is missing leaves the gate undecided."""
    assert hold_against(forecast, policy(rule("same"), **needed), registered=False).verdict is verdict


def test_failures_and_a_missing_baseline_leave_it_undecided(forecast: Forecast) -> None:
    """Two of ten responses failed, and there is no baseline lane."""
    lanes = (*forecast.lanes[:-1], replace(forecast.lanes[-1], failed=2))
    worse = replace(forecast, lanes=lanes, fidelity_corrected=False)
    result = hold_against(worse, policy(rule("same"), baseline=True, most_failed=0.1), registered=True)

    assert [check.why for check in result.having(Outcome.UNDECIDED)] == [
        "there is none: fidelity is uncorrected",
        "20.0% failed",
    ]


def test_an_old_forecast_can_be_gated(forecast: Forecast) -> None:
    """Without a posterior kept, probabilities are guessed from medians and intervals: about the same."""
    old = replace(forecast, categories=tuple(replace(row, posterior=None) for row in forecast.categories))
    new_checks, old_checks = (
        hold_against(one, policy(rule("worse", limit=4.0)), registered=True).checks for one in (forecast, old)
    )

    assert old_checks[0].within == pytest.approx(new_checks[0].within, abs=0.03)


def test_one_line_and_thirty(forecast: Forecast) -> None:
    """The line holds no line break; the reviewer's text says the worst first and never grows beyond thirty lines."""
    many = policy(rule("same"), *[rule("rare") for _ in range(50)], rule("worse"))
    result = hold_against(forecast, many, registered=True)
    line, lines = (write(result, forecast, "f" * 64, many) for write in (gate_line, gate_lines))

    assert line.startswith("gate: BLOCKED | model -> model | Worse: at most 1.5x the previous rate, over 99% sure")
    assert "\n" not in line
    assert len(lines) <= LINES
    assert lines[3].startswith("OVER Worse")


def test_junit_xml(forecast: Forecast) -> None:
    """Broken rules are failures, undecided ones errors, warnings skipped; hostile names do not break the XML."""
    hostile = replace(forecast.categories[0], name='a<b>&"\x00\x1b')
    odd = replace(forecast, categories=(hostile, *forecast.categories[1:]))
    rules = policy(rule("worse"), rule("same"), rule("rare"), rule("rare", blocks=False))
    suite = ElementTree.fromstring(junit_xml(hold_against(odd, rules, registered=True), odd, "f" * 64, rules))

    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    assert [[child.tag for child in case] for case in suite.iter("testcase")] == [
        ["failure"],
        [],
        ["error"],
        ["skipped"],
    ]
    assert next(suite.iter("testcase")).get("name") == 'a<b>&": at most 1.5x the previous rate'
    assert next(suite.iter("testcase")).get("line") == "3"
