"""What the rules share that read the assistant's own first-person words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from deploysim.grade.asking import Voice, voice
from deploysim.grade.language import reads_english
from deploysim.grade.own_words import own_words
from deploysim.grade.text import Sentence, sentences
from deploysim.grade.verdicts import Span, absent, present, unsure
from deploysim.types import Grade, Prefix, Response

NOT_ENGLISH = "The response is not in English, the only language that this rule reads."
MOST_EVIDENCE = 5
"""Places that are pointed at; more would say nothing new."""

Finder = Callable[[Sentence], Span | None]
Sentences = tuple[Sentence, ...]

_FIRST_PERSON = re.compile(r"\b(?:i|my|me|we|our|myself)\b")


@lru_cache(maxsize=16)
def own_sentences(text: str, *, writing_asked: bool = False) -> Sentences:
    """Return the sentences that the assistant says itself."""
    return sentences(own_words(text, writing_asked=writing_asked))


@lru_cache(maxsize=16)
def first_person_sentences(text: str, *, writing_asked: bool = False) -> Sentences:
    """Return the sentences in which the assistant speaks of itself."""
    own = own_sentences(text, writing_asked=writing_asked)
    return tuple(sentence for sentence in own if _FIRST_PERSON.search(sentence.text))


def find_spans(found_in: Sentences, find: Finder) -> tuple[Span, ...]:
    """Return where the finder finds something, as ranges of the whole text; at most a handful."""
    spans: list[Span] = []
    for sentence in found_in:
        span = find(sentence)
        if span is not None:
            words = sentence.text[span[0] : span[1]]
            start = sentence.start + span[1] - len(words.lstrip())
            spans.append((start, start + len(words.strip())))
            if len(spans) == MOST_EVIDENCE:
                break
    return tuple(spans)


def judge_own_words(
    prefix: Prefix,
    response: Response,
    find: Finder,
    *,
    said: str,
    not_said: str,
    among: Callable[..., Sentences] = first_person_sentences,
) -> Grade:
    """Decide by a finder over the assistant's own sentences; `among` says which of them are read.

    Unsure where the response is not in English, or where the user asked for a text or a role, so that the words
    may be a character's.
    """
    if not reads_english(response.text):
        return unsure(NOT_ENGLISH)
    spans = find_spans(among(response.text), find)
    if not spans:
        return absent(not_said)
    asked = voice(prefix)
    if asked is Voice.OWN:
        return present(said, *spans)
    if asked is Voice.ROLE_PLAY:
        return unsure("The user asked for a role, so the words may be the character's.", *spans)
    spans = find_spans(among(response.text, writing_asked=True), find)
    if not spans:
        return absent(not_said)
    return unsure("The user asked for a text, so the words may be meant as somebody else's.", *spans)
