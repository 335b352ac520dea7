"""Audits in words: the same sentences in the terminal and on pages."""

from __future__ import annotations

from deploysim.audit.records import Comparison, JudgeChoice, Tell
from deploysim.types import Interval

PUBLISHED = (
    "50 % means that they cannot be told apart; published for agents: 11.6 % with few affordances, 49.5 % with all"
)
_QUESTIONS = {
    "fidelity": "Can replayed responses of the old model be told from the recorded ones?",
    "candidate": "Can the candidate's responses be told from the recorded ones?",
    "models": "Can the candidate's responses be told from the baseline's?",
    "control": "Control: can two responses of one model to the same prefix be told apart?",
}


def percent(share: float | None) -> str:
    """Return a share as a percentage; unknown is n/a."""
    return "n/a" if share is None else f"{100 * share:.0f} %" if 0.005 < share < 0.995 else f"{100 * share:.1f} %"


def question_words(one: Comparison) -> str:
    """Return the question that a comparison answers."""
    return _QUESTIONS[one.question]


def within(interval: Interval | None, *, as_percent: bool) -> str:
    """Return an interval in brackets, or nothing where there is none."""
    if interval is None:
        return ""
    low, high = interval.low, interval.high
    return f" ({percent(low)} to {percent(high)})" if as_percent else f" ({low:.2f} to {high:.2f})"


def auc_words(one: Comparison) -> str:
    """Return the classifier's AUC with its interval and what it means."""
    if one.auc is None:
        return f"n/a ({one.conversations} conversations are too few)"
    return f"AUC {one.auc:.2f}{within(one.auc_interval, as_percent=False)}, {verdict(one)}"


def verdict(one: Comparison) -> str:
    """Say whether the two sides can be told apart: by the interval, not by the estimate."""
    if one.auc is None or one.auc_interval is None:
        return "too few conversations to say"
    if one.auc_interval.low > 0.5:
        return "they can be told apart"
    if one.auc_interval.high < 0.6:
        return "they cannot be told apart by their surface"
    return "not told apart, and not enough pairs to rule it out"


def mistaken_words(one: Comparison) -> str:
    """Return how often the second side is taken for the first."""
    share = f"{percent(one.mistaken)}{within(one.mistaken_interval, as_percent=True)}"
    return f"The {one.second.label} response is taken for the {one.first.label} one in {share} of pairs"


def tell_words(tell: Tell, one: Comparison) -> str:
    """Return one feature in words: which side has more of it, in how many pairs."""
    more, less = (
        (one.first.label, one.second.label) if tell.first >= tell.second else (one.second.label, one.first.label)
    )
    high, low = max(tell.first, tell.second), min(tell.first, tell.second)
    return f"{more} {tell.more}: in {percent(high)} of pairs, {less} in {percent(low)}"


def judge_words(said: JudgeChoice) -> str:
    """Return how a judge did."""
    parts = [
        f"{said.judge}: takes the second for the original in {percent(said.mistaken.value)}"
        f"{within(said.mistaken.interval, as_percent=True)} of {said.pairs:,} pairs",
        f"undecided in {said.undecided:,}",
        f"chose what stood first in {percent(said.chose_first_shown.value)}",
    ]
    return ", ".join(parts) + (f", {said.failed:,} calls failed." if said.failed else ".")
