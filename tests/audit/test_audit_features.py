"""Surface features: what counts, on hits and near misses."""

from __future__ import annotations

import math

import pytest

from deploysim.audit.features import TEXT_FEATURES, describe, features_for
from deploysim.audit.steps import Steps
from deploysim.types import ToolCall


def value(name: str, text: str) -> float:
    """Return one feature of a text."""
    return describe(text, [f for f in TEXT_FEATURES if f.name == name])[0]


@pytest.mark.parametrize(
    ("feature", "hit", "miss"),
    [
        ("bullet points", "- one\n- two", "well-known - indeed"),
        ("numbered points", "1. one\n2. two", "In 2020. Two"),
        ("headings", "## Why", "#hashtag"),
        ("code blocks", "```python\nx\n```", "`x`"),
        ("inline code", "use `x` here", "```\nx\n```"),
        ("bold", "a **bold** word", "2 ** 3"),
        ("table rows", "| a | b |", "a | b"),
        ("links", "see https://example.org", "see example"),
        ("stray tokens", "Hello.</s>", "a < b and c > d"),
        ("opens with yes or sure", "Certainly! Here it is", "It is sure to work"),
        ("opens with no or sorry", "I'm sorry, but", "He said sorry."),
        ("opens with as an AI", "As an AI language model, I", "As an airline, we"),
        ("opens with to", "To open a file, use", "Tomorrow we open"),
        ("ends with a question", "Shall I go on?", "Shall I? I will."),
        ("ends with an offer", "Done. Let me know if it fails.", "Done."),
        ("breaks off", "and then the", "and then the end."),
        ("declines", "I can't help with that request.", "I can help with that."),
        ("names itself an AI", "as an AI I think", "the ai said"),
    ],
)
def test_each_form_is_counted_and_its_near_miss_is_not(feature: str, hit: str, miss: str) -> None:
    """More than nothing in the hit, nothing in the near miss."""
    assert value(feature, hit) > 0.0
    assert value(feature, miss) == 0.0


def test_lengths_by_hand() -> None:
    """Four words in two sentences: log(1 + 4), log(1 + 4 / 2)."""
    assert value("words", "One two. Three four.") == pytest.approx(math.log(5))
    assert value("words a sentence", "One two. Three four.") == pytest.approx(math.log(3))


def test_nothing_is_no_number_that_breaks() -> None:
    """An empty response has finite features."""
    assert all(math.isfinite(v) for v in describe("", TEXT_FEATURES))


def test_steps_add_features_only_where_there_are_any() -> None:
    """Tool mix, failures and steps; no timing where one side has none."""
    chat = features_for([None, None])
    agent = Steps(("read", "read", "write"), failed=1, responses=3, seconds=2.0)
    timed = features_for([agent])
    untimed = features_for([agent, Steps(("read",))])

    assert chat == TEXT_FEATURES
    assert {"calls read", "calls write", "failed calls", "seconds"} <= {f.name for f in timed}
    assert "seconds" not in {f.name for f in untimed}
    by_name = dict(zip([f.name for f in timed], describe("Done.", timed, steps=agent), strict=True))
    assert by_name["failed calls"] == pytest.approx(1 / 3)
    assert by_name["calls read"] == pytest.approx(math.log(3))


def test_calls_of_one_response_are_steps() -> None:
    """No calls, no steps."""
    from deploysim.audit.steps import steps_of_calls

    assert steps_of_calls(()) is None
    assert steps_of_calls((ToolCall("1", "find", "{}"), ToolCall("2", "find", "{}"))).mix() == {"find": 2}
