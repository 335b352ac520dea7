"""Conversations as chat messages: OpenAI's and Anthropic's shapes, and Hugging Face `messages` columns.

Read are `messages`, a `system` prompt beside them, `id`, `model`, `user`, `language`, one of `created`, `time`,
`timestamp`, `created_at`, `started_at`, the tools and decoding parameters, and the single values in `metadata`. Everything else in a row is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploysim.ingest.formats.base import ID_KEYS, TIME_KEYS, Format, objects_with
from deploysim.ingest.given import read_parameters, read_tools
from deploysim.ingest.messages import check_replayable, read_messages, read_system
from deploysim.ingest.problems import NotReplayableError
from deploysim.ingest.records import Exclusion, ReadStats, Row
from deploysim.ingest.values import USER_KEYS, first_time, identifier, metadata, opted_out, structure
from deploysim.types import RawConversation

_ANTHROPIC_BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking")


def read_chat(row: Row, stats: ReadStats) -> RawConversation:
    """Read one row whose `messages` are a whole conversation."""
    fields = row.fields
    extra = structure(fields.get("metadata"))
    beside = extra if isinstance(extra, Mapping) else {}
    if opted_out(fields) or opted_out(beside):
        raise NotReplayableError(Exclusion.OPTED_OUT)
    messages = (*read_system(fields.get("system"), stats), *read_messages(fields.get("messages"), stats))
    check_replayable(messages)
    return RawConversation(
        messages=messages,
        row=row.number,
        source_id=identifier(fields, ID_KEYS, stats),
        model=identifier(fields, ("model",), stats),
        started_at=first_time(fields, TIME_KEYS, stats),
        user_id=identifier(fields, USER_KEYS, stats) or identifier(beside, USER_KEYS, stats),
        language=identifier(fields, ("language",), stats) or identifier(beside, ("language",), stats),
        metadata=metadata(beside, stats),
        tools=read_tools(fields, stats),
        parameters=read_parameters(fields, stats),
    )


def _fits_openai(fields: Mapping[str, object]) -> str | None:
    fit = objects_with(fields.get("messages"), "role") is not None
    return "rows have `messages` with a role each" if fit else None


def _fits_anthropic(fields: Mapping[str, object]) -> str | None:
    messages = objects_with(fields.get("messages"), "role")
    if messages is None:
        return None
    model = fields.get("model")
    if isinstance(model, str) and model.startswith("claude"):
        return "rows have `messages` and a Claude model"
    if fields.get("system") or any(_has_block(message.get("content")) for message in messages):
        return "rows have `messages` with a `system` prompt beside them, or blocks in Anthropic's shape"
    return None


def _has_block(content: object) -> bool:
    parts = objects_with(content, "type") or ()
    return any(part["type"] in _ANTHROPIC_BLOCKS for part in parts)


OPENAI = Format("openai-chat", "chat messages as the OpenAI API carries them", _fits_openai, read_chat)
ANTHROPIC = Format("anthropic-chat", "chat messages as the Anthropic API carries them", _fits_anthropic, read_chat)
