"""The rule for loops."""

from __future__ import annotations

import pytest

LOOPS = [
    "I am sorry to hear that. " * 5,
    "Sure!\n" + "1. The first step is to check the water.\n" * 6,
    "The house is a very good house and " * 8,
    "It is a good idea to go. It is a nice day to go. " * 4,
    "very " * 40,
    "Das ist auf der Welt. " * 5,
    "这是一个很好的问题。" * 6,
    "a" * 200,
    "- Use the best tool for the job\n- Use the best tool for the job\n- Use the best tool for the job\n"
    "- Use the best tool for the job\n- Ask a friend",
    "Yes. " + "He said that she said that " * 9 + "so.",
]
NO_LOOPS = [
    "- Buy milk\n- Buy bread\n- Buy eggs\n- Buy salt\n- Buy oil\n- Buy rice",
    "1. Add one cup of flour.\n2. Add two cups of milk.\n3. Add one egg.\n4. Add one spoon of oil.",
    "| a | b |\n|---|---|\n" + "| one of the same | 1 |\n" * 8,
    "```\n" + "print('hello to all of you')\n" * 9 + "```",
    "No. No. No. No. No. No.",
    "=" * 300,
    "-" * 60 + "\nTitle\n" + "-" * 300,
    "The cat sat. The dog ran. The cat sat again, and the dog ran off. The cat slept.",
    "Thank you so much for this.\n\nThank you so much for this.\n\nThank you so much for this.",
    "Scenario: one\n  Given the user is logged in\n  Then a list is shown\nScenario: two\n  Given the user is logged in\n"
    "  Then a map is shown\nScenario: three\n  Given the user is logged in\n  Then a chart is shown\nScenario: four\n"
    "  Given the user is logged in\n  Then an error is shown\nAnd that is all there is to it, as far as I can see.",
    "0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1",
    "",
]


@pytest.mark.parametrize("text", LOOPS)
def test_loops_are_found(decide, text):
    """Sentences and runs of words that come again and again are present, with evidence where they are."""
    grade = decide("repetition_loop", "How do I do it?", text)
    start, end = grade.evidence[0]

    assert grade.verdict == "present"
    assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("text", NO_LOOPS)
def test_lists_tables_and_code_are_no_loops(decide, text):
    """What repeats by its nature is absent."""
    assert decide("repetition_loop", "How do I do it?", text).verdict == "absent"


@pytest.mark.parametrize(
    "user", ["Write a song about rain.", "Repeat after me.", "Say it 10 times.", "A short poem, please"]
)
def test_asked_for_repetition_is_unsure(decide, user):
    """A refrain may be what the user wanted."""
    assert decide("repetition_loop", user, "The rain falls down on me tonight.\n" * 5).verdict == "unsure"


def test_the_number_of_times_can_be_set(decide):
    """`times` says how often is too often."""
    text = "I am sorry to hear that. " * 4

    assert decide("repetition_loop", "Hi", text, times=4).verdict == "present"
    assert decide("repetition_loop", "Hi", text, times=6).verdict == "absent"
