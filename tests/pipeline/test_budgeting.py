"""Budgets: whole blocks within the money and the tokens, and runs that end cleanly when these are spent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from batch_server import Provider
from makers import NOW, conversation, fill
from servers import Endpoint, answer, completion, raw

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.profiles import Price
from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError
from deploysim.pipeline.budgeting import Budget, Purse, Tokens
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.model_choice import ModelSource
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.pipeline.spending import run_spending
from deploysim.sampling import SampleSpec
from deploysim.store.completed import completed_prefixes
from deploysim.store.responses import responses
from deploysim.store.runs import RunRecord
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

PRICE = Price(1_000.0, 10_000.0, "USD", date(2026, 11, 1))
"""A tenth of a cent a token read and a cent a token written: 0.037 for each reply of the test endpoint."""
PREFIXES, EACH = 200, 10
"""Tokens of each reply of the test endpoint: 7 read and 3 written."""


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    fill(workspace, [conversation(n, turns=1) for n in range(PREFIXES)])
    draw(workspace, SampleSpec(seed=1), now=NOW)
    return workspace


def plan(
    workspace: Workspace, endpoint: Endpoint | Provider, budget: Budget, price: Price | None = PRICE
) -> ReplayPlan:
    sample_id = next(workspace.samples.glob("*.duckdb")).stem
    settings = ModelSettings("x", "model-that-answered", endpoint.url, max_retries=0, timeout_s=10, max_tokens=3)
    source = ModelSource(price=price)
    return ReplayPlan(sample_id, Lane.CANDIDATE, settings, in_flight=4, source=source, budget=budget)


def run(workspace: Workspace, endpoint: Endpoint, budget: Budget) -> RunRecord:
    return replay_sample(workspace, plan(workspace, endpoint, budget), now=NOW)


def test_blocks_fit_or_are_not_sent_by_hand() -> None:
    """Ten tokens are expected of each: of 100 tokens nine blocks of one fit after ten were spent before."""
    purse = Purse(Budget(tokens=100), None, Tokens(7, 3), before=Tokens(7, 3))

    assert len(list(purse.within([[n] for n in range(50)]))) == 9
    assert purse.refused_block
    assert "100 tokens ended it" in purse.note()


def test_what_was_measured_takes_the_estimate_s_place() -> None:
    """After twenty outcomes of 20 tokens, not 10, five more fit in 500."""
    purse = Purse(Budget(tokens=500), None, Tokens(7, 3))
    blocks = purse.within([[n] for n in range(100)])
    sent = [next(blocks) for _ in range(20)]
    purse.hear(20, 300, 100)

    assert len(sent) + len(list(blocks)) == 25


def test_an_endpoint_that_counts_no_tokens_is_taken_at_the_estimate() -> None:
    """Unknown is not zero: ten outcomes of ten tokens have spent a budget of a hundred."""
    purse = Purse(Budget(tokens=100), None, Tokens(7, 3))
    purse.hear(10, 0, 0)

    assert purse.is_empty()


@pytest.mark.parametrize(
    ("budget", "most"), [(Budget(tokens=600), 60), (Budget(money=2.0), 54), (Budget(2.0, 400), 40)]
)
def test_a_run_ends_within_its_budget(here: Workspace, budget: Budget, most: int) -> None:
    """Whole blocks were answered and count, nothing beyond was sent, and the record says why it ended."""
    with Endpoint() as endpoint:
        record = run(here, endpoint, budget)
        sent = len(endpoint.requests)

    found = responses(here, record.run_id)
    spent = run_spending(here, record)
    assert record.status == "stopped"
    assert 0 < sent <= most
    assert sent == found.height == len(completed_prefixes(here, record.run_id))
    assert spent.so_far is not None
    assert spent.so_far.prompt_tokens + spent.so_far.completion_tokens == EACH * sent
    assert spent.share is not None
    assert 0.4 < spent.share <= 1
    assert spent.projected is not None
    assert spent.projected.prompt_tokens == 7 * PREFIXES
    assert any("ended it" in note for note in record.notes)


def test_a_larger_budget_lets_it_go_on(here: Workspace) -> None:
    """What was spent before counts; with enough the run is done, and nothing was sent twice."""
    with Endpoint() as endpoint:
        first = run(here, endpoint, Budget(tokens=600))
        same = run(here, endpoint, Budget(tokens=600))
        sent = len(endpoint.requests)
        last = run(here, endpoint, Budget(tokens=4_000))
        total = len(endpoint.requests)

    assert (first.status, same.status, last.status) == ("stopped", "stopped", "done")
    assert 0 < sent <= 60
    assert total == PREFIXES
    assert last.notes == ()


def test_answers_far_longer_than_expected_end_it_too(here: Workspace) -> None:
    """Once the budget is spent no further prefix is sent, whatever the estimate was."""
    usage = {"prompt_tokens": 1_000, "completion_tokens": 1_000}
    with Endpoint(otherwise=_with_usage(usage)) as endpoint:
        record = run(here, endpoint, Budget(tokens=4_000))
        sent = len(endpoint.requests)

    assert record.status == "stopped"
    assert sent < 40


def test_batches_hold_what_fits(here: Workspace) -> None:
    """In batch mode nothing is known before the results: blocks are sent as long as the estimate says that they fit."""
    with Provider() as provider:
        chosen = replace(plan(here, provider, Budget(tokens=900)), batch=BatchOptions(first_poll_s=0.02))
        record = replay_sample(here, chosen, now=NOW)
        again = replay_sample(here, replace(chosen, budget=Budget(tokens=100_000)), now=NOW)

    assert (record.status, again.status) == ("stopped", "done")
    assert 0 < sum(record.outcomes.values()) < 90
    assert any("does not cover one more block" in note for note in record.notes)
    assert (provider.billed.total(), max(provider.billed.values())) == (PREFIXES, 1)


def test_money_needs_a_price(here: Workspace) -> None:
    """Without one nothing is started; tokens need none."""
    with Endpoint() as endpoint:
        with pytest.raises(InputError, match="the price of x is not known"):
            replay_sample(here, plan(here, endpoint, Budget(money=1.0), price=None), now=NOW)
        with pytest.raises(InputError, match="the price of x in batch mode is not known"):
            Budget(money=1.0).check(replace(PRICE, batch=None), model="x", batch=True)
        with pytest.raises(InputError, match="The budget is nothing"):
            replay_sample(here, plan(here, endpoint, Budget(tokens=0)), now=NOW)
        assert endpoint.requests == []


def _with_usage(usage: dict[str, int]) -> Any:
    return raw(json.dumps({**completion(), "usage": usage}).encode())


def test_from_the_shell(here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """--estimate starts nothing; a replay of a priced model says the estimate first, then what the rest will take."""
    from deploysim.__main__ import main

    def shell(*options: str) -> tuple[int, str]:
        fixed = ["--lane", "candidate", "--model", "mine", "--workspace", str(here.root)]
        monkeypatch.setattr("sys.argv", ["deploysim", "replay", *fixed, *options])
        code = main()
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    with Endpoint(otherwise=answer()) as endpoint:
        models = tmp_path / "models.yaml"
        price = "{input: 1000, output: 10000, currency: EUR, as_of: 2026-11-01}"
        models.write_text(f"mine:\n  base_url: {endpoint.url}\n  price: {price}\n", encoding="utf-8")
        monkeypatch.setenv("DEPLOYSIM_MODELS", str(models))
        _, estimated = shell("--estimate")
        before = len(endpoint.requests)
        _, unknown = shell("--estimate", "--base-url", endpoint.url + "/other")
        code, refused = shell("--budget", "1", "--base-url", endpoint.url + "/other")
        _, pilot = shell("--limit", "40", "--budget", "50")
        sent = len(endpoint.requests)

    assert "200 requests" in estimated
    assert "EUR at prices of 2026-11-01" in estimated
    assert (before, sent) == (0, 40)
    assert "price not known" in unknown
    assert code != 0
    assert "price of mine is not known" in refused
    assert pilot.startswith("Estimate: 40 requests")
    assert "1.48 EUR so far; the whole run about" in pilot
    assert "budget 50.00 EUR" in pilot
    assert "the rest: 160 requests" in pilot
    assert "measured on 40 answers" in pilot
