"""Responses in another language than the user's."""

from __future__ import annotations

import re

from deploysim.grade.asking import user_texts
from deploysim.grade.language import LanguageGuess, guess_language
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_MENTIONED = re.compile(
    r"translat|traduc|traduz|tradui|übersetz|vertaal|перев[еёо]|翻译|翻譯|翻訳|번역|ترجم|\blanguages?\b|\bidioma|\blangue\b"
    r"|\bsprache\b|语言|язык|언어|言語|\b(?:english|spanish|french|german|italian|portuguese|dutch|polish|turkish|swedish"
    r"|danish|norwegian|indonesian|vietnamese|romanian|czech|hungarian|finnish|japanese|chinese|mandarin|cantonese"
    r"|korean|russian|ukrainian|bulgarian|greek|arabic|hebrew|hindi|bengali|tamil|thai|georgian|armenian|latin|urdu"
    r"|persian|farsi|español|inglés|anglais|français|englisch|deutsch|inglese|italiano|inglês|português|engels"
    r"|ingilizce|angielsk\w+|bahasa inggris)\b|英文|英语|英語|中文|日本語|한국어|한글|영어"
    r"|английск|русск|انگلیسی|الإنجليزية|الانجليزية|अंग्रेज़ी"
)
_SCRIPT_SIGNS = 4
"""Letters of another script that show that the user writes it."""
_MOST_LINES = 40
_READ = 20_000
_SHOWN = 200


def language_switched(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response is in another language than the user's messages, unasked."""
    answer = guess_language(response.text)
    users = user_texts(prefix)
    if not answer.sure or answer.language is None:
        return _of_unclear(answer, users)
    if any(_writes(text, answer.language) for text in users):
        return absent("It answers in the user's language.")
    asked = guess_language(users[0]) if users else None
    if asked is None or not asked.sure:
        return unsure("The user's message is too short or too mixed to tell its language.")
    if any(_MENTIONED.search(prepared(m.content[:_READ])) for m in prefix.messages if m.role != "assistant"):
        return unsure("A language or a translation was mentioned, so the other language may have been asked for.")
    reason = f"It answers in {answer.language}; the user wrote in {asked.language}."
    return present(reason, (0, min(_SHOWN, len(response.text))))


def _of_unclear(answer: LanguageGuess, users: tuple[str, ...]) -> Grade:
    likely = ({answer.language} if answer.language else set()) | set(answer.leading)
    if any(guess_language(text).may_be(language) for text in users for language in likely):
        return absent("As far as can be told, it answers in the user's language.")
    return unsure("The response is too short or too mixed to tell its language.")


def _writes(text: str, language: str) -> bool:
    """Say whether a user's message is in a language, as a whole or in one of its lines."""
    guess = guess_language(text)
    if guess.may_be(language) or guess.letters_of(language) >= _SCRIPT_SIGNS:
        return True
    return any(guess_language(line).may_be(language) for line in text[:_READ].split("\n")[:_MOST_LINES])
