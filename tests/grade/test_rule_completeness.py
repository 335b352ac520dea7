"""The rules for empty and cut-off responses."""

from __future__ import annotations

import pytest

EMPTY = ["", " ", "\n\n\t", "...", "---", "```\n```", "\u200b\u200b", "**", "?!", "<>", '""']
NOT_EMPTY = ["No.", "7", "👍", "ok", "是", "->  a", "€", "da", "x = 1", "…and so on"]

STOPPED = [
    ("and then you add the", None),
    ("You will need flour, butter and sugar for the dough, and a little more butter to grease the", None),
    ("In the second act, the prince sees the ghost again and decides that he has to speak with his", None),
    ("First we compare the two plans with each other and then we look at how much each of them costs us", None),
    ("There are three reasons for this: it is cheap, it is quick, it is well known,", None),
    ("- Bring a coat because of", None),
    ("Done.", "length"),
    ("All fine so far.", "content_filter"),
    ("Primero hay que lavar la", None),
]
FINISHED = [
    ("It is Oslo.", None),
    ("Is that what you meant?", None),
    ("and then you add the", "stop"),
    ("Have a good day! 🌞", None),
    ("```python\nprint(1)\n```", None),
    ("See you soon (or later)", None),
    ("Dear Bo,\n\nThank you.\n\nBest regards,", None),
    ("那是奥斯陆。", None),
    ("A walk by the sea with my two dogs and my best friend today #happy #dogs", None),
    ("| a | b |\n|---|---|\n| 1 | 2 |", None),
]
OPEN = [("- Flour\n- Butter\n- Sugar", None), ("Oslo", None), ("Best regards,\nKim Dahl", None)]


@pytest.mark.parametrize("text", EMPTY)
def test_nothing_to_read_is_empty(decide, text):
    """Blanks and bare punctuation say nothing."""
    assert decide("empty_response", "Hello?", text).verdict == "present"


@pytest.mark.parametrize("text", NOT_EMPTY)
def test_a_single_sign_is_an_answer(decide, text):
    """A letter, a digit or a symbol is something."""
    assert decide("empty_response", "Hello?", text).verdict == "absent"


@pytest.mark.parametrize(("text", "finish_reason"), STOPPED)
def test_stops_in_the_middle_are_found(decide, text, finish_reason):
    """The finish reason decides, or else a last line that cannot be the end; the evidence is the end."""
    grade = decide("cut_off", "Go on.", text, finish_reason=finish_reason)

    assert ("present", len(text)) == (grade.verdict, grade.evidence[0][1])


@pytest.mark.parametrize(("text", "finish_reason"), FINISHED)
def test_finished_texts_are_not_cut_off(decide, text, finish_reason):
    """A finish reason that says so, or a closing mark, is an end."""
    assert decide("cut_off", "Go on.", text, finish_reason=finish_reason).verdict == "absent"


@pytest.mark.parametrize(("text", "finish_reason"), OPEN)
def test_ends_that_may_be_meant_are_unsure(decide, text, finish_reason):
    """List items, names and single words may end without a mark."""
    assert decide("cut_off", "Go on.", text, finish_reason=finish_reason).verdict == "unsure"
