"""The spot-check of scrubbing: what to read next, and what reading so far says."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from deploysim.stats.leaks import clean_needed, conversation_bound, leak_bound
from deploysim.store.conversations import get_conversation, message_count, message_order
from deploysim.store.imports import import_records
from deploysim.store.samples import read_sample, sample_imports
from deploysim.store.spot_checks import MarkKind, SpotCheck, spot_checks
from deploysim.store.workspace import Workspace
from deploysim.types import Message, Span
from deploysim.wording import counted

Place = tuple[str, int]
"""Conversation id, and index of a message within it."""

QUEUE_SEED = 0
QUEUE = 2_000
"""Messages that are put in order at a time; more than anybody reads."""
EXAMPLE_LIMIT = 0.01
"""What reading is measured against where the team has set no limit."""
_NEVER = "9999"
"""Later than any moment."""
_SHARED_BY_ALL = 5
"""One message in so many is read by every reader, so that their agreement can be told."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One message as a reader sees it."""

    conversation_id: str
    import_id: str
    index: int
    """Index of the message within the conversation."""
    of: int
    """Messages of the conversation."""
    role: str
    text: str
    """Content, and what tools are called with, as one text."""
    spans: tuple[Span, ...]
    """What was replaced in it."""


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
    """Messages with a leak of a type."""
    over_by_type: dict[str, int]
    """Messages in which something of a type was replaced that should have stayed."""
    agreement: Agreement | None

    def headline(self) -> str:
        """Return the result in one line."""
        if self.bound is None:
            return "Nothing read yet: how much may leak is unknown."
        found = counted(self.leaks, "leak")
        return f"{counted(self.read, 'message')} read, {found}: at most {self.bound:.1%} of messages leak (95 %)."

    def still_needed(self, limit: float) -> str:
        """Return how far reading is from a limit, in words."""
        more = clean_needed(self.leaks, self.read, limit)
        if more == 0:
            return f"The bound is within {limit:.1%}."
        if more is None:
            return f"No amount of reading brings it under {limit:.1%}: scrub anew."
        return f"{counted(more, 'more clean message')} would bring it under {limit:.1%}."


def queue(workspace: Workspace, *, seed: int = QUEUE_SEED, limit: int = QUEUE) -> list[Place]:
    """Return messages in the random order in which every reader meets them.

    What has been read is the beginning of this order, and therefore a random sample of all messages.
    """
    return list(message_order(workspace, seed=seed, limit=limit).iter_rows())


def next_unread(order: Sequence[Place], checks: Iterable[SpotCheck], reader: str) -> Place | None:
    """Return the next message for a reader: not judged by them, nor by others unless all are to read it."""
    mine: set[Place] = set()
    others: set[Place] = set()
    for check in checks:
        (mine if check.reader == reader else others).add(check.place)
    return next((p for p in order if p not in mine and (p not in others or _for_all(p))), None)


def _for_all(place: Place) -> bool:
    return zlib.crc32(f"{place[0]}:{place[1]}".encode()) % _SHARED_BY_ALL == 0


def reading(workspace: Workspace, place: Place) -> Reading:
    """Return a message for reading, withheld or not.

    Raises:
        NotFoundError: where its conversation is gone.
    """
    conversation_id, index = place
    found = get_conversation(workspace, conversation_id, withheld_too=True)
    message = found.messages[index]
    return Reading(
        conversation_id,
        found.about["import_id"],
        index,
        len(found.messages),
        message.role,
        reading_text(message),
        tuple(span for span in found.spans if span.message == index),
    )


def reading_text(message: Message) -> str:
    """Return all of a message's words as one text; marks are positions in it. The content comes first."""
    calls = [f"calls {call.name}\n{call.arguments}" for call in message.tool_calls]
    return "\n\n".join(part for part in (message.content, *calls) if part)


def facts(workspace: Workspace, *, sample_id: str | None = None) -> Facts:
    """Return what all readers found so far, in all that is imported or in what a sample was drawn from.

    The messages of an import that were read are a random sample of it, as all that were read are of all.
    """
    imports = sample_imports(workspace, sample_id) if sample_id else None
    checks = valid_checks(workspace, sample_id=sample_id)
    messages, conversations = message_count(workspace, import_ids=imports)
    read = {check.place for check in checks}
    leaking = {check.place for check in checks if check.verdict == "leak"}
    bound = leak_bound(len(leaking), len(read))
    return Facts(
        read=len(read),
        leaks=len(leaking),
        bound=bound,
        conversation_bound=conversation_bound(bound, messages, conversations),
        leaks_by_type=_by_type(checks, "leak"),
        over_by_type=_by_type(checks, "over"),
        agreement=agreement(checks),
    )


def valid_checks(workspace: Workspace, *, sample_id: str | None = None, by_model: bool = False) -> list[SpotCheck]:
    """Return the spot-checks of the text as it is now, or of the text that a sample holds.

    A log that was imported once more was scrubbed anew: what was read before says nothing of it, but still holds for
    the samples that were drawn before.
    """
    imported = {record.import_id: record.imported_at for record in import_records(workspace)}
    imports = sample_imports(workspace, sample_id) if sample_id else None
    seen_at = read_sample(workspace, sample_id).created_at if sample_id else _NEVER
    return [
        check
        for check in spot_checks(workspace, by_model=by_model)
        if (imports is None or check.import_id in imports)
        and _same_text(check.at, seen_at, imported.get(check.import_id, ""))
    ]


def _same_text(one: str, other: str, changed: str) -> bool:
    """Say whether two moments are on the same side of a third; all are ISO, UTC."""
    return (one < changed) == (other < changed)


def _by_type(checks: Iterable[SpotCheck], kind: MarkKind) -> dict[str, int]:
    found = {(check.place, entity) for check in checks for entity in check.entities(kind)}
    return dict(Counter(entity for _, entity in found).most_common())


def agreement(checks: Iterable[SpotCheck]) -> Agreement | None:
    """Compare the first two readers of every message that two have read; None where no message has two.

    Kappa: Cohen 1960, Educational and Psychological Measurement 20:37, on leak or no leak.
    """
    by_message: dict[Place, list[bool]] = defaultdict(list)
    for check in checks:
        by_message[check.place].append(check.verdict == "leak")
    pairs = [(found[0], found[1]) for found in by_message.values() if len(found) > 1]
    if not pairs:
        return None
    agreed = sum(a == b for a, b in pairs)
    return Agreement(len(pairs), agreed, _kappa(pairs))


def _kappa(pairs: Collection[tuple[bool, bool]]) -> float | None:
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    by_chance = first * second + (1 - first) * (1 - second)
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
