"""The texts of a conversation, taken apart for the detectors and put together again without personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from deploysim.scrub.findings import Finding
from deploysim.scrub.given import given_literals
from deploysim.scrub.json_text import Literal, encoded, is_json, is_number, literals
from deploysim.types import RawConversation

Replace = Callable[[str, str], str]
"""From entity and value to what stands in its place."""

METADATA = -1
"""In place of a message index."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of a scrubbed text that stands where personal data stood."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True, slots=True)
class ScrubbedText:
    """A text without personal data."""

    text: str
    spans: tuple[TextSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a conversation: a content, the arguments of a tool call, or a metadata value."""

    message: int
    """Index of the message, or `METADATA`."""
    text: str
    lead: str = ""
    """Words put before the text so that detectors see what it is, such as the name of a metadata field."""
    literals: tuple[Literal, ...] | None = None
    """The strings and numbers of a JSON text; None for plain text."""

    def passages(self) -> list[str]:
        """Return the texts to look through."""
        if self.literals is None:
            return [self.lead + self.text]
        return [lead_in(literal.key) + literal.value for literal in self.literals]


def fields_of(raw: RawConversation) -> Iterator[Field]:
    """Yield every text of a conversation: contents and tool arguments by message, then metadata, tools and parameters."""
    for index, message in enumerate(raw.messages):
        yield field_for(index, message.content)
        for call in message.tool_calls:
            yield field_for(index, call.arguments)
    for name, value in raw.metadata:
        yield field_for(METADATA, value, name=name)
    for text in (*raw.tools, *(value for _, value in raw.parameters)):
        yield Field(METADATA, text, literals=given_literals(text))


def field_for(message: int, text: str, *, name: str = "") -> Field:
    """Return a text as a field; a JSON text is taken apart into its strings and numbers."""
    if is_json(text):
        return Field(message, text, literals=tuple(literals(text)))
    return Field(message, text, lead=lead_in(name))


def lead_in(key: str) -> str:
    """Return a key as the words that would announce its value in a sentence: `order_id` as "order id: "."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]+", " ", key).strip().lower()
    return f"{words}: " if words and len(words) <= 40 else ""


def rebuilt(field: Field, found: Sequence[list[Finding]], replace: Replace) -> ScrubbedText:
    """Return a field's text with its findings replaced.

    Args:
        field: The text as it was taken apart.
        found: The findings of each of its passages, in order.
        replace: Gives what stands in place of a value.
    """
    if field.literals is None:
        return _plain(field.text, _within(found[0], len(field.lead)), replace)
    out: list[str] = []
    spans: list[TextSpan] = []
    done = length = 0
    for literal, findings in zip(field.literals, found, strict=True):
        inside = _within(findings, len(lead_in(literal.key)))
        if not inside:
            continue
        kept = field.text[done : literal.start]
        piece = _literal(field.text[literal.start : literal.end], literal.value, inside, replace)
        spans += [TextSpan(s.start + length + len(kept), s.end + length + len(kept), s.entity) for s in piece.spans]
        out += [kept, piece.text]
        length += len(kept) + len(piece.text)
        done = literal.end
    return ScrubbedText("".join([*out, field.text[done:]]), tuple(spans))


def _within(findings: list[Finding], lead: int) -> list[Finding]:
    """Return findings as positions behind the lead-in; what lies in the lead-in itself is dropped."""
    return [
        Finding(max(0, one.start - lead), one.end - lead, one.entity, one.score) for one in findings if one.end > lead
    ]


def _plain(text: str, findings: list[Finding], replace: Replace, write: Callable[[str], str] = str) -> ScrubbedText:
    out: list[str] = []
    spans: list[TextSpan] = []
    done = length = 0
    for finding in findings:
        kept = write(text[done : finding.start])
        made = write(replace(finding.entity, text[finding.start : finding.end]))
        spans.append(TextSpan(length + len(kept), length + len(kept) + len(made), finding.entity))
        out += [kept, made]
        length += len(kept) + len(made)
        done = finding.end
    return ScrubbedText("".join([*out, write(text[done:])]), tuple(spans))


def _literal(source: str, value: str, findings: list[Finding], replace: Replace) -> ScrubbedText:
    if not source.startswith('"'):
        made = _plain(value, findings, replace)
        return made if is_number(made.text) else ScrubbedText(json.dumps(made.text, ensure_ascii=False))
    inner = _plain(value, findings, replace, encoded)
    return ScrubbedText(f'"{inner.text}"', tuple(TextSpan(s.start + 1, s.end + 1, s.entity) for s in inner.spans))
