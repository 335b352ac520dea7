"""What a run has spent so far and what the whole of it will come to: for the Runs page, the terminal and the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploysim.chat.profiles import Price, price_in
from deploysim.store.run_progress import RunProgress, read_progress
from deploysim.store.runs import RunRecord
from deploysim.store.workspace import Workspace
from deploysim.wording import money


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens and what they cost."""

    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """None where the price is not known: unknown is not zero."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What a run has spent, as the endpoint counted it."""

    so_far: Amount | None
    """Earlier attempts included, for they were paid for too; None where the endpoint has counted nothing yet."""
    projected: Amount | None
    """What the whole run comes to, all prefixes and repeats of it; None before the first answer."""
    currency: str = ""
    """Empty where no price is known."""
    priced_as_of: str = ""
    """Day on which somebody looked at the price, ISO."""
    budget: float | None = None
    """Most money that the run may spend, in the same currency; None for no limit."""
    budget_tokens: int | None = None
    """Most tokens that it may read and write; None for no limit."""
    share: float | None = None
    """Share of the budget that is spent, of the tighter one of two; None without a budget, or where nothing is known."""

    def words(self) -> str:
        """Return it in one line."""
        if self.so_far is None:
            return "spending not known: the endpoint has counted no tokens"
        found = f"{_tokens(self.so_far)}{self._money(self.so_far)} so far"
        if self.projected is not None and self.projected != self.so_far:
            found += f"; the whole run about {_tokens(self.projected)}{self._money(self.projected)}"
        limits = [money(self.budget, self.currency)] if self.budget is not None else []
        limits += [f"{self.budget_tokens:,} tokens"] if self.budget_tokens is not None else []
        spent = f", {self.share:.0%} of it spent" if self.share is not None else ""
        return f"{found}; budget {' and '.join(limits)}{spent}" if limits else found

    def _money(self, amount: Amount) -> str:
        return "" if amount.cost is None else f", {money(amount.cost, self.currency)}"


def run_spending(workspace: Workspace, run: RunRecord) -> Spending:
    """Return what a run has spent so far and what the whole of it will come to.

    Prefixes go out in random blocks, so what the first ones took, times how many more there are, is a fair projection.
    A run that was made elsewhere has spent nothing that is known here.
    """
    progress = read_progress(workspace, run.run_id)
    price, batch = price_in(run.settings.get("price")), bool(run.settings.get("batch"))
    so_far = _so_far(run, progress, price, batch=batch)
    done = progress.done if progress else 0
    total = run.prefixes * run.repeats
    whole = None
    if so_far is not None and done:
        share = max(1.0, total / done)
        whole = _amount(so_far.prompt_tokens * share, so_far.completion_tokens * share, price, batch=batch)
    return Spending(
        so_far=so_far,
        projected=whole,
        currency=price.currency if price else "",
        priced_as_of=price.as_of.isoformat() if price else "",
        budget=run.settings.get("budget"),
        budget_tokens=run.settings.get("budget_tokens"),
        share=_share(run.settings, so_far),
    )


def _so_far(run: RunRecord, progress: RunProgress | None, price: Price | None, *, batch: bool) -> Amount | None:
    if run.prompt_tokens is not None and run.completion_tokens is not None:
        return _amount(run.prompt_tokens, run.completion_tokens, price, batch=batch)
    if progress is None or not progress.prompt_tokens + progress.completion_tokens:
        return None
    return _amount(progress.prompt_tokens, progress.completion_tokens, price, batch=batch)


def _amount(prompt: float, completion: float, price: Price | None, *, batch: bool) -> Amount:
    return Amount(round(prompt), round(completion), price.cost(prompt, completion, batch=batch) if price else None)


def _share(settings: dict[str, Any], spent: Amount | None) -> float | None:
    if spent is None:
        return None
    shares = []
    if settings.get("budget") is not None and spent.cost is not None:
        shares.append(spent.cost / settings["budget"])
    if settings.get("budget_tokens") is not None:
        shares.append((spent.prompt_tokens + spent.completion_tokens) / settings["budget_tokens"])
    return max(shares, default=None)


def _tokens(amount: Amount) -> str:
    return f"{amount.prompt_tokens:,} tokens read and {amount.completion_tokens:,} written"
