"""Tests of the estimate before spending."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from makers import NOW, conversation, fill

from deploysim.chat.profiles import Price
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.estimating import estimate_run
from deploysim.sampling import SampleSpec
from deploysim.store import prefix_sizes as prefix_sizes_module
from deploysim.store.journal import Journal
from deploysim.store.prefix_sizes import prefix_sizes
from deploysim.store.responses import write_responses
from deploysim.store.runs import RunRecord, journal_path, responses_path, write_run
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.types import Message

PRICE = Price(2.0, 8.0, "USD", date(2026, 11, 1), 0.5)
ASKED, ANSWERED = "a" * 42, "b" * 84
"""10 and 20 tokens of ASCII."""
ANSWERED_WELL = "answered"


@pytest.fixture
def here(tmp_path: Path) -> tuple[Workspace, str]:
    """Fifty conversations of one message and its answer, and a sample of them."""
    workspace = Workspace(tmp_path / "ws")
    messages = (Message("user", ASKED), Message("assistant", ANSWERED))
    fill(workspace, [conversation(n, messages=messages) for n in range(50)])
    return workspace, draw(workspace, SampleSpec(unit="conversation", seed=1), now=NOW).sample_id


def answered(here: tuple[Workspace, str], count: int, run_id: str = "b" * 12, *, model: str = "m") -> str:
    """Let a run have answered the first prefixes, each with 28 tokens read and 5 written."""
    workspace, sample_id = here
    record = RunRecord(run_id, sample_id, "candidate", "m", model, {}, "", "", 0, 50, NOW.isoformat(), status="stopped")
    ids = prefix_index(workspace, sample_id)["prefix_id"].head(count)
    row: dict[str, Any] = {"repeat": 0, "status": "ok", "prompt_tokens": 28, "completion_tokens": 5}
    write_run(workspace, record)
    rows = [{"prefix_id": one, "finish_reason": "stop", **row} for one in ids]
    with Journal(journal_path(workspace, run_id)) as journal:
        journal.append(rows)
    write_responses(workspace, run_id, rows)
    return run_id


def test_sizes_by_hand(tmp_path: Path) -> None:
    """A prefix holds what comes before its response; characters count by script, tool calls too."""
    workspace = Workspace(tmp_path / "ws")
    messages = (
        Message("system", "be"),
        Message("user", "hi 世界"),
        Message("assistant", "привет!"),
        Message("user", "x"),
        Message("assistant", "yes"),
    )
    fill(workspace, [conversation(1, messages=messages)])
    sample = draw(workspace, SampleSpec(unit="turn", seed=1), now=NOW).sample_id
    rows = pl.concat(prefix_sizes(workspace, sample)).sort("messages").rows()

    assert [row[1:] for row in rows] == [(1, 2, 5, 2, 1, 6), (1, 4, 7, 8, 3, 0)]


def test_the_first_guess_by_hand(here: tuple[Workspace, str]) -> None:
    """Ten tokens and four for the message are read, twenty written: at 2 and 8 a million, fifty times."""
    found = estimate_run(*here, model="m", price=PRICE)

    assert (found.requests, found.prompt_tokens, found.completion_tokens) == (50, 700, 1_000)
    assert found.cost == pytest.approx((700 * 2 + 1_000 * 8) / 1e6)
    assert "guessed" in found.basis


def test_parts_come_to_the_whole(here: tuple[Workspace, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured a few conversations at a time, every prefix is measured once."""
    whole, sizes = estimate_run(*here, model="m", limit=30), pl.concat(prefix_sizes(*here))

    monkeypatch.setattr(prefix_sizes_module, "PART", 7)
    parts = list(prefix_sizes(*here))

    assert len(parts) > 5
    assert pl.concat(parts).sort("prefix_id").equals(sizes.sort("prefix_id"))
    assert estimate_run(*here, model="m", limit=30) == whole


def test_a_limit_on_responses_and_repeats_count(here: tuple[Workspace, str]) -> None:
    """Twice as many requests, each written to five tokens at most; a pilot sends ten prefixes."""
    found = estimate_run(*here, model="m", repeats=2, max_tokens=5, limit=10)

    assert (found.requests, found.prompt_tokens, found.completion_tokens) == (20, 280, 100)


def test_no_price_is_said_and_is_no_zero(here: tuple[Workspace, str]) -> None:
    """Nobody takes unknown for free."""
    found = estimate_run(*here, model="m")

    assert found.cost is None
    assert "price not known" in found.sentence()


def test_a_pilot_corrects_the_guess(here: tuple[Workspace, str]) -> None:
    """The endpoint counted twice the tokens read and a quarter of those written; thirty are still to be sent."""
    run_id = answered(here, 20)
    found = estimate_run(*here, model="m", run_id=run_id, price=PRICE)

    assert (found.requests, found.prompt_tokens, found.completion_tokens) == (30, 840, 150)
    assert "measured on 20 answers" in found.basis


def test_a_run_that_was_killed_counts_too(here: tuple[Workspace, str]) -> None:
    """Its journal says the same as sealed responses do; what is asked for anew is counted again."""
    run_id = answered(here, 20)
    sealed = estimate_run(*here, model="m", run_id=run_id, price=PRICE)
    responses_path(here[0], run_id).unlink()

    assert estimate_run(*here, model="m", run_id=run_id, price=PRICE) == sealed
    assert estimate_run(*here, model="m", run_id=run_id, retry={ANSWERED_WELL}).requests == 50


def test_tools_are_read_too(tmp_path: Path) -> None:
    """The description of a tool is 42 characters here: ten more tokens to read for each prefix of its conversation."""
    workspace = Workspace(tmp_path / "ws")
    messages = (Message("user", ASKED), Message("assistant", ANSWERED))
    tool = '"' + "t" * 38 + '"'
    fill(workspace, [conversation(1, messages=messages, tools=(tool,)), conversation(2, messages=messages)])
    sample = draw(workspace, SampleSpec(unit="conversation", seed=1), now=NOW).sample_id

    assert estimate_run(workspace, sample, model="m").prompt_tokens == 14 + 24


@pytest.mark.parametrize(("count", "model"), [(19, "m"), (50, "another")])
def test_too_few_answers_or_another_model_s_are_no_pilot(here: tuple[Workspace, str], count: int, model: str) -> None:
    """Then the guess stands."""
    answered(here, count, model=model)

    assert estimate_run(*here, model="m").prompt_tokens == 700


def test_batch_mode_is_priced_only_where_its_price_is_known(here: tuple[Workspace, str]) -> None:
    """Half the price, or unknown."""
    half = estimate_run(*here, model="m", price=PRICE, batch=True)
    unknown = estimate_run(*here, model="m", price=Price(2.0, 8.0, "USD", date(2026, 11, 1)), batch=True)

    assert half.cost == pytest.approx((700 * 2 + 1_000 * 8) / 2e6)
    assert unknown.cost is None
