"""A budget in money, in tokens or in both, kept while a run goes on.

Whole blocks are sent or none: before each, what was spent, what is in flight and one block of average size must fit in
what there is. Whether a block is sent thus depends on those before it and never on what is in it, so that what was
answered when the money ran out is an unbiased sample like that of any run that stopped. Where answers turn out far
longer than expected, no further prefix is sent once the budget is spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploysim.chat.profiles import Price
from deploysim.errors import InputError
from deploysim.pipeline.estimating import Estimate
from deploysim.store.outcomes import Outcomes
from deploysim.wording import money

ENOUGH = 20
"""Outcomes from which on their average counts, and no longer the estimate."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent; None for no limit."""

    money: float | None = None
    """In the currency of the model's price."""
    tokens: int | None = None
    """Read and written."""

    def __bool__(self) -> bool:
        return self.money is not None or self.tokens is not None

    def written(self) -> dict[str, Any]:
        """Return it for a run's record."""
        named = {"budget": self.money, "budget_tokens": self.tokens}
        return {key: value for key, value in named.items() if value is not None}

    def check(self, price: Price | None, *, model: str, batch: bool = False) -> None:
        """Check that it can be kept.

        Raises:
            InputError: where it is in money and no price is known, or is nothing.
        """
        if (self.money is not None and self.money <= 0) or (self.tokens is not None and self.tokens <= 0):
            raise InputError(
                "The budget is nothing.", expected="an amount above 0", next_step="leave it out for no limit"
            )
        if self.money is None or (price is not None and price.cost(0, 0, batch=batch) is not None):
            return
        way = "in batch mode " if price is not None else ""
        raise InputError(
            f"A budget in money cannot be kept: the price of {model} {way}is not known.",
            expected="its price in data/models.yaml, which holds at the endpoint that stands there",
            next_step="add it there, or give --budget-tokens, which needs no price",
        )


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens read and written."""

    prompt: float = 0.0
    completion: float = 0.0


@dataclass(slots=True)
class Purse:
    """What is left of a budget while a run goes on."""

    budget: Budget
    price: Price | None
    expected: Tokens
    """Of one response, before there are enough to tell."""
    before: Tokens = field(default_factory=Tokens)
    """Spent by the processes that were at this run before."""
    batch: bool = False
    refused_block: bool = False
    """Whether a block was not sent because it did not fit."""
    _now: Tokens = field(default_factory=Tokens)
    _ended: int = 0
    _sent: int = 0

    def hear(self, outcomes: int, prompt_tokens: int, completion_tokens: int) -> None:
        """Take note of how many outcomes this process has and how many tokens they took, in all."""
        self._ended, self._now = outcomes, Tokens(prompt_tokens, completion_tokens)
        if not prompt_tokens + completion_tokens:
            # The endpoint counts none, or all calls failed: the estimate stands in for what is not known.
            self._now = Tokens(outcomes * self.expected.prompt, outcomes * self.expected.completion)

    def within(self, blocks: Iterable[Sequence[Any]]) -> Iterator[Any]:
        """Yield the items of blocks as long as the budget has room for a whole one."""
        for block in blocks:
            if not self._fits(len(block)):
                self.refused_block = True
                return
            self._sent += len(block)
            yield from block

    def is_empty(self) -> bool:
        """Say whether all of it is spent."""
        return not self._room(self.before.prompt + self._now.prompt, self.before.completion + self._now.completion)

    def note(self) -> str:
        """Return why a run stopped early, where the budget is why."""
        if not self.refused_block and not self.is_empty():
            return ""
        limits = [money(self.budget.money, self.price.currency)] if self.budget.money and self.price else []
        limits += [f"{self.budget.tokens:,} tokens"] if self.budget.tokens else []
        what = "it is spent" if self.is_empty() else "what is left does not cover one more block"
        return f"Its budget of {' and '.join(limits)} ended it: {what}. A larger one lets it go on."

    def _fits(self, responses: int) -> bool:
        each = self._each()
        ahead = max(0, self._sent - self._ended) + responses
        prompt = self.before.prompt + self._now.prompt + ahead * each.prompt
        return self._room(prompt, self.before.completion + self._now.completion + ahead * each.completion, full=True)

    def _each(self) -> Tokens:
        if self._ended < ENOUGH:
            return self.expected
        return Tokens(self._now.prompt / self._ended, self._now.completion / self._ended)

    def _room(self, prompt: float, completion: float, *, full: bool = False) -> bool:
        """Say whether so much is below the budget, or at most all of it where `full`."""
        cost = self.price.cost(prompt, completion, batch=self.batch) if self.price else None
        shares = []
        if self.budget.tokens is not None:
            shares.append((prompt + completion) / self.budget.tokens)
        if self.budget.money is not None and cost is not None:
            shares.append(cost / self.budget.money)
        return all(share <= 1 if full else share < 1 for share in shares)


def purse_for(budget: Budget, estimate: Estimate, outcomes: Outcomes, price: Price | None, *, batch: bool) -> Purse:
    """Return a purse for a run.

    Args:
        budget: The most that it may spend in all.
        estimate: What is left of it.
        outcomes: What it has come to so far, which was paid for.
        price: What tokens cost.
        batch: Whether it is answered in batch mode.
    """
    requests = max(1, estimate.requests)
    expected = Tokens(estimate.prompt_tokens / requests, estimate.completion_tokens / requests)
    return Purse(budget, price, expected, Tokens(outcomes.prompt_tokens, outcomes.completion_tokens), batch)
