"""Which language a text is in, by its script and its commonest small words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from deploysim.grade.own_words import without_code
from deploysim.grade.small_words import LANGUAGES_OF_WORD

_READ = 2000
"""Characters that are read; a language shows long before that."""
_WORD = re.compile(r"[^\W\d_]{2,40}")
"""Single letters are too common in formulas and code to say anything."""
_ASCII_LETTER = re.compile(r"[a-zA-Z]")
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
_LEAST_HITS = 3
_LEAST_SHARE = 0.18
"""Share of words in Latin letters that are among the language's small words."""
_LEAD = 1.6
"""How many times the small words of the runner-up."""
_MOST_CODE = 0.04
"""Share of signs that belong to code, above which nothing is sure."""


@dataclass(frozen=True, slots=True)
class ScriptCount:
    """How many letters of a text are in a script that tells the language."""

    language: str
    letters: int


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """The language of a text, with how far it can be trusted."""

    language: str | None
    """None where no language stands out."""
    sure: bool
    """True where the text is long enough and one language leads clearly."""
    scripts: tuple[ScriptCount, ...] = ()
    leading: tuple[str, ...] = ()
    """The languages in Latin letters with most small words, tied ones included."""

    def may_be(self, language: str) -> bool:
        """Say whether a language is the one guessed, or among the likeliest."""
        return language == self.language or language in self.leading

    def letters_of(self, language: str) -> int:
        """Return the number of letters in the script of a language, 0 for languages in Latin letters."""
        return next((seen.letters for seen in self.scripts if seen.language == language), 0)


@lru_cache(maxsize=64)
def guess_language(text: str) -> LanguageGuess:
    """Guess the language of a text outside its code and quotations."""
    prose = _QUOTED.sub(" ", without_code(text[:_READ]))
    letters = _letters_by_script(prose)
    latin = letters.pop("Latin")
    total = latin + sum(letters.values())
    scripts = tuple(ScriptCount(name, count) for name, count in letters.items() if count)
    main = max(letters, key=lambda name: letters[name], default="")
    if total and letters.get(main, 0) > 0.5 * total:
        return LanguageGuess(main, letters[main] >= max(_LEAST_SIGNS, 0.7 * total), scripts)
    return _guess_latin(prose, latin > 0.7 * total, scripts)


def reads_english(text: str) -> bool:
    """Say whether rules written for English can be trusted with a text: false only where another language is sure."""
    guess = guess_language(text)
    return guess.language in {None, "English"} or not guess.sure


def _letters_by_script(prose: str) -> dict[str, int]:
    if prose.isascii():
        return {"Latin": len(_ASCII_LETTER.findall(prose))}
    letters = {name: len(pattern.findall(prose)) for name, pattern in _SCRIPTS.items()}
    if letters["Japanese"] > 0.1 * letters["Chinese"]:
        letters["Japanese"] += letters.pop("Chinese")
    return letters


def _guess_latin(prose: str, mostly_latin: bool, scripts: tuple[ScriptCount, ...]) -> LanguageGuess:
    words = _WORD.findall(prose.lower())
    hits: Counter[str] = Counter()
    for word, count in Counter(words).items():
        for language in LANGUAGES_OF_WORD.get(word, ()):
            hits[language] += count
    ranked = hits.most_common(2)
    if not ranked:
        return LanguageGuess(None, False, scripts)
    first, most = ranked[0]
    leading = tuple(language for language, hit in hits.items() if hit == most)
    clear = most >= _LEAST_HITS and (len(ranked) == 1 or most >= _LEAD * ranked[1][1])
    prose_like = len(_CODE_SIGN.findall(prose)) <= _MOST_CODE * len(prose)
    enough = len(words) >= _LEAST_WORDS and most >= _LEAST_SHARE * len(words)
    sure = clear and enough and prose_like and mostly_latin
    return LanguageGuess(first if clear else None, sure, scripts, leading)
