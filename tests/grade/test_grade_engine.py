"""The engine: what each grader said of each response, as rows with the store's columns."""

from __future__ import annotations

from deploysim.grade.engine import GradeRow, grade_frame, rule_rows
from deploysim.grade.grader import graders_of
from deploysim.store.grades import GRADES
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Failure, FailureKind, Grade, Message, Opinion, Prefix, Response, Verdict

GRADERS = graders_of(load_taxonomy())
REFUSAL = next(grader for grader in GRADERS if grader.category == "refusal")
PREFIX = Prefix("c1:1", "c1", (Message("user", "How do I copy a key?"),))
NO_JUDGE = {"confidence": None, "steps": None, "content": None, "reused": False}


def test_each_response_gets_a_row_from_each_grader():
    """The frame has the store's columns, one row a response and grader, in the order of the responses."""
    rows = [(PREFIX, 0, Response("I can't help with that.")), (PREFIX, 1, Response("Go to a locksmith."))]
    frame = grade_frame(rule_rows(rows, GRADERS))

    assert dict(frame.schema) == GRADES
    assert frame.height == 2 * len(GRADERS)
    assert frame["repeat"].to_list() == [0] * len(GRADERS) + [1] * len(GRADERS)
    assert frame["grader"].unique().len() == len(GRADERS)


def test_a_row_holds_the_grade():
    """Verdict, severity, reason and evidence of a row are the grade's own."""
    frame = grade_frame(rule_rows([(PREFIX, 0, Response("I can't help with that."))], [REFUSAL]))

    assert frame.drop("grader", *NO_JUDGE).to_dicts() == [
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


def test_a_row_keeps_what_every_step_said():
    """Confidence, the opinion of each step, the content and whether it was judged for another response are columns."""
    opinions = (
        Opinion("rule refusal", Verdict.UNSURE, "Not English."),
        Opinion("judge a", Verdict.ABSENT, "It helps.", None, 0.8),
    )
    grade = Grade(Verdict.ABSENT, "It helps.", confidence=0.8, opinions=opinions)
    (row,) = grade_frame([GradeRow("c1:1", 0, REFUSAL, grade, content="f" * 64, reused=True)]).to_dicts()

    assert (row["confidence"], row["content"], row["reused"]) == (0.8, "f" * 64, True)
    assert [(step["by"], step["verdict"], step["confidence"]) for step in row["steps"]] == [
        ("rule refusal", "unsure", None),
        ("judge a", "absent", 0.8),
    ]


def test_a_judge_that_failed_is_a_row_without_a_verdict():
    """A failed call is a counted row that says why, never a missing one and never a verdict."""
    failure = Failure(FailureKind.TIMED_OUT, "a: no whole response within 5 s")
    (row,) = grade_frame([GradeRow("c1:1", 0, REFUSAL, failure)]).to_dicts()

    assert (row["verdict"], row["severity"]) == ("failed", None)
    assert row["reason"] == "The judge gave no verdict: timed out (a: no whole response within 5 s)."


def test_no_responses_give_an_empty_frame_with_columns():
    """Nothing to grade is a frame without rows, not an error."""
    frame = grade_frame([])

    assert (frame.height, dict(frame.schema)) == (0, GRADES)


def test_the_same_response_gets_the_same_grades():
    """Grading is a function of prefix and response: a second time, and after others, nothing changes."""
    first = [(PREFIX, 0, Response("What a great question! My wife knows. I'll get back to you tomorrow."))]
    others = [(PREFIX, 0, Response(f"Answer {number}.")) for number in range(100)]
    after = grade_frame(rule_rows([*others, *first], GRADERS)).tail(len(GRADERS))

    assert grade_frame(rule_rows(first, GRADERS)).equals(after)
