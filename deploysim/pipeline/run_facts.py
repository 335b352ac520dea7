"""How a run goes, as facts in words: the same on the Runs page and in a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from deploysim.pipeline.spending import Spending
from deploysim.store.outcomes import CUT
from deploysim.store.responses import RunSums
from deploysim.store.run_progress import RunProgress
from deploysim.store.runs import RunRecord
from deploysim.wording import counted, duration

NO_PRICE = "price not known: add it to data/models.yaml"
NEARLY = 0.8
"""Share of a budget from which on it deserves a look."""
AFTER = 5
"""Answers from which on a rate says something."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a run."""

    label: str
    value: str
    trouble: bool = False
    """Whether it deserves a look."""


def live_facts(run: RunRecord, progress: RunProgress, *, spending: Spending, now: datetime) -> tuple[Fact, ...]:
    """Return what is known of a run that is at work.

    Args:
        run: The run.
        progress: How far its process says it is.
        spending: What it has spent.
        now: Aware time from which the end is reckoned.
    """
    # A provider's batches have no calls of ours whose pace says anything.
    live = not run.settings.get("batch")
    found = (
        *(_pace(progress, now) if live else (Fact("Ends", "within the provider's 24 hours"),)),
        Fact("Tokens", f"{progress.prompt_tokens:,} in, {progress.completion_tokens:,} out"),
        Fact("Spend", spend_words(run, spending), trouble=(spending.share or 0) > NEARLY),
        Fact("Failures", failures_words(progress.failed_by_kind), trouble=progress.failed > 0),
        Fact("Tried again", counted(progress.retries, "call") if live else "", trouble=progress.retries > 0),
        Fact("Cut by length", counted(progress.cut, "response") if progress.cut else ""),
        Fact("Answered by", _answered_by(run, progress), trouble=True),
    )
    return tuple(fact for fact in found if fact.value)


def _pace(progress: RunProgress, now: datetime) -> tuple[Fact, ...]:
    return (
        Fact("Rate", _rate(progress)),
        Fact("Ends", _end(progress, now)),
        Fact("Latency", latency_words(progress.latencies)),
        Fact("In flight", _width(progress), trouble=progress.waits_s > 0),
    )


def ended_facts(run: RunRecord, sums: RunSums, *, spending: Spending) -> tuple[Fact, ...]:
    """Return what a run that does not work any more came to.

    Args:
        run: The run.
        sums: What its responses come to.
        spending: What it has spent.
    """
    cut = run.outcomes.get(CUT, 0)
    found = (
        Fact("Latency", latency_words(sums.latencies)),
        Fact("Tokens", f"{sums.prompt_tokens:,} in, {sums.completion_tokens:,} out"),
        Fact("Spend", spend_words(run, spending)),
        Fact("Cut by length", counted(cut, "response") if cut else ""),
        Fact("Took", _took(run)),
    )
    return tuple(fact for fact in found if fact.value)


def failures_words(by_kind: dict[str, int]) -> str:
    """Return failures by reason, most frequent first."""
    return ", ".join(f"{count:,} {kind}" for kind, count in by_kind.items()) or "none"


def _rate(progress: RunProgress) -> str:
    each = progress.per_second
    if each is None:
        return "waiting for the first response"
    return f"{each:.1f} responses/s" if each >= 1 else f"{60 * each:.1f} responses/min"


def _end(progress: RunProgress, now: datetime) -> str:
    left = progress.seconds_left
    if left is None or progress.answered_now < min(AFTER, progress.total - progress.done):
        return "not known yet"
    at = now + timedelta(seconds=left)
    return (
        f"in {duration(left)}, about {at:%H:%M} UTC" if left < 72_000 else f"in {duration(left)}, {at:%d %b %H:%M} UTC"
    )


def latency_words(latencies: dict[str, float]) -> str:
    """Return percentiles of latencies in words."""
    names = {"50": "median", "90": "p90", "99": "p99"}
    said = [f"{name} {_seconds(latencies[percent])}" for percent, name in names.items() if percent in latencies]
    return " · ".join(said) or "n/a (n = 0)"


def _seconds(value: float) -> str:
    return f"{value * 1_000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _width(progress: RunProgress) -> str:
    if progress.width is None:
        return ""
    waits = f"; all wait {duration(progress.waits_s)} for a limit" if progress.waits_s else ""
    return f"up to {progress.width:,} now, at most {progress.ceiling:,}{waits}"


def spend_words(run: RunRecord, spending: Spending) -> str:
    """Return what a run has cost and what the whole of it will come to; nothing of one that was made elsewhere."""
    if run.imported_from:
        return ""
    if run.settings.get("base_url") is None:
        return "nothing: it runs on this machine"
    if spending.so_far is None:
        return "not known yet"
    share = f"; {spending.share:.0%} of its budget" if spending.share is not None else ""
    if spending.so_far.cost is None:
        return f"{NO_PRICE}{share}"
    whole = spending.projected
    ahead = whole is not None and whole != spending.so_far and whole.cost is not None
    projected = f", about {whole.cost:,.2f} in all" if ahead and whole else ""
    priced = f" (prices of {spending.priced_as_of})"
    return f"{spending.so_far.cost:,.2f} {spending.currency} so far{projected}{share}{priced}"


def _took(run: RunRecord) -> str:
    if run.finished_at is None or run.imported_from:
        return ""
    seconds = (datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.created_at)).total_seconds()
    return f"{duration(seconds)} from first start to end"


def _answered_by(run: RunRecord, progress: RunProgress) -> str:
    if set(progress.answered_by) <= {run.model}:
        return ""
    return ", ".join(f"{name} ({count:,})" for name, count in progress.answered_by.items())
