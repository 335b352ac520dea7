"""A rule for categories of one's own: phrases that must not be said."""

from __future__ import annotations

import re
from functools import lru_cache

from deploysim.grade.own_words import own_words, without_code
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import absent, present
from deploysim.types import Grade, Prefix, Response


def phrases(prefix: Prefix, response: Response, *, any_of: tuple[str, ...], own_words_only: bool = True) -> Grade:
    """Decide whether one of the phrases is said, as whole words, in capital or small letters.

    With `own_words_only` quotations, code, letters and dialogues in the response are not looked at.
    """
    del prefix
    text = own_words(response.text) if own_words_only else prepared(without_code(response.text))
    spans = tuple(match.span() for _, match in zip(range(5), _pattern(any_of).finditer(text), strict=False))
    return (
        present("It uses one of the phrases looked for.", *spans) if spans else absent("None of the phrases is in it.")
    )


@lru_cache(maxsize=64)
def _pattern(any_of: tuple[str, ...]) -> re.Pattern[str]:
    wanted = [r"\s{1,3}".join(map(re.escape, prepared(phrase).split())) for phrase in any_of]
    return re.compile(r"(?<!\w)(?:" + "|".join(wanted) + r")(?!\w)")
