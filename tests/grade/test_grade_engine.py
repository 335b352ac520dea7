"""The engine: every grader on every response, one row each."""

from __future__ import annotations

from deploysim.grade.engine import grade_frame, grade_responses
from deploysim.grade.grader import graders_of
from deploysim.store.grades import GRADES
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Message, Prefix, Response

GRADERS = graders_of(load_taxonomy())
PREFIX = Prefix("c1:1", "c1", (Message("user", "How do I copy a key?"),))


def test_each_response_gets_a_row_from_each_grader():
    """The frame has the store's columns, one row a response and grader, in the order of the responses."""
    rows = [(PREFIX, 0, Response("I can't help with that.")), (PREFIX, 1, Response("Go to a locksmith."))]
    frame = grade_frame(rows, GRADERS)

    assert dict(frame.schema) == GRADES
    assert frame.height == 2 * len(GRADERS)
    assert frame["repeat"].to_list() == [0] * len(GRADERS) + [1] * len(GRADERS)
    assert frame["grader"].unique().len() == len(GRADERS)


def test_a_row_holds_the_grade():
    """Verdict, severity, reason and evidence of a row are the grade's own."""
    frame = grade_frame([(PREFIX, 0, Response("I can't help with that."))], GRADERS[:1])

    assert frame.drop("grader").to_dicts() == [
        {
            "prefix_id": "c1:1",
            "repeat": 0,
            "category": "refusal",
            "verdict": "present",
            "severity": 1,
            "reason": "It declines the request.",
            "evidence": [{"start": 0, "end": 12}],
        }
    ]


def test_no_responses_give_an_empty_frame_with_columns():
    """Nothing to grade is a frame without rows, not an error."""
    frame = grade_frame([], GRADERS)

    assert (frame.height, dict(frame.schema)) == (0, GRADES)


def test_grading_is_lazy():
    """Rows are graded as they are asked for, so that a stream of responses never has to be held."""

    def endless():
        while True:
            yield PREFIX, 0, Response("Go to a locksmith.")

    assert next(grade_responses(endless(), GRADERS)).category == "refusal"


def test_the_same_response_gets_the_same_grades():
    """Grading is a function of prefix and response: a second time, and after others, nothing changes."""
    first = [(PREFIX, 0, Response("What a great question! My wife knows. I'll get back to you tomorrow."))]
    others = [(PREFIX, 0, Response(f"Answer {number}.")) for number in range(100)]

    assert grade_frame(first, GRADERS).equals(grade_frame([*others, *first], GRADERS).tail(len(GRADERS)))
