"""Damaged files never raise and never leak: each row comes out as a conversation, a rejection or an exclusion."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Rejected
from deploysim.ingest.responses import read_responses
from deploysim.types import RawConversation

MARKER = "Zanzibar"
TEXT = {"type": "text", "text": MARKER}
CALL = {"id": "c1", "type": "function", "function": {"name": MARKER, "arguments": "{}"}}
CHAT = [
    {"role": "system", "content": MARKER},
    {"role": "user", "content": [TEXT]},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "content": MARKER, "tool_call_id": "c1"},
    {"role": "assistant", "content": MARKER},
]
BLOCKS = [
    {"role": "user", "content": MARKER},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"q": MARKER}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [TEXT]}]},
    {"role": "assistant", "content": [TEXT]},
]
GOOD: dict[str, dict[str, object]] = {
    "openai-chat": {"id": "1", "created": 1_714_557_600, "metadata": {"k": MARKER}, "messages": CHAT},
    "anthropic-chat": {"system": MARKER, "messages": BLOCKS, "metadata": {"user_id": MARKER}},
    "api-log": {"request": {"messages": CHAT[:2]}, "response": {"choices": [{"message": CHAT[4]}]}},
    "wildchat": {"conversation_hash": "h", "turn": 1, "conversation": [CHAT[0], BLOCKS[0], CHAT[4]], "toxic": False},
    "sharegpt": {"conversations": [{"from": "human", "value": MARKER}, {"from": "gpt", "value": MARKER}]},
}
JUNK: tuple[object, ...] = (
    *(None, True, 0, -1, 1e308, "", MARKER, "[", "{}", "\x00\ud800"),
    *([], {}, [MARKER], {"type": [1]}, [[None]]),
)


def mutated(value: object, rng: random.Random) -> object:
    """Replace, drop or repeat something somewhere inside a value."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return rng.choice(JUNK)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        changed = mutated(value[at], rng)
        return [*value[:at], *([changed] * rng.randrange(3)), *value[at + 1 :]]
    key = rng.choice(list(value))
    rest = {name: item for name, item in value.items() if name != key}
    return rest if rng.random() < 0.2 else {**rest, key: mutated(value[key], rng)}


def assert_sound(outcome: object) -> None:
    """Check one outcome: storable text if it was read, no content in the reason if not."""
    if isinstance(outcome, RawConversation):
        for message in outcome.messages:
            message.content.encode()
            assert "\x00" not in message.content
    else:
        assert isinstance(outcome, Rejected | Excluded)
        assert MARKER not in outcome.reason


@pytest.mark.parametrize("name", GOOD)
def test_rows_of_damaged_shape_are_counted(tmp_path: Path, name: str) -> None:
    """1,000 seeded changes of a good row each: wrong types anywhere, missing keys, repeated parts."""
    rng = random.Random(7)
    rows = [GOOD[name]] + [mutated(GOOD[name], rng) for _ in range(1000)]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    outcomes = list(read_conversations(path, format=name))

    assert isinstance(outcomes[0], RawConversation)
    assert len(outcomes) == len(rows)
    for outcome in outcomes:
        assert_sound(outcome)


def test_damaged_responses_are_counted(tmp_path: Path) -> None:
    """The same for responses made elsewhere."""
    rng = random.Random(8)
    good = {"id": "c", "turn": 1, "response": {"choices": [{"message": CHAT[2], "finish_reason": "stop"}]}}
    rows = [good] + [mutated(good, rng) for _ in range(1000)]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    outcomes = list(read_responses(path))

    assert len(outcomes) == len(rows)
    assert all(MARKER not in outcome.reason for outcome in outcomes if isinstance(outcome, Rejected))


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Overwrite, delete or insert a few bytes."""
    found = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(found))
        found[at : at + rng.randrange(4)] = rng.choice((b"", b"\x00", b"\xff", b'"', b"\n", b"}", b"]", b",", b"\\u"))
    return bytes(found)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_files_of_damaged_bytes_are_counted(tmp_path: Path, name: str) -> None:
    """300 seeded damages of a small file of each kind: an error about the file, or counted rows."""
    rows = [GOOD["openai-chat"]] * 4
    texts: dict[str, str] = {
        "a.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "a.json": json.dumps(rows, indent=1),
        "a.csv": "prompt,response\n" + f'{MARKER},b\n"one\n{MARKER}",é\n' * 20,
    }
    columns = ColumnMap(user="prompt", assistant="response") if name == "a.csv" else None
    rng, path, errors = random.Random(9), tmp_path / name, 0
    for _ in range(300):
        path.write_bytes(damaged(texts[name].encode(), rng))
        try:
            outcomes = list(read_conversations(path, format=None if columns else "openai-chat", columns=columns))
        except InputError:
            errors += 1
            continue
        for outcome in outcomes:
            assert_sound(outcome)

    assert errors < 150


def test_damaged_parquet_is_counted(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    """A Parquet file that was cut off or changed is an error, or ends in a rejection."""
    good, path, rng = shared_data("wildchat").read_bytes(), tmp_path / "a.parquet", random.Random(10)
    for size in (len(good) // 2, len(good) - 1, 100):
        path.write_bytes(good[:size])
        with pytest.raises(InputError, match="damaged or incomplete"):
            read_conversations(path, format="wildchat")
    for _ in range(5):
        at = rng.randrange(4, len(good) // 2)
        path.write_bytes(good[:at] + rng.randbytes(50) + good[at + 50 :])
        for outcome in read_conversations(path, format="wildchat"):
            assert_sound(outcome)
