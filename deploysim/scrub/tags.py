"""The short words around a conversation's texts: model, language, finish reasons, names of tools, call ids, metadata keys.

Programs write them, and mostly they say nothing of a person. One in which personal data is found goes as a whole, as
half of an id is of no use: names and ids become a keyed hash, so that calls and their results stay linked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from deploysim.scrub.findings import Finding
from deploysim.scrub.surrogates.stream import KeyedStream
from deploysim.types import Message

REMOVED = "removed"
_MACHINE_MADE = re.compile(r"(?:call|toolu|tooluse|fc)_[A-Za-z0-9]{20,48}")
"""Ids of calls as the providers draw them at random: every call has another one, so looking through them would cost."""


def is_machine_made(tag: str) -> bool:
    """Say whether a tag is a random id, in which nothing can be personal."""
    return _MACHINE_MADE.fullmatch(tag) is not None


def is_personal(tag: str, findings: Sequence[Finding]) -> bool:
    """Say whether what was found in a tag makes it personal; `request-id` is no username for the word before it."""
    return any(finding.entity != "USERNAME" or "@" in tag for finding in findings)


class TagBook:
    """Tags of one conversation without personal data.

    Args:
        key: Secret bytes of the workspace.
        conversation_id: The conversation: the same tag becomes another hash in another one.
        personal: Says whether a tag holds personal data.
    """

    def __init__(self, key: bytes, conversation_id: str, personal: Callable[[str], bool]) -> None:
        self._key = key
        self._conversation = conversation_id
        self._personal = personal

    def word(self, tag: str | None) -> str | None:
        """Return a tag of which nothing else depends, such as a model's name."""
        return REMOVED if tag and self._personal(tag) else tag

    def name(self, tag: str) -> str:
        """Return a tag that must differ from others and agree with itself, such as a call's id."""
        if not tag or not self._personal(tag):
            return tag
        stream = KeyedStream(self._key, self._conversation, "TAG", tag)
        return f"{REMOVED}_{stream.below(1 << 24):06x}{stream.below(1 << 24):06x}"

    def message(self, message: Message) -> Message:
        """Return a message with its tags replaced."""
        return replace(
            message,
            tool_calls=tuple(replace(c, id=self.name(c.id), name=self.name(c.name)) for c in message.tool_calls),
            tool_call_id=self.name(message.tool_call_id) if message.tool_call_id else message.tool_call_id,
            finish_reason=self.word(message.finish_reason),
        )
