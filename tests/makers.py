"""Small made-up things that many tests need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from deploysim.store.imports import ImportRecord, ImportWriter
from deploysim.store.workspace import Workspace
from deploysim.types import Conversation, Message, Span

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def conversation(number: int, *, turns: int = 2, **changes: Any) -> Conversation:
    """Return a scrubbed conversation with as many answered user messages as asked for."""
    messages: list[Message] = []
    for turn in range(1, turns + 1):
        messages.append(Message("user", f"question {turn} of conversation {number}"))
        messages.append(Message("assistant", f"answer {turn} of conversation {number}", finish_reason="stop"))
    values: dict[str, Any] = {
        "conversation_id": f"{number:012x}",
        "messages": tuple(messages),
        "row": number,
        "source_key": f"source-{number}",
        "content_key": f"content-{number}",
        "model": "old-model",
        "started_at": datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=number),
        "user_key": f"user-{number % 3}",
        "spans": (Span(0, 0, 8, "PERSON"),),
    }
    return Conversation(**{**values, **changes})


def record(import_id: str, count: int) -> ImportRecord:
    """Return an import's record."""
    return ImportRecord(
        import_id=import_id,
        source="log.jsonl",
        source_sha256="0" * 64,
        format="openai-chat",
        options={},
        imported_at=NOW.isoformat(),
        scrubbing="surrogates",
        scrub_fingerprint="f" * 64,
        conversations=count,
        messages=count * 4,
        replaced={"PERSON": count},
        excluded={},
        rejected=[],
        rejected_rows=0,
        duplicates=0,
        notes=[],
    )


def fill(workspace: Workspace, conversations: list[Conversation], import_id: str = "a" * 12) -> None:
    """Put conversations into a workspace as one import."""
    writer = ImportWriter(workspace, import_id, part_size=3)
    for item in conversations:
        writer.add(item)
    writer.finish(record(import_id, len(conversations)))
