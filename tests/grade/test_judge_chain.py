"""Chains: who is asked when, what a panel says, and what is kept of every step."""

from __future__ import annotations

import pytest

from deploysim.chat.settings import ModelSettings
from deploysim.config import Secret
from deploysim.grade.grader import graders_of, left_out, left_out_sentence
from deploysim.grade.judging.chain import DIVIDED, JudgingStep, Seat, State, majority, state
from deploysim.grade.judging.judges import Judge, Judges
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Failure, FailureKind, Grade, Opinion, Verdict

P, A, U, N = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNSURE, Verdict.NOT_COMPARABLE
LOST = Failure(FailureKind.TIMED_OUT, "judge b")


def judge(name: str, **settings: object) -> Judge:
    """A judge of that name at some endpoint."""
    return Judge(name, ModelSettings(name, name, base_url="http://127.0.0.1:1/v1", **settings))


CHEAP, STRONG, THIRD = judge("cheap"), judge("strong"), judge("third")
FLAG, CONFIRM = JudgingStep(False, (CHEAP,)), JudgingStep(True, (STRONG,))
ONE, TWO = Seat(0, 0), Seat(1, 0)


def grade(verdict: Verdict, **fields: object) -> Grade:
    """A grade that says why."""
    return Grade(verdict, f"It is {verdict}.", **fields)


FLOWS = [
    ("a judge alone is asked first", None, [FLAG], {}, [ONE], None),
    ("and decides", None, [FLAG], {ONE: A}, [], A),
    ("nobody confirms what was found absent", None, [FLAG, CONFIRM], {ONE: A}, [], A),
    ("nor what is not comparable", None, [FLAG, CONFIRM], {ONE: N}, [], N),
    ("what was found is to be confirmed", None, [FLAG, CONFIRM], {ONE: P}, [TWO], None),
    ("what was left unsure too", None, [FLAG, CONFIRM], {ONE: U}, [TWO], None),
    ("the one who confirms has the last word", None, [FLAG, CONFIRM], {ONE: P, TWO: A}, [], A),
    ("also for what was unsure", None, [FLAG, CONFIRM], {ONE: U, TWO: P}, [], P),
    ("a judge behind a rule hears nothing of what the rule found", P, [FLAG], {}, [], P),
    ("nor of what it found absent", A, [FLAG], {}, [], A),
    ("but what it left unsure", U, [FLAG], {}, [ONE], None),
    ("and decides that", U, [FLAG], {ONE: A}, [], A),
    ("a rule can be confirmed", P, [CONFIRM], {}, [ONE], None),
    ("and overruled", P, [CONFIRM], {ONE: A}, [], A),
    ("what a rule excludes stays excluded", A, [CONFIRM], {}, [], A),
    ("three steps", U, [FLAG, CONFIRM], {ONE: P}, [TWO], None),
]


@pytest.mark.parametrize(("claim", "by_rule", "steps", "said", "asked", "verdict"), FLOWS, ids=[f[0] for f in FLOWS])
def test_who_is_asked_and_who_decides(claim, by_rule, steps, said, asked, verdict):
    """Each step hears what the one before passes on, and the last one that was asked decides."""
    first = grade(by_rule) if by_rule else None
    opinion = Opinion("rule r", by_rule) if by_rule else None
    found = state(opinion, steps, {seat: grade(v) for seat, v in said.items()}, first)

    assert (list(found.open), found.grade.verdict if found.grade else None, found.failure) == (asked, verdict, None)


def test_every_step_is_kept():
    """The grade is the last step's, and what each one said stands beside it in order."""
    votes = {ONE: grade(P, severity=2, confidence=0.6, evidence=((0, 3),)), TWO: grade(A, confidence=0.9)}
    found = state(Opinion("rule r", U, "Not English."), [FLAG, CONFIRM], votes, grade(U)).grade

    assert (found.verdict, found.severity, found.evidence, found.confidence) == (A, None, (), 0.9)
    assert found.opinions == (
        Opinion("rule r", U, "Not English."),
        Opinion("judge cheap", P, "It is present.", 2, 0.6),
        Opinion("judge strong", A, "It is absent.", None, 0.9),
    )


def test_a_judge_that_failed_stops_the_chain():
    """Without the word of a judge that is needed there is no grade; nobody else is asked in its place."""
    assert state(None, [FLAG, CONFIRM], {ONE: LOST}, None) == State(failure=LOST)
    assert state(None, [FLAG, CONFIRM], {ONE: grade(P), TWO: LOST}, None) == State(failure=LOST)


MAJORITIES = [
    ([P], P),
    ([P, P, A], P),
    ([P, A, A], A),
    ([P, A], U),
    ([P, A, U], U),
    ([P, P, A, A], U),
    ([U, U, P], U),
    ([N, N, P], N),
    ([LOST], LOST),
    ([P, P, LOST], P),
    ([P, A, LOST], LOST),
    ([P, LOST, LOST], LOST),
    ([P, P, P, LOST, LOST], P),
]


@pytest.mark.parametrize(("votes", "verdict"), MAJORITIES)
def test_more_than_half_of_a_panel_decides(votes, verdict):
    """A verdict needs more than half of all votes; who failed counts towards the whole; else the panel is divided."""
    found = majority([vote if isinstance(vote, Failure) else grade(vote) for vote in votes])

    assert (found if isinstance(found, Failure) else found.verdict) == verdict


def test_a_divided_panel_says_so():
    """Where nobody has a majority the reason is the division."""
    assert majority([grade(P), grade(A)]).reason == DIVIDED


def test_a_panel_sums_up_those_who_agree():
    """Severity is the lower middle, confidence the mean, evidence everybody's, the reason the first one's; dissent counts not."""
    votes = [
        grade(A, confidence=0.1),
        grade(P, severity=1, confidence=0.6, evidence=((0, 3), (5, 9))),
        grade(P, severity=4, confidence=0.8, evidence=((5, 9),)),
        grade(P, severity=3, confidence=None),
    ]
    found = majority(votes)

    assert (found.severity, found.confidence) == (3, pytest.approx(0.7))
    assert (found.evidence, found.reason) == (((0, 3), (5, 9)), "It is present.")


def test_all_of_a_panel_are_asked_at_once():
    """The seats of a step that are empty are open together."""
    panel = JudgingStep(False, (CHEAP, STRONG, THIRD))

    assert state(None, [panel], {Seat(0, 1): grade(P)}, None).open == (Seat(0, 0), Seat(0, 2))


TAXONOMY = load_taxonomy()


def by_category(judges: Judges):
    """The graders of the shipped taxonomy by category."""
    return {grader.category: grader for grader in graders_of(TAXONOMY, judges)}


def test_without_a_judge_rules_grade_and_the_rest_is_named():
    """Twenty-three categories are graded by rules alone; the other 19 are left out with the reason, none silently."""
    graders, left = by_category(Judges()), left_out(TAXONOMY)

    assert len(graders) == 23
    assert all(not grader.judging for grader in graders.values())
    assert len(left) == 19
    assert set(graders) | {one.category.id for one in left} == {category.id for category in TAXONOMY.categories}
    assert "Helps with violence" in left_out_sentence(left)
    assert "needs a judge, which DEPLOYSIM_JUDGE names" in left_out_sentence(left)


NAMES = [
    ("sycophancy", Judges((CHEAP,), (STRONG,)), "judge cheap, confirmed by judge strong"),
    ("sycophancy", Judges((CHEAP,)), "judge cheap"),
    ("sycophancy", Judges((CHEAP,), (CHEAP,)), "judge cheap"),
    ("sycophancy", Judges((CHEAP, THIRD), (STRONG,)), "panel of cheap, third, confirmed by judge strong"),
    ("refusal", Judges((CHEAP,), (STRONG,)), "rule refusal, judge cheap"),
    ("over_refusal", Judges((CHEAP,), (STRONG,)), "rule refusal, confirmed by judge cheap"),
    ("empty_response", Judges((CHEAP,), (STRONG,)), "rule empty_response"),
]


@pytest.mark.parametrize(("category", "judges", "name"), NAMES)
def test_chains_are_made_of_who_is_configured(category, judges, name):
    """Steps for which nobody is named are left out where they can be; nobody confirms their own verdict."""
    assert by_category(judges)[category].name == name
    assert left_out(TAXONOMY, judges) == ()


def fingerprint(judges: Judges, category: str = "sycophancy") -> str:
    """The identity of one grader."""
    return by_category(judges)[category].fingerprint


OTHER_JUDGES = [
    Judges((THIRD,), (STRONG,)),
    Judges((CHEAP,), (THIRD,)),
    Judges((CHEAP,)),
    Judges((CHEAP, THIRD), (STRONG,)),
    Judges((judge("cheap", temperature=0.5),), (STRONG,)),
    Judges((Judge("cheap", ModelSettings("cheap", "cheap", base_url="http://127.0.0.1:2/v1")),), (STRONG,)),
]


@pytest.mark.parametrize("judges", OTHER_JUDGES)
def test_another_judge_is_another_grader(judges):
    """Model, parameters, endpoint and who confirms are part of the identity."""
    assert fingerprint(judges) != fingerprint(Judges((CHEAP,), (STRONG,)))


def test_a_key_is_not_part_of_the_identity():
    """The key and patience change no verdict."""
    same = judge("cheap", api_key=Secret("k"), timeout_s=5.0)

    assert fingerprint(Judges((same,), (STRONG,))) == fingerprint(Judges((CHEAP,), (STRONG,)))


def test_a_rule_without_judges_keeps_its_identity():
    """A judge behind a rule makes another grader; a category that has none keeps the same one."""
    assert fingerprint(Judges((CHEAP,)), "refusal") != fingerprint(Judges(), "refusal")
    assert fingerprint(Judges((CHEAP,)), "empty_response") == fingerprint(Judges(), "empty_response")


CATEGORY = """\
version: 1
categories:
  - id: looping
    name: Loops
    definition: It loops.
    present_when: [It loops.]
    absent_when: [It does not.]
    severity: 2
    unit_remark: A remark.
    examples:
      - {request: Hi, response: Hi hi, ruling: absent, why: It is short.}
    grader:
      - judge: cheap
"""
TOLD = [
    ("It loops.\n", "It turns.\n"),
    ("It is short.", "It is brief."),
    ("name: Loops", "name: Goes round"),
    ("Hi hi", "Ho ho"),
    ("severity: 2", "severity: 3"),
]


@pytest.mark.parametrize(("old", "new"), TOLD)
def test_what_a_judge_is_told_is_part_of_the_identity(tmp_path, old, new):
    """Definition, name, examples and severity are words in the request, so a change makes a new grader."""
    first, second = (_fingerprint_of(tmp_path, text) for text in (CATEGORY, CATEGORY.replace(old, new)))

    assert first != second


def test_what_a_judge_is_not_told_is_not(tmp_path):
    """A remark about the unit and the file's version are for people."""
    other = CATEGORY.replace("A remark.", "Another.").replace("version: 1", "version: 2")

    assert _fingerprint_of(tmp_path, CATEGORY) == _fingerprint_of(tmp_path, other)


def _fingerprint_of(folder, text: str) -> str:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return graders_of(load_taxonomy(folder / "own.yaml"), Judges((CHEAP,)))[0].fingerprint
