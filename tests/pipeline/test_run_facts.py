"""What is said of a run while it goes on, of its settings, and of its command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from makers import NOW

from deploysim.pipeline.run_arguments import resume_arguments
from deploysim.pipeline.run_facts import NO_PRICE, live_facts, spend_words
from deploysim.pipeline.run_settings import settings_of
from deploysim.pipeline.spending import Amount, Spending
from deploysim.store.run_progress import RunProgress
from deploysim.store.runs import RunRecord

SPENT = Spending(Amount(10, 5, 3.0), Amount(40, 20, 12.0), currency="USD", priced_as_of="2026-01-01")
NOT_PRICED = Spending(Amount(10, 5, None), Amount(40, 20, None))


def run(**changes: Any) -> RunRecord:
    """A run of a model with a price at an endpoint."""
    values: dict[str, Any] = {
        "run_id": "a" * 12,
        "sample_id": "b" * 12,
        "lane": "candidate",
        "name": "mini",
        "model": "gpt-5-mini",
        "settings": {"model": "gpt-5-mini", "base_url": "https://api.openai.com/v1", "max_tokens": 64, "in_flight": 8},
        "settings_line": "",
        "fingerprint": "",
        "seed": 3,
        "prefixes": 100,
        "created_at": "2026-11-01T12:00:00+00:00",
    }
    return RunRecord(**{**values, **changes})


def progress(**changes: Any) -> RunProgress:
    """A quarter done at two a second."""
    values: dict[str, Any] = {
        "done": 25,
        "failed": 2,
        "total": 100,
        "prompt_tokens": 1_000_000,
        "completion_tokens": 100_000,
        "seconds": 12.5,
        "answered_now": 25,
        "updated": 0.0,
        "failed_by_kind": {"timed out": 2},
        "latencies": {"50": 0.5, "90": 1.25, "99": 3.0},
        "width": 4,
        "ceiling": 8,
        "retries": 7,
    }
    return RunProgress(**{**values, **changes})


def said(record: RunRecord, how: RunProgress, spending: Spending = SPENT) -> dict[str, str]:
    """Return the facts by label."""
    return {fact.label: fact.value for fact in live_facts(record, how, spending=spending, now=NOW)}


def test_the_facts_of_a_run_at_work() -> None:
    """75 responses left at 2 a second are 38 seconds."""
    facts = said(run(), progress())

    assert facts == {
        "Rate": "2.0 responses/s",
        "Ends": "in 38 s, about 12:00 UTC",
        "Latency": "median 500 ms · p90 1.2 s · p99 3.0 s",
        "In flight": "up to 4 now, at most 8",
        "Tokens": "1,000,000 in, 100,000 out",
        "Spend": "3.00 USD so far, about 12.00 in all (prices of 2026-01-01)",
        "Failures": "2 timed out",
        "Tried again": "7 calls",
    }


def test_unknown_is_said_and_not_zero() -> None:
    """Without a price, a rate or a latency there is no number."""
    facts = said(run(), progress(done=0, answered_now=0, latencies={}, failed_by_kind={}, failed=0), NOT_PRICED)

    assert facts["Spend"] == NO_PRICE
    assert facts["Ends"] == "not known yet"
    assert facts["Latency"] == "n/a (n = 0)"
    assert facts["Rate"] == "waiting for the first response"


@pytest.mark.parametrize(
    ("changes", "spending", "words"),
    [
        ({"settings": {"base_url": None}}, SPENT, "nothing: it runs on this machine"),
        ({"imported_from": "answers.jsonl"}, SPENT, ""),
        ({}, Spending(None, None), "not known yet"),
        ({}, replace(SPENT, projected=SPENT.so_far), "3.00 USD so far (prices of 2026-01-01)"),
        ({}, replace(NOT_PRICED, share=0.5), f"{NO_PRICE}; 50% of its budget"),
    ],
)
def test_what_a_run_costs(changes: dict[str, Any], spending: Spending, words: str) -> None:
    """The embedded model costs nothing, a run made elsewhere is not known; what has ended is not projected."""
    assert words == spend_words(run(**changes), spending)


def test_settings_differ_first() -> None:
    """Lane, model and limit differ; what is missing says what holds instead."""
    other = run(lane="baseline", model="gpt-4.1", settings={**run().settings, "model": "gpt-4.1", "max_tokens": None})
    rows = settings_of(run(), other)

    differing = {row.name: (row.value, row.other) for row in rows if row.differs}
    assert differing == {
        "lane": ("candidate", "baseline"),
        "model": ("gpt-5-mini", "gpt-4.1"),
        "most tokens": ("64", "left to the endpoint"),
    }
    assert [row.differs for row in rows] == sorted((row.differs for row in rows), reverse=True)
    assert all(row.other is None for row in settings_of(run()))


def test_the_same_command_goes_on() -> None:
    """Everything that makes a run the same one is in it, and what is asked for anew by its short name."""
    record = run(repeats=2, settings={**run().settings, "api": "responses", "batch": True, "max_retries": 0})
    arguments = resume_arguments(record, retry=["timed out", "cut by length"])

    assert arguments[0] == "replay"
    for option, value in (("--api", "responses"), ("--repeats", "2"), ("--retries", "0"), ("--seed", "3")):
        assert arguments[arguments.index(option) + 1] == value
    assert arguments[-5:] == ["--batch", "--retry", "timeout", "--retry", "length"]
    assert "--batch" not in resume_arguments(replace(record, settings={**record.settings, "batch": False}))


def test_a_profile_keeps_its_price_and_key() -> None:
    """The endpoint of the environment is not named: a named one is a stranger to the profile."""
    record = run(settings={**run().settings, "profile": "mini", "base_url": "http://proxy/v1"})

    assert "--base-url" in resume_arguments(record)
    arguments = resume_arguments(record, default_url="http://proxy/v1/")
    assert "--base-url" not in arguments
    assert arguments[arguments.index("--model") + 1] == "mini"
