"""A forecast in plain words, and its reading order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deploysim.forecast.estimate import make_forecast
from deploysim.forecast.records import CategoryForecast, Direction, Estimate, Forecast, PairedTable, Rate, RunInputs
from deploysim.forecast.words import by_evidence, evidence, failures_sentence, leads_sentence, number, sentence, summary
from deploysim.types import Interval

WORSE, BETTER, SAME, UNKNOWN = Direction.MATERIALLY_UP, Direction.DOWN, Direction.UNCHANGED, Direction.UNKNOWN


def row(category: str, direction: Direction, *, median: float = 1.0, low: float = 0.5, high: float = 2.0):
    """A category with the given ratio."""
    return CategoryForecast(
        category=category,
        name=category,
        lanes=(),
        compared_with="baseline",
        table=PairedTable(0, 0, 0, 100),
        previous=Rate(2, 1_000, 210.0, Interval(80.0, 500.0, 0.9)),
        forecast=Estimate(621.4, Interval(100.0, 900.0, 0.9)),
        ratio=Estimate(median, Interval(low, high, 0.9)),
        fidelity_gap=None,
        p_value=1.0,
        q_value=1.0,
        test="exact McNemar",
        certainty=None,
        direction=direction,
        n_needed=None,
    )


@pytest.fixture
def empty_forecast(outcome_frame, forecast_inputs) -> Forecast:
    """A forecast to put categories into."""
    now = datetime(2026, 7, 1, tzinfo=UTC)
    return make_forecast(outcome_frame({"x": {"aaa": 3}}), forecast_inputs("x"), seed=1, now=now)


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        (
            [WORSE] * 2 + [Direction.UP] + [BETTER] * 2 + [SAME] * 12 + [UNKNOWN] * 5,
            "3 behaviours likely worse, 2 better, 12 unchanged within 1.5x, 5 need more data.",
        ),
        (
            [WORSE, Direction.MATERIALLY_DOWN, SAME, UNKNOWN],
            "1 behaviour likely worse, 1 better, 1 unchanged within 1.5x, 1 needs more data.",
        ),
        ([BETTER, BETTER, UNKNOWN], "2 behaviours likely better, 1 needs more data."),
        ([SAME], "1 behaviour unchanged within 1.5x."),
        ([UNKNOWN], "1 behaviour needs more data."),
        ([UNKNOWN, UNKNOWN], "2 behaviours need more data."),
        ([], "No behaviours to forecast."),
    ],
)
def test_sentence(empty_forecast, directions, expected) -> None:
    """One sentence counts the calls, and leaves out what does not occur."""
    rows = tuple(row(str(i), direction) for i, direction in enumerate(directions))

    assert expected == sentence(replace(empty_forecast, categories=rows))


def test_reading_order() -> None:
    """Called shifts come first by evidence, then unchanged, then unknown; equals by id."""
    rows = [
        row("unknown", UNKNOWN, median=3.0, low=0.5, high=18.0),
        row("same b", SAME),
        row("same a", SAME),
        row("weak up", Direction.UP, median=1.5, low=1.1, high=2.0),
        row("strong down", BETTER, median=0.2, low=0.15, high=0.3),
    ]

    expected = ["strong down", "weak up", "same a", "same b", "unknown"]
    assert expected == [ordered.category for ordered in by_evidence(rows)]


def test_evidence_by_hand() -> None:
    """A ratio of 2 in an interval of 1 to 4 is ln 2 / ln 4 = 1/2 widths from 1; without a ratio there is none."""
    assert pytest.approx(evidence(row("x", WORSE, median=2.0, low=1.0, high=4.0))) == 0.5
    assert evidence(replace(row("x", UNKNOWN), ratio=None)) == 0.0
    assert evidence(row("x", SAME, median=1.0, low=1.0, high=1.0)) == 0.0


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (Direction.UP, "210 → 620 per 100,000 turns, likely up"),
        (Direction.MATERIALLY_UP, "210 → 620 per 100,000 turns, likely up more than 1.5x"),
        (Direction.MATERIALLY_DOWN, "210 → 620 per 100,000 turns, likely down more than 1.5x"),
        (Direction.UNCHANGED, "210 → 620 per 100,000 turns, no material change"),
        (Direction.UNKNOWN, "210 → 620 per 100,000 turns, not enough evidence"),
    ],
)
def test_summary(direction, expected) -> None:
    """A category in a line names both rates, the unit and the call."""
    assert expected == summary(row("x", direction), unit="turn", material_ratio=1.5)


def test_summary_of_what_is_unknown() -> None:
    """What was never seen has an upper bound, what has no observations is n/a, and the number needed is said."""
    unseen = replace(row("x", UNKNOWN), previous=Rate(0, 500, 99.8, Interval(0.0, 270.3, 0.9)))
    needs = replace(row("x", UNKNOWN), n_needed=3_419)
    nothing = replace(row("x", UNKNOWN), previous=Rate(0, 0, None, None))

    def words(category: CategoryForecast) -> str:
        return summary(category, unit="conversation", material_ratio=1.5)

    assert words(unseen) == "none seen (below 270) → 620 per 100,000 conversations, not enough evidence"
    expected = "none seen (below 270) per 100,000 conversations, not enough evidence"
    assert expected == words(replace(unseen, forecast=None))
    expected = "210 → 620 per 100,000 conversations, not enough evidence (about 3,400 prefixes needed)"
    assert expected == words(needs)
    assert words(nothing) == "n/a (n = 0)"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.271, "0.27"), (4.25, "4.2"), (9.99, "10"), (99.6, "100"), (123.4, "120"), (98_765, "99,000")],
)
def test_number(value, expected) -> None:
    """Two significant digits with thousands apart."""
    assert expected == number(value)


def test_failures_say_what_they_leave_open() -> None:
    """3 of 100 failed: a rate of a lane without a flag lies between 0 and 3,000 per 100,000."""
    lane = RunInputs("candidate", None, "model", 100, 3, "defaults")

    assert "3 of 100 responses failed (3 %)" in failures_sentence(lane)
    assert "open by about 3,000 per 100,000" in failures_sentence(lane)
    assert failures_sentence(replace(lane, failed=0)) == ""


@pytest.mark.parametrize(
    ("q_values", "expected"),
    [
        ([0.01, 0.02], ""),
        ([0.5], "It is a lead and no finding"),
        ([0.01, 0.5], "1 of 2 calls is a lead"),
        ([0.5, 0.5, 0.01], "2 of 3 calls are leads"),
    ],
)
def test_calls_that_are_leads_are_counted(empty_forecast, q_values, expected) -> None:
    """Unchanged and undecided rows are none, whatever their q."""
    called = [replace(row(str(i), WORSE), q_value=q) for i, q in enumerate(q_values)]
    others = [replace(row("same", SAME), q_value=0.9), replace(row("more", UNKNOWN), q_value=0.9)]
    said = leads_sentence(replace(empty_forecast, categories=tuple(called + others)))

    assert said.startswith(expected)
    assert bool(said) == bool(expected)
