"""Taxonomy files: what is read, what is refused and where, what the fingerprint depends on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.grade.rules import RULES
from deploysim.taxonomy import DEFAULT_TAXONOMY, JudgeStep, RuleStep, changes, load_taxonomy
from deploysim.types import Message, Prefix, Response

GOOD = """\
version: 3
categories:
  - id: shouting
    name: Shouts
    definition: It writes in
      capital letters.
    present_when: [A sentence is in capitals.]
    absent_when:
      - Abbreviations.
    severity: 1
    grader:
      rule: phrases
      parameters:
        any_of: [HEY YOU, "42"]
        own_words_only: false
"""


def _load(folder: Path, text: str, name: str = "own.yaml"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return load_taxonomy(file)


def test_a_category_is_read_as_written(tmp_path):
    """Every field arrives, with line breaks in texts folded and values in their kinds."""
    taxonomy = _load(tmp_path, GOOD)
    category = taxonomy.category("shouting")

    assert taxonomy.version == "own 3"
    assert category.definition == "It writes in capital letters."
    assert (category.present_when, category.absent_when) == (("A sentence is in capitals.",), ("Abbreviations.",))
    assert category.severity == 1
    (rule,) = category.chain
    assert isinstance(rule, RuleStep)
    assert [(p.name, p.value) for p in rule.parameters] == [("any_of", ("HEY YOU", "42")), ("own_words_only", False)]
    assert rule.parameters[0].source.line == 14


FULL = GOOD.replace(
    GOOD[GOOD.index("    grader:") :],
    """\
    severities:
      2: It hurts.
      0: Nobody minds.
    examples:
      - request: Hello?
        response: |
          HELLO
            YOU
        ruling: present
        why: It is loud.
    grader:
      - rule: phrases
        parameters: {any_of: [HEY]}
      - judge: cheap
      - confirm: strong
""",
)


def test_a_full_category_is_read_as_written(tmp_path):
    """Severities in order, examples with their line breaks, and the steps of the chain arrive."""
    category = _load(tmp_path, FULL).category("shouting")

    assert [(s.level, s.meaning) for s in category.severity_scale()] == [(0, "Nobody minds."), (2, "It hurts.")]
    (example,) = category.examples
    assert (example.request, example.response, example.ruling, example.why) == (
        "Hello?",
        "HELLO\n  YOU",
        "present",
        "It is loud.",
    )
    rule, judge, confirm = category.chain
    assert (rule.rule, judge, confirm) == (
        "phrases",
        JudgeStep(False, "cheap", judge.source),
        JudgeStep(True, "strong", confirm.source),
    )


def test_severities_have_a_general_meaning(tmp_path):
    """A category without words of its own for severities has the general ones, 0 to 4."""
    assert [s.level for s in _load(tmp_path, GOOD).category("shouting").severity_scale()] == [0, 1, 2, 3, 4]


CHAIN_ERRORS = [
    ("      - judge: cheap\n", "      - judge: best\n", 24, 'judge is "best"', "one of cheap, strong"),
    ("      - judge: cheap\n", "      - jugde: cheap\n", 24, 'unknown key "jugde"', 'Did you mean "judge"?'),
    ("      - judge: cheap\n", "      - rule: refusal\n", 24, "a rule stands behind another step", "as the first step"),
    (
        "      - judge: cheap\n",
        "      - judge: cheap\n        confirm: strong\n",
        24,
        "needs one rule, judge",
        "such as",
    ),
    (
        "      - judge: cheap\n",
        "      - judge: cheap\n        parameters: {a: 1}\n",
        25,
        "a judge takes no parameters",
        "beside a rule",
    ),
    (
        FULL[FULL.index("      - rule") :],
        "      - confirm: strong\n",
        22,
        "nothing yet to confirm",
        "as the first step",
    ),
    (FULL[FULL.index("      - rule") :], "      []\n", 22, "a grader is not a list", "begin with a dash"),
    ("ruling: present", "ruling: perhaps", 19, 'ruling is "perhaps"', "one of present, absent"),
    ("        why: It is loud.\n", "", 15, "an example lacks why", "the keys request"),
    ("      2: It hurts.", "      5: It hurts.", 12, 'unknown key "5"', "only 0, 1, 2, 3, 4"),
]


@pytest.mark.parametrize(("old", "new", "line", "happened", "advice"), CHAIN_ERRORS)
def test_mistakes_in_chains_and_examples_are_named(tmp_path, old, new, line, happened, advice):
    """Steps, examples and severities are read as strictly as the rest."""
    assert old in FULL
    with pytest.raises(InputError) as caught:
        _load(tmp_path, FULL.replace(old, new, 1))

    assert f"{tmp_path / 'own.yaml'}, line {line}: " in str(caught.value)
    assert happened in str(caught.value)
    assert advice in str(caught.value)


def test_versions_differ_by_category_and_field(tmp_path):
    """What was added, removed and changed between two versions is named by category and field, with both values."""
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    gone, new = (
        GOOD.replace("shouting", i).replace("Shouts", n).split("categories:\n")[1]
        for i, n in (("gone", "G"), ("new", "N"))
    )
    old = _load(tmp_path / "old", FULL + gone)
    changed = FULL.replace("It is loud.", "It is very loud.").replace("confirm: strong", "confirm: cheap")
    found = changes(old, _load(tmp_path / "new", changed + new))

    assert [(c.kind, c.category, c.field) for c in found] == [
        ("removed", "gone", ""),
        ("added", "new", ""),
        ("changed", "shouting", "examples"),
        ("changed", "shouting", "grader"),
    ]
    assert found[3].before[2:] == [{"confirm": "strong"}]
    assert found[3].after[2:] == [{"confirm": "cheap"}]
    assert changes(old, old) == ()


ERRORS = [
    ("    severity: 1\n", "    serverity: 1\n", 10, 'unknown key "serverity"', 'Did you mean "severity"?'),
    ("    severity: 1\n", "    severity: 5\n", 10, "severity is out of range", "0 (no harm) to 4"),
    ("    severity: 1\n", "    severity: high\n", 10, "severity is out of range", "0 (no harm) to 4"),
    ("    severity: 1\n", "", 3, "lacks severity", "the keys id, name"),
    (
        "    severity: 1\n",
        "    severity: 1\n    severity: 1\n",
        11,
        'the key "severity" is written twice',
        "each key once",
    ),
    ("id: shouting", "id: Shouting Loud", 3, "cannot be an id", "small letters"),
    ("name: Shouts", "name: 12", 4, "name is not a text", "words"),
    ("name: Shouts", "name: [Shouts]", 4, "name is not a text", "words"),
    ("name: Shouts", "name:", 4, "name is not a text", "words"),
    ("present_when: [A sentence is in capitals.]", "present_when: capitals", 7, "is not a list", "begin with a dash"),
    ("present_when: [A sentence is in capitals.]", "present_when: []", 7, "is not a list", "begin with a dash"),
    ("      rule: phrases\n", "      rules: phrases\n", 12, 'unknown key "rules" in a grader', 'Did you mean "rule"?'),
    ("own_words_only: false", "own_words_only: {a: 1}", 15, "of no kind that can stand here", "a text, a number"),
    ("categories:", "category:", 2, 'unknown key "category"', 'Did you mean "categories"?'),
    ("version: 3\n", "", 1, "lacks version", "the keys version, categories"),
    (GOOD[GOOD.index("grader:") :], "grader: phrases\n", 11, "a grader is not written as keys", "key: value"),
    ("definition: It", "definition: 'It", 5, "", "valid YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "happened", "advice"), ERRORS)
def test_mistakes_are_named_with_file_and_line(tmp_path, old, new, line, happened, advice):
    """Every mistake names the file and the line it is in, what is wrong and what was expected."""
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        _load(tmp_path, GOOD.replace(old, new, 1))

    where = re.match(r"(.*), line (\d+): ", str(caught.value))
    assert where is not None
    assert where.group(1) == str(tmp_path / "own.yaml")
    assert happened in str(caught.value)
    assert advice in str(caught.value)
    if happened:
        assert int(where.group(2)) == line


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"just words", b"a: \x07"])
def test_files_that_are_no_taxonomy_are_refused(tmp_path, content):
    """An empty, binary or shapeless file is an error of ours, never a traceback."""
    file = tmp_path / "own.yaml"
    file.write_bytes(content)

    with pytest.raises(InputError, match=re.escape(str(file))):
        load_taxonomy(file)


def test_missing_files_are_named(tmp_path):
    """A path that does not exist, or a folder without taxonomy, says so."""
    with pytest.raises(InputError, match="cannot be read"):
        load_taxonomy(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="holds no taxonomy"):
        load_taxonomy(tmp_path)


def test_a_folder_is_one_taxonomy(tmp_path):
    """All files of a folder are read in the order of their names, and their versions are listed."""
    _load(tmp_path, GOOD, "b.yaml")
    _load(tmp_path, GOOD.replace("shouting", "calling").replace("Shouts", "Calls"), "a.yaml")
    taxonomy = load_taxonomy(tmp_path)

    assert taxonomy.version == "a 3 + b 3"
    assert [category.id for category in taxonomy.categories] == ["calling", "shouting"]


@pytest.mark.parametrize(("old", "new"), [("Shouts", "Other"), ("shouting", "other")])
def test_ids_and_names_are_unique(tmp_path, old, new):
    """Two categories with one id or one name are refused, with both places."""
    _load(tmp_path, GOOD, "a.yaml")
    _load(tmp_path, GOOD.replace(old, new), "b.yaml")

    with pytest.raises(InputError, match=r"b\.yaml, line 3: .* already taken by .*a\.yaml, line 3"):
        load_taxonomy(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("capital letters.", "large letters."),
        ("Shouts", "Yells"),
        ("severity: 1", "severity: 2"),
        ("Abbreviations.", "Names."),
        ("HEY YOU", "HEY"),
        ("own_words_only: false", "own_words_only: true"),
        ("rule: phrases", "rule: refusal"),
    ],
)
def test_the_fingerprint_changes_with_the_content(tmp_path, old, new):
    """Whatever a category says is part of the fingerprint."""
    assert _load(tmp_path, GOOD).fingerprint != _load(tmp_path, GOOD.replace(old, new)).fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 3", "version: 4"),
        ("    severity: 1", "    # a remark\n    severity: 1"),
        ("It writes in\n      capital letters.", "It writes in capital letters."),
        ('[HEY YOU, "42"]', "\n          - HEY YOU\n          - '42'"),
        ("Shouts\n", "'Shouts'\n"),
    ],
)
def test_the_fingerprint_ignores_layout(tmp_path, old, new):
    """Comments, quoting, line breaks and the stated version change nothing."""
    assert old in GOOD
    assert _load(tmp_path, GOOD).fingerprint == _load(tmp_path, GOOD.replace(old, new)).fingerprint


def test_the_fingerprint_ignores_order(tmp_path):
    """Categories in another order are the same taxonomy."""
    other = GOOD.replace("shouting", "calling").replace("Shouts", "Calls").split("categories:\n")[1]
    first, second = GOOD + other, GOOD.replace("categories:\n", "categories:\n" + other)

    assert _load(tmp_path, first).fingerprint == _load(tmp_path, second).fingerprint


def test_unknown_categories_are_asked_for_with_a_hint(tmp_path):
    """A mistyped category id names the nearest one."""
    with pytest.raises(InputError, match='Did you mean "shouting"'):
        _load(tmp_path, GOOD).category("shoutin")


def test_the_shipped_taxonomy_loads_and_is_readable():
    """The shipped categories have plain names, definitions and at least one example of each side."""
    taxonomy = load_taxonomy(DEFAULT_TAXONOMY)

    assert len(taxonomy.categories) == 42
    for category in taxonomy.categories:
        assert category.name[0].isupper()
        assert category.definition.endswith(".")
        assert all(text.endswith(".") for text in (*category.present_when, *category.absent_when))
        assert category.severity in [severity.level for severity in category.severities]
        assert len(category.examples) in (2, 3)
        assert {example.ruling for example in category.examples} == {"present", "absent"}
        assert all(example.why.endswith(".") for example in category.examples)


PUBLISHED = {
    "disallowed.yaml": "mental_health abuse_harassment sexual_content violent_wrongdoing nonviolent_wrongdoing biological_risk "
    "violence_gore extremism emotional_reliance self_harm hate",
    "misalignment.yaml": "confirmation_hacking lived_experience misrepresented_work background_work fabricated_facts tool_lies "
    "calculator_hacking concealed_uncertainty",
    "agentic.yaml": "circumvented_restrictions destructive_actions unauthorised_transfer reward_hacking credential_harvesting "
    "contradicted_success misreported_results",
}


@pytest.mark.parametrize("file", PUBLISHED)
def test_all_published_categories_are_there(file):
    """Each published family has a file with its categories, in their order."""
    assert [c.id for c in load_taxonomy(DEFAULT_TAXONOMY / file).categories] == PUBLISHED[file].split()


def _rule_examples():
    for category in load_taxonomy(DEFAULT_TAXONOMY).categories:
        rule, *others = category.chain
        # Examples of agents tell their steps in words, which rules over steps do not read.
        by_words = isinstance(rule, RuleStep) and not hasattr(RULES[rule.rule], "reads_steps")
        if by_words and not any(step.confirms for step in others):
            for number, example in enumerate(category.examples, 1):
                yield pytest.param(category, rule, example, id=f"{category.id} {number}")


@pytest.mark.parametrize(("category", "rule", "example"), list(_rule_examples()))
def test_rules_rule_as_their_examples_say(category, rule, example):
    """A category's own borderline examples are ruled as written, or left to a judge where there is one."""
    prefix = Prefix("c1:1", "c1", (Message("user", example.request),))
    parameters = {p.name: p.value for p in rule.parameters}
    finish = None if category.id == "cut_off" and example.ruling == "present" else "stop"
    verdict = RULES[rule.rule](prefix, Response(example.response, (), finish), **parameters).verdict

    assert verdict == example.ruling or (verdict == "unsure" and len(category.chain) > 1)


def test_the_example_in_the_shipped_file_works(tmp_path):
    """The block that the shipped file invites people to copy is a valid category."""
    lines = (DEFAULT_TAXONOMY / "product.yaml").read_text(encoding="utf-8").splitlines()
    ends = lines.index("# For a judgement that no rule can make, write instead:")
    block = [line[1:] for line in lines[:ends] if re.match(r"#   ( |-)", line)]
    judged = [line[1:] for line in lines[ends : lines.index('version: "2"')] if re.match(r"#     (grader| {2}-)", line)]
    by_judges = [*block[: block.index("     grader:")], *judged]
    own = _load(tmp_path, "\n".join(["version: 1", "categories:", *by_judges]))
    assert [step.tier for step in own.category("names_competitor").chain] == ["cheap", "strong"]
    taxonomy = _load(tmp_path, "\n".join(["version: 1", "categories:", *block]))

    assert [category.id for category in taxonomy.categories] == ["names_competitor"]
