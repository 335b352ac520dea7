"""Which language a text is in, by its script and its commonest small words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from deploysim.grade.own_words import without_code
from deploysim.grade.small_words import LANGUAGES_OF_WORD

_READ = 6000
"""Characters that are read; a language shows long before that."""
_WORD = re.compile(r"[^\W\d_]{2,40}")
"""Single letters are too common in formulas and code to say anything."""
_QUOTED = re.compile(r'"[^"\n]{1,300}"|“[^”\n]{1,300}”|«[^»\n]{1,300}»')
_CODE_SIGN = re.compile(r"[;{}<>=\\|]")

_SCRIPTS = {
    "Japanese": re.compile(r"[\u3040-\u30ff]"),
    "Chinese": re.compile(r"[\u4e00-\u9fff]"),
    "Korean": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "a Cyrillic language": re.compile(r"[\u0400-\u04ff]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "a language in Arabic script": re.compile(r"[\u0600-\u06ff]"),
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Hindi": re.compile(r"[\u0900-\u097f]"),
    "Bengali": re.compile(r"[\u0980-\u09ff]"),
    "Tamil": re.compile(r"[\u0b80-\u0bff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "Georgian": re.compile(r"[\u10a0-\u10ff]"),
    "Armenian": re.compile(r"[\u0530-\u058f]"),
    "Latin": re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]"),
}
_LEAST_SIGNS = 12
"""Letters of a script that must be there before it is sure."""
_LEAST_WORDS = 12
_LEAST_SHARE = 0.18
"""Share of words in Latin letters that are among the language's small words."""
_LEAD = 1.6
"""How many times the small words of the runner-up."""
_MOST_CODE = 0.04
"""Share of signs that belong to code, above which nothing is sure."""


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """How much of a text is in one language."""

    language: str
    share: float
    """Of letters for scripts, of words for the languages in Latin letters."""


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """The language of a text, with how far it can be trusted."""

    language: str | None
    """None where no language stands out."""
    sure: bool
    """True where the text is long enough and one language leads clearly."""
    shares: tuple[LanguageShare, ...]

    def share_of(self, language: str) -> float:
        """Return the share of one language, 0 where it was not seen."""
        return next((seen.share for seen in self.shares if seen.language == language), 0.0)


@lru_cache(maxsize=64)
def guess_language(text: str) -> LanguageGuess:
    """Guess the language of a text outside its code and quotations."""
    prose = _QUOTED.sub(" ", without_code(text[:_READ]))
    letters = _letters_by_script(prose)
    total = sum(letters.values())
    if total == 0:
        return LanguageGuess(None, False, ())
    shares = {name: count / total for name, count in letters.items() if count}
    latin = shares.pop("Latin", 0.0)
    script = max(shares, key=lambda name: shares[name], default=None)
    if script is not None and shares[script] > 0.5:
        sure = letters[script] >= _LEAST_SIGNS and shares[script] > 0.7
        return LanguageGuess(script, sure, _as_shares(shares))
    return _guess_latin(prose, latin, shares)


def reads_english(text: str) -> bool:
    """Say whether rules written for English can be trusted with a text: false only where another language is sure."""
    guess = guess_language(text)
    return guess.language in {None, "English"} or not guess.sure


def _letters_by_script(prose: str) -> dict[str, int]:
    if prose.isascii():
        return {"Latin": sum(map(str.isalpha, prose))}
    letters = {name: len(pattern.findall(prose)) for name, pattern in _SCRIPTS.items()}
    if letters["Japanese"] > 0.1 * letters["Chinese"]:
        letters["Japanese"] += letters.pop("Chinese")
    return letters


def _guess_latin(prose: str, latin: float, others: dict[str, float]) -> LanguageGuess:
    words = [word.lower() for word in _WORD.findall(prose)]
    hits = Counter(language for word in words for language in LANGUAGES_OF_WORD.get(word, ()))
    shares = others | {language: count / len(words) for language, count in hits.items()}
    ranked = hits.most_common(2)
    if not ranked:
        return LanguageGuess(None, False, _as_shares(shares))
    first, count = ranked[0]
    clear = count >= 3 and (len(ranked) == 1 or count >= _LEAD * ranked[1][1])
    prose_like = len(_CODE_SIGN.findall(prose)) <= _MOST_CODE * len(prose)
    sure = clear and prose_like and latin > 0.7 and len(words) >= _LEAST_WORDS and shares[first] >= _LEAST_SHARE
    return LanguageGuess(first if clear else None, sure, _as_shares(shares))


def _as_shares(shares: dict[str, float]) -> tuple[LanguageShare, ...]:
    return tuple(LanguageShare(language, share) for language, share in shares.items())
