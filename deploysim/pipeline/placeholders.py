"""A sampled conversation as it would read had placeholders been put in place of surrogates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from deploysim.store.sample_prefixes import SampledPrefix
from deploysim.types import Message, Span


@dataclass(frozen=True, slots=True)
class Placeheld:
    """A prefix and its recorded response with placeholders."""

    messages: tuple[Message, ...]
    response: str


def with_placeholders(sampled: SampledPrefix) -> Placeheld:
    """Return a prefix and its response with `<ENTITY>` in place of every replaced stretch."""
    every = (*sampled.prefix.messages, sampled.recorded)
    texts = [
        _replaced(message.content, [span for span in sampled.spans if span.message == at])
        for at, message in enumerate(every)
    ]
    messages = tuple(replace(m, content=text) for m, text in zip(sampled.prefix.messages, texts, strict=False))
    return Placeheld(messages, texts[-1])


def _replaced(text: str, spans: Iterable[Span]) -> str:
    for span in sorted(spans, key=lambda one: one.start, reverse=True):
        text = f"{text[: span.start]}<{span.entity}>{text[span.end :]}"
    return text
