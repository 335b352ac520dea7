"""Real files in their published formats read whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from deploysim.ingest.detect import detect
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Exclusion, Outcome, ReadStats
from deploysim.types import RawConversation

SharedData = Callable[[str], Path]


def counts(outcomes: list[Outcome]) -> dict[str, int]:
    """Count what became of the rows."""
    return dict(Counter("read" if isinstance(found, RawConversation) else str(found.reason) for found in outcomes))


def test_wildchat_is_read_with_its_exclusions_explained(shared_data: SharedData) -> None:
    """Of 380 conversations 13 say that they have more turns than there are user messages."""
    path = shared_data("wildchat")
    stats = ReadStats()
    outcomes = list(read_conversations(path, stats=stats))

    assert (detect(path).format, detect(path).confidence) == ("wildchat", 1.0)
    assert counts(outcomes) == {"read": 367, Exclusion.MISSING_TURN: 13}
    assert stats == ReadStats(rows=380)


def test_agent_trajectories_as_json_text_are_read(shared_data: SharedData) -> None:
    """Messages that a Parquet column holds as JSON text read like any, tool calls and results included."""
    outcomes = list(read_conversations(shared_data("tau_bench")))

    assert counts(outcomes) == {"read": 200}
    messages = [message for found in outcomes if isinstance(found, RawConversation) for message in found.messages]
    called = {call.id for message in messages for call in message.tool_calls}
    assert {message.tool_call_id for message in messages if message.role == "tool"} <= called
