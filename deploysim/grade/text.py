"""Text made ready for reading by rules: one spelling of quotes, small letters, short sentences.

Every text keeps its length, so a position found in a prepared text is a position in the response.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST_READ = 200_000
"""Characters of a response that are read for what it says; no real one comes near."""
LONGEST_SENTENCE = 1000
"""Characters. Longer stretches are cut, so that no pattern ever meets a longer text."""

_ONE_SPELLING = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼ´", "'"),
        **dict.fromkeys("“”„‟«»＂", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f\u3000\t\r\v\f", " "),
        "İ": "I",
    }
)
_BLANK = " \n\0"
_SENTENCE_END = re.compile(r"[.!?…。！？]{1,8}[\"')*_\]]{0,4}(?=\s)|[。！？]|\n|:(?=\s)")


class Sentence(NamedTuple):
    """A stretch of text and where it stands."""

    start: int
    end: int
    text: str


@lru_cache(maxsize=32)
def prepared(text: str) -> str:
    """Return the text in small letters, with straight quotes, hyphens and plain spaces; line breaks stay."""
    return text.translate(_ONE_SPELLING).lower()


def sentences(text: str) -> tuple[Sentence, ...]:
    """Cut a text at full stops, colons and line breaks; blank stretches are left out."""
    found: list[Sentence] = []
    start = 0
    for end in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        for at in range(start, end, LONGEST_SENTENCE):
            stop = min(end, at + LONGEST_SENTENCE)
            part = text[at:stop]
            if part.strip(_BLANK):
                found.append(Sentence(at, stop, part))
        start = end
    return tuple(found)
