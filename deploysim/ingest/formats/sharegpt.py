"""ShareGPT: `conversations` of `from` (human, gpt, system) and `value`, or of `role` and `content` in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploysim.ingest.formats.base import ID_KEYS, TIME_KEYS, Format, objects_with
from deploysim.ingest.messages import check_replayable, read_messages, read_system
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Row
from deploysim.ingest.values import first_time, identifier, kind_of, opted_out
from deploysim.types import RawConversation

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "system": "system",
}
_TOOL_SPEAKERS = ("function_call", "observation", "tool", "function")
"""Their `value` is text of no agreed shape, so the calls cannot be told from it."""
_MEDIA = ("image", "images", "video", "videos", "audio", "audios")


def read_sharegpt(row: Row, stats: ReadStats) -> RawConversation:
    """Read one conversation in ShareGPT's shape."""
    fields = row.fields
    if opted_out(fields):
        raise NotReplayableError(Exclusion.OPTED_OUT)
    if any(fields.get(key) for key in _MEDIA):
        raise NotReplayableError(Exclusion.MEDIA)
    turns = _turns(fields)
    if turns is None:
        found = kind_of(fields.get("conversations"))
        raise UnreadableRowError(f"conversations is {found}, expected a list of objects with from and value")
    spoken = [_as_chat(turn) for turn in turns]
    messages = (*read_system(fields.get("system"), stats), *read_messages(spoken, stats))
    check_replayable(messages)
    return RawConversation(
        messages=messages,
        row=row.number,
        source_id=identifier(fields, ID_KEYS, stats),
        model=identifier(fields, ("model",), stats),
        started_at=first_time(fields, TIME_KEYS, stats),
        language=identifier(fields, ("language",), stats),
    )


def _turns(fields: Mapping[str, object]) -> Sequence[Mapping[str, object]] | None:
    said = fields.get("conversations")
    named = objects_with(said, "role", "content")
    if named is None:
        return objects_with(said, "from", "value")
    return [{"from": turn["role"], "value": turn["content"]} for turn in named]


def _as_chat(turn: Mapping[str, object]) -> Mapping[str, object]:
    speaker = turn["from"]
    if speaker in _TOOL_SPEAKERS:
        raise NotReplayableError(Exclusion.UNKNOWN_PART)
    if not isinstance(speaker, str) or speaker not in _ROLES:
        raise UnreadableRowError("a message is from none of " + ", ".join(_ROLES))
    return {"role": _ROLES[speaker], "content": turn["value"]}


def _fits(fields: Mapping[str, object]) -> str | None:
    return "rows have `conversations` of `from` and `value`" if _turns(fields) is not None else None


FORMAT = Format("sharegpt", "ShareGPT conversations", _fits, read_sharegpt)
