"""What a judge is shown of a conversation and a response: all that fits, as text, with nothing hidden in it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploysim.types import Message, Prefix, Response, ToolCall

RESPONSE_CHARS = 24_000
"""Characters of a response that are shown, the longer part of them from its beginning."""
MESSAGE_CHARS = 6_000
"""Characters that are shown of one message or tool call of the conversation."""
CONVERSATION_CHARS = 24_000
"""Characters that are shown of a conversation: the system prompt, and as many of the latest messages as fit."""
_HEAD = 2 / 3

_HIDDEN = re.compile(
    # Controls, zero-width and direction marks, tags and private signs: a reader sees none of them, a model does. Joiners
    # stay, which several scripts and emoji need.
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u00ad\\u034f\\u115f\\u1160\\u180e\\u3164\\ufe00-\\ufe0d\\uffa0\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\U000e0000-\\U000e0fff\\ue000-\\uf8ff\\U000f0000-\\U0010ffff]"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the material under a heading of ours."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Material:
    """What a judge sees of one response and of the conversation before it."""

    conversation: tuple[Part, ...]
    response: tuple[Part, ...]
    """The text, and the tool calls where there are any."""
    notes: tuple[str, ...]
    """What was left out, in words."""


def content_key(prefix: Prefix, response: Response) -> str:
    """Return the SHA-256 of all that a verdict can depend on: equal for equal responses to equal messages."""
    value = [[_plain(message) for message in prefix.messages], response.text, [_call(c) for c in response.tool_calls]]
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def material(prefix: Prefix, response: Response) -> Material:
    """Return what a judge is shown. Nothing in it says which lane or model a response is from."""
    shown, left_out = _conversation(prefix.messages)
    answer = visible(response.text)
    parts = [Part("response", shortened(answer, RESPONSE_CHARS) if answer.strip() else "(no text)")]
    if response.tool_calls:
        parts.append(Part("tool calls of the response", _calls(response.tool_calls)))
    notes = [f"{left_out} earlier messages are left out"] if left_out else []
    if len(answer) > RESPONSE_CHARS:
        notes.append(f"{len(answer) - RESPONSE_CHARS:,} characters in the middle of the response are left out")
    if _HIDDEN.search(response.text):
        notes.append("signs that no reader can see are left out of the response")
    return Material(tuple(shown), tuple(parts), tuple(notes))


def visible(text: str) -> str:
    """Return a text without the signs that a reader cannot see."""
    return _HIDDEN.sub("", text)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters and a note: its beginning, and a shorter part of its end."""
    if len(text) <= most:
        return text
    head = int(most * _HEAD)
    return f"{text[:head]}\n[... {len(text) - most:,} characters left out ...]\n{text[len(text) - (most - head) :]}"


def _conversation(messages: Sequence[Message]) -> tuple[list[Part], int]:
    """Return the parts that fit, in their order, and how many messages do not."""
    parts = [_part(number, message) for number, message in enumerate(messages, 1)]
    systems = [part for part, message in zip(parts, messages, strict=True) if message.role == "system"]
    room = CONVERSATION_CHARS - sum(len(part.text) for part in systems[:1])
    kept = set(map(id, systems[:1]))
    for part in reversed(parts):
        if id(part) in kept:
            continue
        room -= len(part.text)
        if room < 0 and len(kept) > len(systems[:1]):
            break
        kept.add(id(part))
    shown = [part for part in parts if id(part) in kept]
    return shown, len(parts) - len(shown)


def _part(number: int, message: Message) -> Part:
    text = shortened(visible(message.content), MESSAGE_CHARS)
    if message.tool_calls:
        text = f"{text}\n(calls tools)\n{_calls(message.tool_calls)}".strip()
    return Part(f"message {number}, {message.role}", text or "(empty)")


def _calls(calls: Iterable[ToolCall]) -> str:
    return "\n".join(shortened(visible(f"{call.name}({call.arguments})"), MESSAGE_CHARS) for call in calls)


def _plain(message: Message) -> list[object]:
    return [message.role, message.content, [_call(call) for call in message.tool_calls]]


def _call(call: ToolCall) -> list[str]:
    # Ids are made up anew for every call and mean nothing.
    return [call.name, call.arguments]
