"""What a run has spent and will spend, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from makers import NOW

from deploysim.pipeline.spending import Amount, run_spending
from deploysim.store.run_progress import RunProgress, write_progress
from deploysim.store.runs import RunRecord
from deploysim.store.workspace import Workspace

PRICE = {"input": 2.0, "output": 8.0, "currency": "USD", "as_of": "2026-11-01", "batch": 0.5}


def record(**settings: Any) -> RunRecord:
    return RunRecord("b" * 12, "c" * 12, "candidate", "m", "m", settings, "", "", 0, 1_000, NOW.isoformat(), repeats=2)


def at_work(workspace: Workspace, *, done: int, prompt: int, completion: int) -> None:
    progress = RunProgress(done, 0, 2_000, prompt, completion, seconds=1.0, answered_now=done, updated=0.0)
    write_progress(workspace, "b" * 12, progress)


def test_a_running_run_by_hand(tmp_path: Path) -> None:
    """500 of 2,000 outcomes took 1 million tokens read and 250,000 written: 2 + 2 dollars, four times that in all."""
    here = Workspace(tmp_path)
    at_work(here, done=500, prompt=1_000_000, completion=250_000)

    found = run_spending(here, record(price=PRICE, budget=8.0, budget_tokens=5_000_000))

    assert found.so_far == Amount(1_000_000, 250_000, 4.0)
    assert found.projected == Amount(4_000_000, 1_000_000, 16.0)
    assert (found.currency, found.priced_as_of) == ("USD", "2026-11-01")
    assert found.share == pytest.approx(0.5)
    assert "4.00 USD so far; the whole run about 4,000,000" in found.words()
    assert found.words().endswith("budget 8.00 USD and 5,000,000 tokens, 50% of it spent")


def test_batch_mode_has_its_own_price(tmp_path: Path) -> None:
    """Half the price where the file says so; not known where it does not."""
    here = Workspace(tmp_path)
    at_work(here, done=2_000, prompt=1_000_000, completion=0)

    half = run_spending(here, record(price=PRICE, batch=True)).so_far
    unknown = run_spending(here, record(price={**PRICE, "batch": None}, batch=True)).so_far

    assert half == Amount(1_000_000, 0, 1.0)
    assert unknown == Amount(1_000_000, 0, None)


def test_what_is_not_known_is_not_zero(tmp_path: Path) -> None:
    """No progress, an endpoint that counts no tokens, and a model without a price."""
    here = Workspace(tmp_path)
    nothing = run_spending(here, record(price=PRICE))
    at_work(here, done=10, prompt=0, completion=0)
    uncounted = run_spending(here, record(price=PRICE))
    at_work(here, done=10, prompt=5, completion=5)
    unpriced = run_spending(here, record())

    assert (nothing.so_far, nothing.projected, nothing.share) == (None, None, None)
    assert uncounted.so_far is None
    assert "not known" in uncounted.words()
    assert unpriced.so_far == Amount(5, 5, None)
    assert "USD" not in unpriced.words()


def test_the_record_of_an_ended_run_counts(tmp_path: Path) -> None:
    """What was sealed is exact, where the last progress may be a second old."""
    here = Workspace(tmp_path)
    at_work(here, done=1_990, prompt=990, completion=0)

    found = run_spending(here, replace(record(), status="done", prompt_tokens=1_000, completion_tokens=7))

    assert found.so_far == Amount(1_000, 7, None)
