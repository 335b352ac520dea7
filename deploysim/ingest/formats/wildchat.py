"""WildChat's own columns, which LMSYS-Chat-1M shares: `conversation`, its hash or id, model, language, moderation.

`hashed_ip` stands for the user. `country`, `toxic` and `redacted` are kept as metadata; state, request headers and
moderation scores are not. The dataset's `redacted` means that its publishers replaced personal data, which does not
hinder a replay. A conversation with fewer user messages than `turn` says has lost one, and what answered it would be
replayed without it: such a conversation is excluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from deploysim.ingest.formats.base import ID_KEYS, Format, objects_with
from deploysim.ingest.given import given_fields, read_parameters
from deploysim.ingest.messages import check_replayable, read_messages
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Row
from deploysim.ingest.values import identifier, kind_of, metadata, opted_out, read_time
from deploysim.types import Message, RawConversation

_KEPT = ("country", "toxic", "redacted")


def read_wildchat(row: Row, stats: ReadStats) -> RawConversation:
    """Read one conversation in WildChat's columns."""
    fields = row.fields
    if opted_out(fields):
        raise NotReplayableError(Exclusion.OPTED_OUT)
    turns = objects_with(fields.get("conversation"), "role", "content")
    if turns is None:
        raise UnreadableRowError(
            f"conversation is {kind_of(fields.get('conversation'))}, expected a list of objects with role and content"
        )
    messages = read_messages(turns, stats)
    check_replayable(messages)
    _check_complete(fields.get("turn"), messages)
    return RawConversation(
        messages=messages,
        row=row.number,
        source_id=identifier(fields, ID_KEYS, stats),
        model=identifier(fields, ("model",), stats),
        started_at=_started(fields, turns, stats),
        user_id=_user(fields, turns, stats),
        language=identifier(fields, ("language",), stats),
        metadata=metadata({key: fields.get(key) for key in _KEPT}, stats),
        parameters=read_parameters(given_fields(*reversed(turns)), stats),
    )


def _check_complete(rounds: object, messages: Sequence[Message]) -> None:
    asked = sum(message.role == "user" for message in messages)
    if isinstance(rounds, int) and asked < rounds:
        raise NotReplayableError(Exclusion.MISSING_TURN)


def _started(fields: Mapping[str, object], turns: Sequence[Mapping[str, object]], stats: ReadStats) -> datetime | None:
    """The earliest time of a turn; the row's own time is that of the last one."""
    times = [read_time(turn.get("timestamp"), stats) for turn in turns]
    return min((time for time in times if time), default=read_time(fields.get("timestamp"), stats))


def _user(fields: Mapping[str, object], turns: Sequence[Mapping[str, object]], stats: ReadStats) -> str | None:
    places = (fields, *turns)
    return next((user for place in places if (user := identifier(place, ("hashed_ip",), stats))), None)


def _fits(fields: Mapping[str, object]) -> str | None:
    named = any(key in fields for key in ("conversation_hash", "conversation_id", "turn"))
    if named and objects_with(fields.get("conversation"), "role", "content") is not None:
        return "rows have `conversation` with roles, beside its hash, id or number of turns"
    return None


FORMAT = Format(
    "wildchat",
    "WildChat's and LMSYS-Chat's own columns",
    _fits,
    read_wildchat,
    skip_columns=frozenset({"openai_moderation", "detoxify_moderation", "header"}),
)
