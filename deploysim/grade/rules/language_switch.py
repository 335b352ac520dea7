"""Responses in another language than the user's."""

from __future__ import annotations

import re

from deploysim.grade.asking import user_texts
from deploysim.grade.language import LanguageGuess, guess_language
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_MENTIONED = re.compile(
    r"translat|traduc|traduz|tradui|übersetz|vertaal|перев[еёо]|翻译|翻譯|翻訳|번역|ترجم|\blanguages?\b|\bidioma"
    r"|\blangue\b|\bsprache\b|语言|язык|언어|言語"
    r"|\b(?:english|spanish|french|german|italian|portuguese|dutch|polish|turkish|swedish|danish|norwegian"
    r"|indonesian|vietnamese|romanian|czech|hungarian|finnish|japanese|chinese|mandarin|cantonese|korean|russian"
    r"|ukrainian|bulgarian|greek|arabic|hebrew|hindi|bengali|tamil|thai|georgian|armenian|latin|urdu|persian|farsi"
    r"|español|inglés|anglais|français|englisch|deutsch|inglese|italiano|inglês|português|engels|ingilizce"
    r"|angielsk\w+|bahasa inggris)\b"
    r"|英文|英语|英語|中文|日本語|한국어|한글|영어|английск|русск|انگلیسی|الإنجليزية|الانجليزية|अंग्रेज़ी"
)
_SOME = 0.12
"""Share of the user's message from which a second language counts as the user's own."""
_SCRIPT_SIGNS = 4
"""Letters of another script that show that the user writes it."""
_READ = 20_000
_SHOWN = 200


def language_switched(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response is in another language than the user's messages, unasked."""
    answer = guess_language(response.text)
    if answer.language is None or not answer.sure:
        return unsure("The response is too short or too mixed to tell its language.")
    guesses = [guess_language(text) for text in user_texts(prefix)]
    if any(_shared(guess, answer.language, text) for guess, text in zip(guesses, user_texts(prefix), strict=True)):
        return absent("It answers in the user's language.")
    if not guesses or not guesses[0].sure:
        return unsure("The user's message is too short or too mixed to tell its language.")
    if any(_MENTIONED.search(prepared(m.content[:_READ])) for m in prefix.messages if m.role != "assistant"):
        return unsure("A language or a translation was mentioned, so the other language may have been asked for.")
    reason = f"It answers in {answer.language}; the user wrote in {guesses[0].language}."
    return present(reason, (0, min(_SHOWN, len(response.text))))


def _shared(guess: LanguageGuess, language: str, text: str) -> bool:
    """Say whether a user's message is in a language, at least in part."""
    if guess.language == language or guess.share_of(language) >= _SOME:
        return True
    letters = sum(map(str.isalpha, text[:_READ]))
    return not language.isascii() or guess.share_of(language) * letters >= _SCRIPT_SIGNS > 0 and language in _SCRIPTED
