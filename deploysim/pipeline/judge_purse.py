"""What judges may spend: a budget that several of them share, each with a price of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from deploysim.chat.profiles import Price
from deploysim.errors import InputError
from deploysim.pipeline.budgeting import ENOUGH, Budget

REPLY_TOKENS = 250
"""Of one verdict with reason and quotations, before the first reply has shown it; what is expected is never less."""


@dataclass(frozen=True, slots=True)
class _Spent:
    tokens: float = 0.0
    cost: float = 0.0

    def plus(self, other: _Spent) -> _Spent:
        return _Spent(self.tokens + other.tokens, self.cost + other.cost)

    def minus(self, other: _Spent) -> _Spent:
        return _Spent(self.tokens - other.tokens, self.cost - other.cost)


@dataclass(slots=True)
class JudgePurse:
    """What is left of a budget in one call of `grade`."""

    budget: Budget = field(default_factory=Budget)
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By the judge's name."""
    batch: bool = False
    """Whether judges are asked at the price of batches."""
    uncounted: int = 0
    """Replies of which the endpoint did not say how many tokens they took."""
    refused: bool = False
    """Whether a call was not sent because it did not fit."""
    _now: _Spent = _Spent()
    _ahead: _Spent = _Spent()
    _set_aside: dict[str, _Spent] = field(default_factory=dict)
    _replies: int = 0
    _written: int = 0

    def check(self, judges: Collection[str]) -> None:
        """Check that the budget can be kept with these judges.

        Raises:
            InputError: where it is in money and a judge has no price, their currencies differ, or it is nothing.
        """
        for judge in judges:
            self.budget.check(self.prices.get(judge), model=judge, batch=self.batch)
        currencies = {self.prices[judge].currency for judge in judges if judge in self.prices}
        if self.budget.money is not None and len(currencies) > 1:
            raise InputError(
                f"A budget in money cannot be kept: the judges are priced in {' and '.join(sorted(currencies))}.",
                expected="judges with prices in one currency",
                next_step="give --budget-tokens, which needs no price",
            )

    def set_aside(self, call: str, judge: str, prompt_tokens: float) -> bool:
        """Set aside what a call in a batch is expected to take, until it is paid; say whether there was room for it.

        Args:
            call: Its name.
            judge: Who is asked.
            prompt_tokens: What is sent.
        """
        if not self.budget:
            return True
        expected = self._spent(judge, prompt_tokens, max(REPLY_TOKENS, self._written / max(1, self._replies)))
        all_of_it = self._now.plus(self._ahead).plus(expected)
        most, tokens = self.budget.money, self.budget.tokens
        over = (most is not None and all_of_it.cost > most) or (tokens is not None and all_of_it.tokens > tokens)
        if over or self.is_empty():
            self.refused = True
            return False
        self._set_aside[call] = expected
        self._ahead = self._ahead.plus(expected)
        return True

    def pay(self, judge: str, prompt_tokens: int | None, completion_tokens: int | None, *, call: str = "") -> None:
        """Take note of one reply; what was set aside for it is set free."""
        self._ahead = self._ahead.minus(self._set_aside.pop(call, _Spent()))
        if prompt_tokens is None and completion_tokens is None:
            self.uncounted += 1
            return
        self._now = self._now.plus(self._spent(judge, prompt_tokens or 0, completion_tokens or 0))
        self._replies += 1
        self._written += completion_tokens or 0

    def is_empty(self) -> bool:
        """Say whether no further judge may be asked: it is spent, a call did not fit in it, or nobody can tell."""
        if not self.budget:
            return False
        most, tokens = self.budget.money, self.budget.tokens
        unknown = self.uncounted >= ENOUGH and not self._now.tokens
        spent = (most is not None and self._now.cost >= most) or (tokens is not None and self._now.tokens >= tokens)
        return self.refused or unknown or spent

    def spent_error(self) -> InputError:
        """Build the error for a budget that ended judging."""
        if self.uncounted >= ENOUGH and not self._now.tokens:
            return InputError(
                "The budget cannot be kept: the judges' endpoint counts no tokens.",
                expected="replies with a usage, as OpenAI's API gives it",
                next_step="leave the budget out; what was said so far is kept",
            )
        what = "has no room for another call" if self.refused else "is spent"
        return InputError(
            f"The budget for judging {what}: {self._now.tokens:,.0f} tokens in this call.",
            expected="a budget for all responses that are left",
            next_step="run the same command again: it goes on from here, for what was said is kept, and graded in the end",
        )

    def _spent(self, judge: str, prompt: float, completion: float) -> _Spent:
        price = self.prices.get(judge)
        cost = price.cost(prompt, completion, batch=self.batch) if price else None
        return _Spent(prompt + completion, cost or 0.0)
