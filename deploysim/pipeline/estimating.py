"""Before spending: how many requests, tokens and how much money a run will take, from its sample and from a pilot.

Tokens are not known before a model has counted them. They are taken from the number of characters, with different
ratios for ASCII and other scripts, and from the lengths of the recorded responses. Whatever this run (or another run of
the same model on the sample) has answered already corrects both by what the endpoint really counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from deploysim.chat.profiles import Price
from deploysim.store.blocks import cut_into_blocks
from deploysim.store.outcomes import Outcomes, read_outcomes
from deploysim.store.prefix_sizes import prefix_sizes
from deploysim.store.responses import TOKENS, counted_tokens
from deploysim.store.runs import RunRecord, journal_path, list_runs
from deploysim.store.workspace import Workspace
from deploysim.wording import money

ASCII_PER_TOKEN = 4.2
"""Characters of English prose and code that make a token, roughly, over common tokenizers."""
OTHER_PER_TOKEN = 1.7
"""The same for other scripts."""
PER_MESSAGE = 4
"""Tokens that mark a message's beginning, end and role."""
ENOUGH = 20
"""Answers from which on what the endpoint counted is trusted."""
MEASURED = 5_000
"""Answers of a run that are measured: more would not make it more certain."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is still to be sent, and what it will take."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    basis: str
    """What the numbers rest on, in words."""
    cost: float | None
    """None where the price is not known: unknown is not zero."""
    currency: str = ""
    priced_as_of: str = ""
    is_local: bool = False
    """Whether the model runs on this machine, which asks no price."""

    def money(self) -> str:
        """Return the price in words."""
        if self.is_local:
            return "no price, for the model runs on this machine"
        if self.cost is None:
            return "price not known: add it to data/models.yaml"
        return f"about {money(self.cost, self.currency)} at prices of {self.priced_as_of}"

    def sentence(self) -> str:
        """Return the whole estimate in one line."""
        return (
            f"{self.requests:,} requests, about {_rounded(self.prompt_tokens)} tokens to read and "
            f"{_rounded(self.completion_tokens)} to write; {self.money()} ({self.basis})."
        )


def estimate_run(
    workspace: Workspace,
    sample_id: str,
    *,
    model: str,
    run_id: str | None = None,
    repeats: int = 1,
    limit: int | None = None,
    retry: Collection[str] = (),
    max_tokens: int | None = None,
    system_prompt: str | None = None,
    price: Price | None = None,
    batch: bool = False,
    is_local: bool = False,
) -> Estimate:
    """Estimate what is left of a run.

    Args:
        workspace: Where the sample is.
        sample_id: What is replayed.
        model: Name of the model at its endpoint: other runs of it on this sample serve as a pilot.
        run_id: The run, where it has begun: what it has answered is not counted again.
        repeats: Responses a prefix.
        limit: About how many prefixes a pilot sends: its first blocks; None for all.
        retry: Outcomes that are asked for anew.
        max_tokens: Longest response.
        system_prompt: What replaces the conversations' own system prompts.
        price: What tokens cost; None where it is not known.
        batch: Whether batch mode is priced.
        is_local: Whether the model runs on this machine.
    """
    runs = list_runs(workspace, sample_id=sample_id)
    run = next((one for one in runs if one.run_id == run_id), None)
    seen = _seen(workspace, [one for one in runs if one.model == model])
    wanted = _first(workspace, sample_id, limit, run) if limit else None
    outcomes = read_outcomes(journal_path(workspace, run.run_id)) if run else None
    parts = []
    for sizes in prefix_sizes(workspace, sample_id):
        guessed = _guessed(sizes, max_tokens, system_prompt)
        left = guessed.join(wanted, on="prefix_id", how="semi") if wanted is not None else guessed
        parts += [_left(left, outcomes, repeats, retry), _answered(guessed, seen)]
    sums = pl.concat(parts, how="diagonal").sum().row(0, named=True)
    factors = _factors(sums)
    prompt, completion = sums["prompt"] * factors.prompt, sums["completion"] * factors.completion
    cost = price.cost(prompt, completion, batch=batch) if price else None
    return Estimate(
        requests=int(sums["requests"]),
        prompt_tokens=round(prompt),
        completion_tokens=round(completion),
        basis=factors.basis,
        cost=cost,
        currency=price.currency if price else "",
        priced_as_of=price.as_of.isoformat() if price else "",
        is_local=is_local,
    )


def _first(workspace: Workspace, sample_id: str, limit: int, run: RunRecord | None) -> pl.DataFrame:
    """Return the prefixes of the blocks that a pilot sends."""
    blocks = cut_into_blocks(workspace, sample_id, conversations=run.block if run else None)
    wanted = [prefix_id for block in blocks.first(limit) for prefix_id in blocks.prefix_ids(block)]
    return pl.DataFrame({"prefix_id": wanted}, schema={"prefix_id": pl.String})


def _left(guessed: pl.DataFrame, outcomes: Outcomes | None, repeats: int, retry: Collection[str]) -> pl.DataFrame:
    """Return the requests and tokens of all repeats that have no outcome yet, or one that is asked for anew."""
    ids = guessed["prefix_id"].to_list()
    # Not its truth: that would count its rows for every part of a sample.
    found = (
        [outcomes.find(ids, repeat) for repeat in range(repeats)]
        if outcomes is not None
        else [[None] * len(ids)] * repeats
    )
    times = pl.Series(
        [sum(one is None or one.kind in retry for one in of) for of in zip(*found, strict=True)], dtype=pl.Int64
    )
    return guessed.select((pl.col("requests", "prompt", "completion") * times).sum())


def _answered(guessed: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Return what was counted of the prefixes that have been answered, beside what would have been guessed."""
    both = seen.join(guessed, on="prefix_id")
    return both.select(
        answers=pl.len(),
        prompt_counted=pl.col("prompt_tokens").sum(),
        prompt_guessed=pl.col("prompt").sum(),
        completion_counted=pl.col("completion_tokens").sum(),
        completion_guessed=pl.col("completion").sum(),
    )


@dataclass(frozen=True, slots=True)
class _Factors:
    """What the endpoint counted, divided by what was guessed."""

    prompt: float
    completion: float
    basis: str


def _guessed(sizes: pl.DataFrame, max_tokens: int | None, system_prompt: str | None) -> pl.DataFrame:
    """Add guesses of the tokens of each prefix and of a response as long as the recorded one."""
    added = len(system_prompt or "") / ASCII_PER_TOKEN
    tokens = {
        name: pl.col(f"{name}_ascii") / ASCII_PER_TOKEN + pl.col(f"{name}_other") / OTHER_PER_TOKEN
        for name in ("prompt", "recorded")
    }
    completion = tokens["recorded"].clip(1, max_tokens and max_tokens * pl.col("requests"))
    return sizes.select(
        "prefix_id",
        "requests",
        prompt=tokens["prompt"] + PER_MESSAGE * pl.col("messages") + added,
        completion=completion,
    )


def _seen(workspace: Workspace, runs: Sequence[RunRecord]) -> pl.DataFrame:
    """Return what the same model was counted to read and write on this sample before."""
    asked_here = [run for run in runs if run.imported_from is None]
    frames = [counted_tokens(workspace, run.run_id, most=MEASURED) for run in asked_here]
    return pl.concat([pl.DataFrame(schema=TOKENS), *frames])


def _factors(sums: Mapping[str, float]) -> _Factors:
    if sums["answers"] < ENOUGH:
        return _Factors(1.0, 1.0, "guessed from characters and recorded responses, within about a third")
    return _Factors(
        prompt=sums["prompt_counted"] / max(1.0, sums["prompt_guessed"]),
        completion=sums["completion_counted"] / max(1.0, sums["completion_guessed"]),
        basis=f"measured on {sums['answers']:,} answers of this model",
    )


def _rounded(tokens: int) -> str:
    """Return a number of tokens with as many digits as it deserves."""
    if tokens < 1_000:
        return f"{tokens:,}"
    return f"{tokens / 1e6:,.1f}M" if tokens >= 1_000_000 else f"{tokens / 1e3:,.0f}k"
