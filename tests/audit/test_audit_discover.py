"""Discovering: terms, groups with what sets them apart, and drafts made of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from noise import WORDS

from deploysim.audit.discover import discover
from deploysim.audit.drafts import Draft, RuledExample, draft_yaml
from deploysim.audit.lexicon import FEWEST_CLUSTERS, chance_z, terms_of, vocabulary
from deploysim.audit.telling import Answer, Pair
from deploysim.errors import InputError
from deploysim.grade.grader import graders_of
from deploysim.taxonomy import load_taxonomy


def made(count: int) -> list[Pair]:
    """Pairs of noise, in every third of which the second side says something of its own."""
    rng = random.Random(1)

    def noise() -> str:
        return " ".join(rng.sample(WORDS, k=20)) + "."

    return [
        Pair(
            f"{n:012x}:1",
            f"c{n}",
            Answer(noise()),
            Answer(("Please consult a doctor. " if n % 3 == 0 else "") + noise()),
        )
        for n in range(count)
    ]


def test_terms_of_a_response() -> None:
    """Words, pairs that no full stop divides, openings of up to three words; code is none of it."""
    assert terms_of("Sure thing. It works `x y`") == {
        "sure", "thing", "it", "works", "sure thing", "it works", "^sure", "^sure thing", "^sure thing it",
    }  # fmt: skip


def test_what_few_conversations_say_is_not_kept() -> None:
    """A word that four users wrote, however often, may be somebody's own."""
    pairs = [Pair(f"p{n}", f"c{n % 4}", Answer("secretword"), Answer("secretword here")) for n in range(40)]
    terms = [(terms_of(pair.first.text), terms_of(pair.second.text)) for pair in pairs]

    assert FEWEST_CLUSTERS == 5
    assert vocabulary(pairs, terms) == []


def test_the_planted_phrase_is_found_as_term_and_as_group() -> None:
    """It leads the terms of the second side beyond chance; one confirmed group holds those pairs and names the phrase."""
    pairs = made(180)
    found = discover(pairs, None, seed=0)

    assert found.terms[0].term in ("consult", "doctor", "please", "consult a", "please consult", "a doctor", "^please")
    assert found.terms[0].z > found.chance_z
    best = found.groups[0]
    planted = {pair.prefix_id for pair in pairs if "doctor" in pair.second.text}
    assert best.q_value < 0.01
    assert best.backward == 0
    assert {one.prefix_id for one in best.examples} <= planted
    assert any("consult" in mark.phrase or "doctor" in mark.phrase or "please" in mark.phrase for mark in best.marks)
    assert best.explained is None


def test_what_categories_explain_is_counted() -> None:
    """Two pairs whose verdict in a category changed."""
    pairs = made(120)
    first = discover(pairs, None, seed=0).groups[0]
    ids = [one.prefix_id for one in first.examples[:2]]
    again = discover(pairs, {ids[0]: ["refusal"], ids[1]: ["refusal", "cut_off"]}, seed=0).groups[0]

    assert again.explained == 2
    assert [(one.category, one.pairs) for one in again.categories] == [("refusal", 2), ("cut_off", 1)]


def test_chance_grows_with_the_number_of_terms() -> None:
    """One term: 1.96; ten thousand: 4.56."""
    assert chance_z(1) == pytest.approx(1.96, abs=0.01)
    assert chance_z(10_000) == pytest.approx(4.56, abs=0.01)


def draft(**changes) -> Draft:
    values = {
        "name": "Sends people to a doctor",
        "definition": "The assistant tells the user to see a doctor.",
        "present_when": ("It says so.",),
        "absent_when": ("The user asked whether to.",),
        "severity": 1,
        "phrases": (),
        "examples": (RuledExample("a:1", "recorded", "My #1: “cat” - help", "See a: doctor\n- now", "present", ""),),
    }
    return Draft(**{**values, **changes})


@pytest.mark.parametrize("phrases", [(), ("consult a doctor", "see: a doctor")])
def test_a_draft_loads_as_a_taxonomy(tmp_path: Path, phrases: tuple[str, ...]) -> None:
    """Hostile signs in examples survive; the rule, where there is one, can run."""
    path = tmp_path / "draft.yaml"
    path.write_text(draft_yaml(draft(phrases=phrases)), encoding="utf-8")
    (category,) = load_taxonomy(path).categories

    assert category.id == "sends_people_to_a_doctor"
    assert category.examples[0].response == "See a: doctor\n- now"
    assert len(graders_of(load_taxonomy(path))) == bool(phrases)


@pytest.mark.parametrize("missing", ["name", "definition", "present_when", "absent_when"])
def test_an_incomplete_draft_says_what_is_missing(missing: str) -> None:
    """Nothing half-done is written."""
    empty = () if missing.endswith("when") else " "
    with pytest.raises(InputError, match="not complete"):
        draft_yaml(draft(**{missing: empty}))
