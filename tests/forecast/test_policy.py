"""A policy file: what it says, and that every mistake names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploysim.config import ROOT
from deploysim.errors import InputError
from deploysim.forecast.policy import Needed, load_policy
from deploysim.taxonomy import load_taxonomy

EXAMPLE = ROOT / "data" / "policy.example.yaml"
GOOD = 'version: "1"\nrules:\n  - categories: all\n    most_ratio: 2\n    certainty: 0.9\n'


def test_the_example_is_in_order() -> None:
    """It names categories that exist, and shows every key once."""
    policy = load_policy(EXAMPLE)

    known = {category.id for category in load_taxonomy().categories}
    assert {category for rule in policy.rules for category in rule.categories} <= known
    assert policy.needed == Needed(prefixes=200, baseline=False, registered=True, most_failed=0.05)
    assert [(rule.kind, rule.limit, rule.blocks, rule.pass_unseen) for rule in policy.rules] == [
        ("ratio", 1.5, True, True),
        ("per_100k", 3000.0, True, False),
        ("ratio", 3.0, False, True),
    ]


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    """A rule blocks and holds what was never seen, and nothing is needed, unless the file says so."""
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD)
    policy = load_policy(path)

    assert policy.needed == Needed()
    assert (policy.rules[0].categories, policy.rules[0].blocks, policy.rules[0].pass_unseen) == ((), True, False)
    assert policy.rules[0].source.line == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (GOOD.replace("rules:", "rule:"), 'line 2: unknown key "rule" in the policy'),
        (GOOD.replace("most_ratio: 2", "most_ration: 2"), 'line 4: unknown key "most_ration" in a rule'),
        (GOOD.replace("    most_ratio: 2\n", ""), "line 3: a rule needs one limit"),
        (GOOD + "    most_per_100k: 5\n", "line 3: a rule needs one limit"),
        (GOOD.replace("most_ratio: 2", "most_ratio: 0"), "line 4: most_ratio is not above 0"),
        (GOOD.replace("0.9", "0.999"), "line 5: certainty is 0.999"),
        (GOOD.replace("0.9", "0.4"), "line 5: certainty is 0.4"),
        (GOOD.replace("    certainty: 0.9\n", ""), "line 3: a rule lacks certainty"),
        (GOOD.replace("all", "al"), 'line 3: categories is "al"'),
        (GOOD.replace("all", "[refusal, refusal]"), 'line 3: the category "refusal" is written twice'),
        (GOOD + "    unseen: ignore\n", 'line 6: unseen is "ignore"'),
        (GOOD + "    blocks: 1\n", "line 6: blocks is neither true nor false"),
        (GOOD + "evidence:\n  prefixes: many\n", "line 7: prefixes is not a whole number"),
        (GOOD + "evidence:\n  most_failed: 2\n", "line 7: most_failed is 2"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, text: str, message: str) -> None:
    """Nothing is guessed: a policy that is wrong gives no verdict."""
    path = tmp_path / "policy.yaml"
    path.write_text(text)

    with pytest.raises(InputError) as raised:
        load_policy(path)
    assert message in str(raised.value)
    assert "policy.yaml" in str(raised.value)
