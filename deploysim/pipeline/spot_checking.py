"""The spot-check of scrubbing: what to read next, and what reading so far says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from deploysim.errors import InputError
from deploysim.stats.leaks import clean_needed, conversation_bound, leak_bound
from deploysim.store.conversations import message_count, message_order
from deploysim.store.spot_checks import SpotCheck, spot_checks
from deploysim.store.workspace import Workspace
from deploysim.wording import counted

QUEUE_SEED = 0
QUEUE = 2_000
"""Messages that are put in order at a time; more than anybody reads."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two readers of the same messages agree on whether they leak."""

    messages: int
    agreed: int
    kappa: float | None
    """Cohen's kappa; None where it is not defined, as when both found no leak anywhere."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the spot-check says so far. A message counts once, and as a leak when any reader found one."""

    read: int
    leaks: int
    bound: float | None
    """Share of messages that leak, at most, at 95 %, if readers miss none."""
    conversation_bound: float | None
    leaks_by_type: dict[str, int]
    over_by_type: dict[str, int]
    agreement: Agreement | None
    withheld: tuple[SpotCheck, ...]
    """The leaks that conversations are withheld for."""

    def headline(self) -> str:
        """Return the result in one line."""
        if self.bound is None:
            return "Nothing read yet: how much may leak is unknown."
        found = "0 leaks" if not self.leaks else counted(self.leaks, "leak")
        return f"{counted(self.read, 'message')} read, {found}: at most {self.bound:.1%} of messages leak (95 %)."

    def still_needed(self, limit: float) -> str:
        """Return how far reading is from a limit, in words."""
        more = clean_needed(self.leaks, self.read, limit)
        if more == 0:
            return f"The bound is within {limit:.1%}."
        if more is None:
            return f"No amount of reading brings it under {limit:.1%}: scrub anew."
        return f"{counted(more, 'more clean message')} would bring it under {limit:.1%}."


def queue(workspace: Workspace, *, seed: int = QUEUE_SEED, limit: int = QUEUE) -> list[tuple[str, int]]:
    """Return messages in the random order in which every reader meets them: conversation and index.

    One order for all readers: what two of them read overlaps, and what they read together is a random sample.
    """
    return list(message_order(workspace, seed=seed, limit=limit).iter_rows())


def next_unread(order: Sequence[tuple[str, int]], checks: Iterable[SpotCheck], reader: str) -> tuple[str, int] | None:
    """Return the first message of the order that a reader has not judged."""
    done = {(check.conversation_id, check.message) for check in checks if check.reader == reader}
    return next((place for place in order if place not in done), None)


def facts(workspace: Workspace) -> Facts:
    """Return what all readers found so far."""
    checks = spot_checks(workspace)
    messages, conversations = message_count(workspace)
    read = {(check.conversation_id, check.message) for check in checks}
    leaks = [check for check in checks if check.verdict == "leak"]
    leaking = {(check.conversation_id, check.message) for check in leaks}
    bound = leak_bound(len(leaking), len(read))
    return Facts(
        read=len(read),
        leaks=len(leaking),
        bound=bound,
        conversation_bound=conversation_bound(bound, messages, conversations),
        leaks_by_type=dict(Counter(check.entity for check in leaks).most_common()),
        over_by_type=dict(Counter(check.entity for check in checks if check.verdict == "over").most_common()),
        agreement=agreement(checks),
        withheld=tuple(leaks),
    )


def agreement(checks: Iterable[SpotCheck]) -> Agreement | None:
    """Compare the first two readers of every message that two have read; None where no message has two.

    Kappa: Cohen 1960, Educational and Psychological Measurement 20:37, on leak or no leak.
    """
    by_message: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for check in checks:
        by_message[check.conversation_id, check.message].append(check.verdict == "leak")
    pairs = [(found[0], found[1]) for found in by_message.values() if len(found) > 1]
    if not pairs:
        return None
    n = len(pairs)
    agreed = sum(a == b for a, b in pairs)
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    by_chance = first * second + (1 - first) * (1 - second)
    kappa = None if by_chance == 1 else (agreed / n - by_chance) / (1 - by_chance)
    return Agreement(n, agreed, kappa)


def check_gate(workspace: Workspace, base_url: str | None, *, limit: float | None, override: str = "") -> str:
    """Say nothing, or why conversations may leave this machine although the limit is not met.

    Args:
        workspace: Whose spot-checks count.
        base_url: Where the conversations would go; None is the embedded model.
        limit: The team's limit; None where there is none.
        override: The reason of whoever decides otherwise.

    Raises:
        InputError: where they would go to another machine, the bound is above the limit, and no reason is given.
    """
    if limit is None or not is_remote(base_url):
        return ""
    found = facts(workspace)
    if found.bound is not None and found.bound <= limit:
        return ""
    if override.strip():
        return f"Sent to another machine above the leak limit of {limit:.1%} ({found.headline()}): {override.strip()}"
    raise InputError(
        f"The spot-check does not allow sending conversations to another machine. {found.headline()}",
        expected=f"at most {limit:.1%} of messages, as DEPLOYSIM_LEAK_LIMIT says. {found.still_needed(limit)}",
        next_step="read more messages on the Privacy page, or give a reason that is recorded: --override-privacy REASON",
    )


def is_remote(base_url: str | None) -> bool:
    """Say whether an endpoint is on another machine."""
    return base_url is not None and (urlsplit(base_url).hostname or "") not in _LOOPBACK
