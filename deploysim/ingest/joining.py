"""Calls of a model, joined to conversations: a log of calls holds a conversation of three turns three times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import TypeVar

from deploysim.ingest.formats.chat import read_chat
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Rejected, Row
from deploysim.types import RawConversation

MAX_JOINED_BYTES = 256 * 1024 * 1024
"""Rows wait in memory for what belongs to them up to so much; then the oldest ones are taken for complete."""
PROBLEM = "problem"
"""Field of a joined row that holds the error of reading it."""
_BYTES_A_VALUE = 64
_FIRST = datetime.min.replace(tzinfo=UTC)

Chat = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model: what was sent and what came back, as chat messages that are not read yet."""

    key: str
    """What calls of one conversation share: a session, a thread, a trace."""
    sent: tuple[Chat, ...]
    """Empty where the log only tells what its trace belongs to."""
    reply: tuple[Chat, ...]
    """The assistant message; empty where the call failed."""
    at: datetime | None = None
    model: str | None = None
    about: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the row: user, metadata, opt-outs."""
    is_session: bool = False
    """Whether the key names a conversation over several traces, in which each call may hold one turn only."""
    trace: str = ""
    """What the calls made for one answer to the user share; empty where the log does not say."""
    is_wrapper: bool = False
    """Whether it stands around calls that may be in the log as well, such as the run of an agent."""
    problem: UnreadableRowError | NotReplayableError | None = None


def joined(rows: Iterator[Row | Rejected], calls_of: Callable[[Row], Iterable[Call]]) -> Iterator[Row | Rejected]:
    """Turn the calls that rows hold into rows in the shape of chat messages, one a conversation, numbered from 1.

    Args:
        rows: The file's rows.
        calls_of: The calls that a row holds; may raise what a reader raises.
    """
    rejected: list[Rejected] = []
    number = 0
    for group in grouped(_settled(_calls(rows, calls_of, rejected)), lambda call: call.key, _size):
        while rejected:
            yield rejected.pop()
        for fields in conversations_of(group):
            number += 1
            yield Row(number, fields)
    yield from rejected


def grouped(
    items: Iterable[T], key: Callable[[T], str], size: Callable[[T], int], limit: int | None = None
) -> Iterator[list[T]]:
    """Yield items that share a key together, in the order in which the keys first appear.

    Args:
        items: In any order.
        key: What to group by.
        size: Bytes that an item takes, about.
        limit: Bytes that may wait; beyond, the oldest group is yielded as it is.
    """
    waiting: dict[str, list[T]] = {}
    sizes: dict[str, int] = {}
    total = 0
    for item in items:
        name, bytes_of = key(item), size(item)
        waiting.setdefault(name, []).append(item)
        sizes[name] = sizes.get(name, 0) + bytes_of
        total += bytes_of
        while total > (limit or MAX_JOINED_BYTES):
            oldest = next(iter(waiting))
            total -= sizes.pop(oldest)
            yield waiting.pop(oldest)
    while waiting:
        yield waiting.pop(next(iter(waiting)))


def size_of(value: object) -> int:
    """Say about how many bytes of memory a value takes."""
    if isinstance(value, str):
        return _BYTES_A_VALUE + len(value)
    if isinstance(value, Mapping):
        return _BYTES_A_VALUE + sum(size_of(item) for item in value.values())
    if isinstance(value, list | tuple):
        return _BYTES_A_VALUE + sum(size_of(item) for item in value)
    return _BYTES_A_VALUE


def conversations_of(calls: Sequence[Call]) -> Iterator[dict[str, object]]:
    """Yield the conversations that calls with one key come to, each once, as fields in the shape of chat messages.

    A call that sends an earlier one's messages and its reply again continues it. Where every call of a session sends
    one user message alone, they are its turns, one after another. Calls of different models are never joined. A call
    that failed or cannot be read is not part of what the user went on from, and stands alone.
    """
    answered = [call for call in calls if call.reply and not call.problem]
    ordered = sorted(answered, key=lambda call: call.at or _FIRST)
    joined_calls = [_chain(ordered)] if _single_turns(ordered) else _grown(ordered)
    yield from (_fields(call) for call in joined_calls)
    yield from (_fields(call) for call in calls if not call.reply or call.problem)


def _grown(ordered: Sequence[Call]) -> Iterable[Call]:
    """Return the calls without those that another one continues."""
    known: dict[int, Call] = {}
    # Hash of all that was said in a conversation -> its place in `known`.
    ends: dict[int, int] = {}
    for number, call in enumerate(ordered):
        before = next((said for said in reversed(_said(call, call.sent)) if said in ends), None)
        place = number if before is None else ends.pop(before)
        known[place] = _continued(known[place], call) if before is not None else call
        ends[_said(call, (*call.sent, *call.reply))[-1]] = place
    return known.values()


def read_joined(row: Row, stats: ReadStats) -> RawConversation:
    """Read a row that `joined` made."""
    problem = row.fields.get(PROBLEM)
    if isinstance(problem, UnreadableRowError | NotReplayableError):
        raise problem
    return read_chat(row, stats)


def _calls(
    rows: Iterator[Row | Rejected], calls_of: Callable[[Row], Iterable[Call]], rejected: list[Rejected]
) -> Iterator[Call]:
    for row in rows:
        if isinstance(row, Rejected):
            rejected.append(row)
            continue
        try:
            yield from calls_of(row)
        except (UnreadableRowError, NotReplayableError) as problem:
            yield Call(f"row {row.number}", (), (), problem=problem)


def _settled(calls: Iterable[Call]) -> Iterator[Call]:
    """Leave out what wraps calls that are there themselves, and tell every call what others of its trace know."""
    for group in grouped(calls, lambda call: call.trace or call.key, _size):
        yield from _of_one_trace(group)


def _of_one_trace(group: list[Call]) -> Iterator[Call]:
    spoken = [call for call in group if call.sent or call.problem]
    # Of what wraps other calls the outermost begins first.
    outermost = sorted(spoken, key=lambda call: (call.problem is not None, call.at or _FIRST))[:1]
    inner = [call for call in spoken if not call.is_wrapper] or outermost
    session = next((call.key for call in group if call.is_session), None)
    user = next((call.about["user"] for call in group if call.about.get("user")), None)
    for call in inner:
        if user and not call.about.get("user"):
            call = replace(call, about={**call.about, "user": user})
        if session is not None and not call.is_session:
            call = replace(call, key=session, is_session=True)
        yield call


def _single_turns(calls: Sequence[Call]) -> bool:
    return len(calls) > 1 and all(
        call.is_session
        and call.model == calls[0].model
        and [m.get("role") for m in call.sent if m.get("role") not in ("system", "developer")] == ["user"]
        for call in calls
    )


def _chain(calls: Sequence[Call]) -> Call:
    sent = list(calls[0].sent)
    for before, call in pairwise(calls):
        sent += [*before.reply, *(m for m in call.sent if m.get("role") == "user")]
    first, last = calls[0], calls[-1]
    return replace(first, sent=tuple(sent), reply=last.reply, about={**last.about, **first.about})


def _said(call: Call, messages: Sequence[Chat]) -> list[int]:
    """Return, for each number of messages from the first, a hash of the model and of them."""
    return list(
        accumulate((_sign(message) for message in messages), lambda *both: hash(both), initial=hash(call.model))
    )


def _continued(earlier: Call, call: Call) -> Call:
    """Keep the earlier call's own messages: they say why the model stopped, which a history does not."""
    before = (*earlier.sent, *earlier.reply)
    sent = (*before, *call.sent[len(before) :])
    about = {**earlier.about, **call.about}
    return replace(earlier, sent=sent, reply=call.reply, at=earlier.at or call.at, about=about)


def _sign(message: Chat) -> tuple[object, ...]:
    """Return what two copies of a message share, whatever shape its content was logged in."""
    content = message.get("content")
    if isinstance(content, list | tuple):
        content = "".join(str(p.get("text", "")) for p in content if isinstance(p, Mapping))
    calls = message.get("tool_calls")
    return str(message.get("role")), str(content or "").strip(), len(calls) if isinstance(calls, list | tuple) else 0


def _fields(call: Call) -> dict[str, object]:
    if call.problem:
        return {PROBLEM: call.problem}
    if not call.reply:
        return {PROBLEM: NotReplayableError(Exclusion.FAILED_CALL)}
    return {
        "id": call.key,
        "messages": [*call.sent, *call.reply],
        "model": call.model,
        "created": call.at,
        **call.about,
    }


def _size(call: Call) -> int:
    return size_of((*call.sent, *call.reply, call.about))
