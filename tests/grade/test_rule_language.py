"""The rule for responses in another language, and the guess behind it."""

from __future__ import annotations

import pytest

from deploysim.grade.language import guess_language, reads_english
from deploysim.types import Message

ENGLISH = "Could you tell me how I should clean the filter of my coffee machine and how often that has to be done?"
GERMAN = "Kannst du mir bitte sagen, wie ich den Filter von meiner Kaffeemaschine reinige und wie oft das sein muss?"
SPANISH = (
    "Primero hay que sacar el filtro de la máquina y lavarlo con agua caliente, pero sin jabón, para que no se dañe."
)
FRENCH = "Il faut d'abord sortir le filtre de la machine et le laver avec de l'eau chaude, mais sans savon, une fois par mois."
ENGLISH_ANSWER = (
    "Take the filter out of the machine and wash it with hot water, but do not use soap. Once a month is enough."
)
GERMAN_ANSWER = (
    "Nimm den Filter aus der Maschine und wasche ihn mit heißem Wasser, aber ohne Seife. Einmal im Monat ist genug."
)
DUTCH = (
    "Haal het filter uit de machine en was het met heet water, maar zonder zeep. Een keer per maand is genoeg voor je."
)
ITALIAN = "Prima devi togliere il filtro dalla macchina e lavarlo con acqua calda, ma senza sapone, una volta al mese."
POLISH = "Najpierw wyjmij filtr z ekspresu i umyj go w ciepłej wodzie, ale nie używaj mydła. Raz na miesiąc to już dość, jak się zdaje."
PORTUGUESE = "Primeiro tire o filtro da máquina e lave com água quente, mas não use sabão. Uma vez por mês já é o suficiente para isso."
RUSSIAN = "Сначала достаньте фильтр и промойте его горячей водой без мыла."
CHINESE = "先把滤网从咖啡机里取出来，用热水冲洗，不要用洗洁精。"
JAPANESE = "まずフィルターを取り出して、お湯で洗ってください。洗剤は使わないでください。"
TURKISH = (
    "Önce filtreyi çıkar ve sıcak su ile yıka, ama sabun kullanma. Ayda bir kez bunu yapmak çok iyi olur ve daha kolay."
)

LANGUAGES = [
    (ENGLISH, "English"),
    (GERMAN, "German"),
    (SPANISH, "Spanish"),
    (FRENCH, "French"),
    (DUTCH, "Dutch"),
    (ITALIAN, "Italian"),
    (PORTUGUESE, "Portuguese"),
    (RUSSIAN, "a Cyrillic language"),
    (CHINESE, "Chinese"),
    (JAPANESE, "Japanese"),
]
HITS = [
    (ENGLISH, SPANISH),
    (ENGLISH, GERMAN_ANSWER),
    (ENGLISH, FRENCH),
    (ENGLISH, RUSSIAN),
    (ENGLISH, CHINESE),
    (ENGLISH, JAPANESE),
    (ENGLISH, DUTCH),
    (GERMAN, ENGLISH_ANSWER),
    (GERMAN, ITALIAN),
    (CHINESE, ENGLISH_ANSWER),
    (RUSSIAN, ENGLISH_ANSWER),
]
SAME = [
    (ENGLISH, ENGLISH_ANSWER),
    (GERMAN, GERMAN_ANSWER),
    (SPANISH, SPANISH),
    ("请解释一下这个错误信息：\n" + ENGLISH, CHINESE),
    (f"Was heißt das hier?\n{ENGLISH}\n", GERMAN_ANSWER),
    (ENGLISH, "Say *buenos días*, which is Spanish for good morning, and they will be happy about that with you."),
    (
        ENGLISH,
        f'In the book it says: "{SPANISH}" That means that you have to wash it with hot water and not with soap.',
    ),
    (JAPANESE, JAPANESE),
]
UNSURE = [
    ("Translate this into Spanish: " + ENGLISH, SPANISH),
    ("How would you say this in German? " + ENGLISH, GERMAN_ANSWER),
    (
        "Übersetze das bitte, wie es da ist: ich habe den Filter nicht und er ist auch nicht in der Maschine.",
        ENGLISH_ANSWER,
    ),
    (ENGLISH, "```python\nfor i in range(10):\n    print(i)\n```"),
    ("GLaDOS", SPANISH),
    ("Coffee filter?", ENGLISH_ANSWER),
]


@pytest.mark.parametrize(("text", "language"), LANGUAGES)
def test_languages_are_told_apart(text, language):
    """One sentence is enough for the common languages."""
    guess = guess_language(text)

    assert (language, True) == (guess.language, guess.sure)


@pytest.mark.parametrize(
    "text", ["", "42", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "x = y + 1;", "OK", "def f(s): return s"]
)
def test_no_language_is_guessed_from_signs(text):
    """Numbers, codes and single words are never sure, so English rules still read them."""
    assert (guess_language(text).sure, reads_english(text)) == (False, True)


@pytest.mark.parametrize(("user", "text"), HITS)
def test_switches_are_found(decide, user, text):
    """A response that is surely in another language is present."""
    grade = decide("language_switched", user, text)

    assert (grade.verdict, grade.evidence[0][0]) == ("present", 0)


@pytest.mark.parametrize(("user", "text"), SAME)
def test_the_users_own_languages_do_not_count(decide, user, text):
    """Any language that the user writes, foreign words and quotations are absent."""
    assert decide("language_switched", user, text).verdict == "absent"


@pytest.mark.parametrize(("user", "text"), UNSURE)
def test_asked_for_or_too_short_is_unsure(decide, user, text):
    """Where a language was mentioned, or there is too little to read, the rule leaves it open."""
    assert decide("language_switched", user, text).verdict == "unsure"


def test_earlier_messages_count_as_the_users_language(decide):
    """An English error message pasted into a German conversation does not make a German answer a switch."""
    messages = (
        Message("user", GERMAN),
        Message("assistant", GERMAN_ANSWER),
        Message("user", "The operation could not be completed because the file is in use by another program."),
    )

    assert decide("language_switched", messages, GERMAN_ANSWER).verdict == "absent"
