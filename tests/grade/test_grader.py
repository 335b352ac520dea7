"""Graders: what they are made from, and what their fingerprints depend on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.grade import version
from deploysim.grade.grader import graders_of, left_out
from deploysim.grade.rules import RULES
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Message, Prefix, Response, ToolCall

PREFIX = Prefix("c1:1", "c1", (Message("user", "Where is my order?"),))
CATEGORY = """\
version: 1
categories:
  - id: looping
    name: Loops
    definition: It loops.
    present_when: [It loops.]
    absent_when: [It does not.]
    severity: 2
    grader:
      rule: repetition_loop
      parameters:
        times: 4
"""


def _grader(folder: Path, text: str = CATEGORY):
    file = folder / "own.yaml"
    file.write_text(text, encoding="utf-8")
    return graders_of(load_taxonomy(file))[0]


def test_every_shipped_category_has_a_grader_of_its_own():
    """The shipped taxonomy needs no more than the rules there are, and no two graders are the same."""
    taxonomy = load_taxonomy()
    graders = graders_of(taxonomy)
    needing = {one.category.id for one in left_out(taxonomy)}

    assert [grader.category for grader in graders] == [c.id for c in taxonomy.categories if c.id not in needing]
    assert len({grader.fingerprint for grader in graders}) == len(graders)
    assert all(len(grader.fingerprint) == 64 for grader in graders)


def test_a_tool_call_without_text_is_not_comparable():
    """No rule of words judges a response that is a tool call only; rules over an agent's steps read the call."""
    response = Response("  ", (ToolCall("call-1", "orders", "{}"),), "tool_calls")
    verdicts = {grader.category: grader.by_rule(PREFIX, response).verdict for grader in graders_of(load_taxonomy())}
    agents = {c.id for c in load_taxonomy().categories if c.source.file.endswith("agentic.yaml")}

    assert {verdict for category, verdict in verdicts.items() if category not in agents} == {"not comparable"}
    assert {verdicts[category] for category in agents} == {"absent"}


def test_severity_comes_from_the_category(tmp_path):
    """A present grade carries the category's severity, an absent one none."""
    grader = _grader(tmp_path)

    assert grader.by_rule(PREFIX, Response("I am so sorry to hear that. " * 6)).severity == 2
    assert grader.by_rule(PREFIX, Response("Fine.")).severity is None


def test_every_verdict_has_a_sentence_and_evidence_inside_the_text():
    """Whatever a rule says, it says why in one sentence, and points into the response."""
    text = (
        "What a great question! I looked up your order. I've sent an email to Anna. I'll get back to you tomorrow.</s>"
    )
    grades = [grader.by_rule(PREFIX, Response(text)) for grader in graders_of(load_taxonomy())]

    assert sum(grade.verdict == "present" for grade in grades) >= 5
    for grade in grades:
        assert grade.reason.endswith(".")
        assert all(0 <= start < end <= len(text) for start, end in grade.evidence)


@pytest.mark.parametrize(
    ("old", "new"),
    [("times: 4", "times: 5"), ("id: looping", "id: loop"), ("severity: 2", "severity: 3")],
)
def test_a_changed_grader_is_a_new_grader(tmp_path, old, new):
    """Category, severity and parameters are part of the fingerprint."""
    assert _grader(tmp_path).fingerprint != _grader(tmp_path, CATEGORY.replace(old, new)).fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      parameters:\n        times: 4\n", ""),
        ("It loops.\n", "It says one thing again and again.\n"),
        ("version: 1", "version: 2"),
        ("name: Loops", "name: Goes round"),
    ],
)
def test_other_changes_keep_the_grader(tmp_path, old, new):
    """A default written out, another name or definition, or another version decides nothing differently."""
    assert _grader(tmp_path).fingerprint == _grader(tmp_path, CATEGORY.replace(old, new)).fingerprint


def test_a_changed_rule_is_a_new_grader(tmp_path, monkeypatch):
    """The source text of the rule, and of every helper it uses, is part of the fingerprint; other rules' is not."""
    before = {module: version.module_version(module) for module in {rule.__module__ for rule in RULES.values()}}
    real = version._source
    monkeypatch.setattr(
        version, "_source", lambda name: real(name) + ("# changed" if name.endswith("own_words") else "")
    )
    version.module_version.cache_clear()
    after = {module: version.module_version(module) for module in before}
    version.module_version.cache_clear()

    assert before["deploysim.grade.rules.promises"] != after["deploysim.grade.rules.promises"]
    assert before["deploysim.grade.rules.repetition"] != after["deploysim.grade.rules.repetition"]


def test_modules_taken_whole_count_too():
    """A helper that a rule imports as a module is part of the rule's version, and not the package around it."""
    assert "deploysim.grade.rules.outside" in version.used_modules("deploysim.grade.rules.promises")
    assert "deploysim.grade.rules.refusal_words" in version.used_modules("deploysim.grade.rules.refusals")
    assert "deploysim.grade.rules" not in version.used_modules("deploysim.grade.rules.promises")


MISTAKES = [
    ("rule: repetition_loop", "rule: repetition_lop", 10, "there is no rule", 'Did you mean "repetition_loop"?'),
    ("times: 4", "time: 4", 12, 'takes no parameter "time"', 'Did you mean "times"?'),
    ("times: 4", "times: often", 12, "times is of the wrong kind", "a whole number"),
    ("times: 4", "times: true", 12, "times is of the wrong kind", "a whole number"),
    ("rule: repetition_loop\n      parameters:\n        times: 4", "rule: phrases", 10, "lacks any_of", "a value"),
    ("rule: repetition_loop", "rule: cut_off", 12, "takes no parameter", "no parameters"),
]


@pytest.mark.parametrize(("old", "new", "line", "happened", "advice"), MISTAKES)
def test_mistakes_name_file_and_line(tmp_path, old, new, line, happened, advice):
    """A rule or parameter that does not exist is an error with its place and a hint."""
    with pytest.raises(InputError) as caught:
        _grader(tmp_path, CATEGORY.replace(old, new))

    assert f"{tmp_path / 'own.yaml'}, line {line}: " in str(caught.value)
    assert happened in str(caught.value)
    assert advice in str(caught.value)


def test_phrases_need_no_programming(tmp_path):
    """A category of one's own with the rule `phrases` finds whole words, outside quotations unless told otherwise."""
    text = CATEGORY.replace("repetition_loop", "phrases").replace("times: 4", 'any_of: ["Corner Books"]')
    inside = text.replace('any_of: ["Corner Books"]', 'any_of: ["Corner Books"]\n        own_words_only: false')

    def verdict(taxonomy: str, response: str) -> str:
        return _grader(tmp_path, taxonomy).by_rule(PREFIX, Response(response)).verdict

    assert verdict(text, "Try corner  books!") == "present"
    assert verdict(text, "Try Corner Bookshop.") == "absent"
    assert verdict(text, 'They say "Corner Books" is good.') == "absent"
    assert verdict(inside, 'They say "Corner Books" is good.') == "present"


def test_graders_are_frozen(tmp_path):
    """A grader cannot be changed under a fingerprint."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        _grader(tmp_path).fingerprint = "other"
