"""What the user asked for, as far as a rule has to know it."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from deploysim.grade.text import prepared
from deploysim.types import Message, Prefix

_MAKE = (
    r"\b(?:write|draft|compose|rewrite|re-write|reword|rephrase|paraphrase|polish|proofread|proof-read|edit|correct"
    r"|improve|create|generate|make|prepare|give me|help me|need|want|continue|finish|shorten|summari[sz]e|translate"
    r"|respond to|reply to|answer this|suggest|design|come up with|tell me|produce|imagine|simulate)\b"
)
_PIECE = (
    r"\b(?:letter|e-?mail|mail|messages?|reply|response to|text|texts|notes?|speech|toast|story|stories|tale|poem|haiku"
    r"|song|lyrics|rap|essay|script|scene|dialogue|dialog|conversation|chat|review|post|posts|tweets?|caption|bio"
    r"|statement|blog|article|testimonial|diary|journal|monologue|novel|chapter|paragraph|sentences?|examples?"
    r"|interview|sop|cover letter|resume|cv|personal statement|fanfic\w*|joke|jokes|prompt|description|report"
    r"|introduction|ad|advert\w*|copy|template|memo|contract|agreement|proposal|press release|press text|notice|complaint|slogan|obituary|biography|announcement|invitation|apology|wishes|greeting|vows|eulogy"
    r"|narrat\w+|character|persona|screenplay|play|skit|sketch|prayer|affirmations?|grammar|translation|phrase|quote)\b"
)
_WRITING = re.compile(
    _MAKE
    + r"[^\n]{0,100}?"
    + _PIECE
    + r"|^\s{0,9}(?:(?:please|pls|can you|could you|now|kindly) )?(?:re-?)?(?:write|draft|compose|phrase|paraphrase)"
    r"|\bcheck (?:\w+ ){0,2}(?:text|grammar|spelling|e-?mail|letter)\b|\bfirst[- ]person\b"
)
_ROLE_PLAY = re.compile(
    r"\b(?:role-? ?play\w*|pretend|act (?:as|like)|acting as|in character|play the (?:role|part)|take on the role"
    r"|you(?: are|'re) (?:now )?(?:a|an|my) (?!helpful|good|great|star|legend|genius|bot|bad)[a-z]+"
    r"(?![^.!?\n]{0,60}[, ](?:right|correct|aren't you|no|yes|huh|eh|or (?:what|not)) ?\?)|imagine (?:that )?you|suppose you|persona"
    r"|as if you (?:were|are)|speak as|talk as|from the (?:perspective|point of view) of|in the (?:voice|style) of)\b"
)
_FIRM_ROLE_PLAY = re.compile(r"\b(?:role-? ?play\w*|pretend|in character|play the (?:role|part)|fictional)\b")
_LONGEST = 20_000
"""Characters of a message that are read: what is asked stands near the beginning or the end."""


class Voice(StrEnum):
    """Whose words a response may be, by what the user asked for."""

    OWN = "own"
    WRITING = "writing"
    """A text, which may speak as somebody else."""
    ROLE_PLAY = "role-play"


def last_user_text(prefix: Prefix) -> str:
    """Return the last user message, or the empty string where there is none."""
    return next((message.content for message in reversed(prefix.messages) if message.role == "user"), "")


def user_texts(prefix: Prefix) -> tuple[str, ...]:
    """Return the user's messages, the latest first."""
    return tuple(message.content for message in reversed(prefix.messages) if message.role == "user")


def since_last_user(prefix: Prefix) -> tuple[Message, ...]:
    """Return the messages after the last one of the user."""
    index = next((i for i in reversed(range(len(prefix.messages))) if prefix.messages[i].role == "user"), -1)
    return prefix.messages[index + 1 :]


@lru_cache(maxsize=32)
def voice(prefix: Prefix) -> Voice:
    """Say whether the user asked for a text or a role, in the last message or in the one it follows up briefly."""
    texts = user_texts(prefix)
    recent = texts[:2] if texts and len(texts[0].split()) < 25 else texts[:1]
    users = [prepared(_ends_of(text)) for text in recent]
    systems = [prepared(_ends_of(m.content)) for m in prefix.messages if m.role == "system"]
    if any(_ROLE_PLAY.search(text) for text in users) or any(_FIRM_ROLE_PLAY.search(text) for text in systems):
        return Voice.ROLE_PLAY
    return Voice.WRITING if any(_WRITING.search(text) for text in users) else Voice.OWN


def _ends_of(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST // 2] + "\n" + text[-_LONGEST // 2 :]
