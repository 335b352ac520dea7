"""Taxonomy files: what is read, what is refused and where, what the fingerprint depends on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.taxonomy import DEFAULT_TAXONOMY, load_taxonomy

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
    assert [(p.name, p.value) for p in category.grader.parameters] == [
        ("any_of", ("HEY YOU", "42")),
        ("own_words_only", False),
    ]
    assert category.grader.parameters[0].source.line == 14


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

    assert len(taxonomy.categories) >= 10
    for category in taxonomy.categories:
        assert category.name[0].isupper()
        assert category.definition.endswith(".")
        assert all(text.endswith(".") for text in (*category.present_when, *category.absent_when))


def test_the_example_in_the_shipped_file_works(tmp_path):
    """The block that the shipped file invites people to copy is a valid category."""
    lines = (DEFAULT_TAXONOMY / "default.yaml").read_text(encoding="utf-8").splitlines()
    block = [line[1:] for line in lines if re.match(r"#   ( |-)", line)]
    taxonomy = _load(tmp_path, "\n".join(["version: 1", "categories:", *block]))

    assert [category.id for category in taxonomy.categories] == ["names_competitor"]
