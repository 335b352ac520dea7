"""Comparisons of two sides, distributions, and audits as stored."""

from __future__ import annotations

import random

import noise
import pytest

from deploysim.audit.realness import choice_of, realness_request
from deploysim.audit.records import Side
from deploysim.audit.register import audit_from_json
from deploysim.audit.spreads import NOT_LOGGED, Outcome, counts, differences, spreads
from deploysim.audit.telling import FEWEST_CONVERSATIONS, Answer, Pair, compare
from deploysim.audit.words import verdict
from deploysim.errors import InputError
from deploysim.types import Message, Prefix, Response

OLD, NEW = Side("recorded", None, "old", "as logged"), Side("candidate", "a" * 12, "new", "")
WORDS = noise.WORDS[:20]


def text(rng: random.Random, *, opening: str = "") -> str:
    return opening + " ".join(rng.choices(WORDS, k=rng.randint(8, 30))) + "."


def made(count: int, *, opening: str) -> list[Pair]:
    rng = random.Random(0)
    return [Pair(f"{n:012x}:1", f"c{n}", Answer(text(rng)), Answer(text(rng, opening=opening))) for n in range(count)]


def told(pairs: list[Pair], **changes):
    values = {"question": "candidate", "first": OLD, "second": NEW, "left_out": 0, "seed": 0, "flips": 39}
    return compare(pairs, **{**values, **changes})


def test_an_opening_gives_the_candidate_away() -> None:
    """A side that always says “Certainly!” is told, and that feature leads the list and the examples."""
    one = told(made(60, opening="Certainly! "))

    assert one.auc is not None
    assert one.auc > 0.95
    assert one.mistaken < 0.1
    certain = next(tell for tell in one.tells[:6] if tell.feature == "opens with yes or sure")
    assert (certain.first, certain.second, certain.alone) == (0.0, 1.0, 0.0)
    assert certain.coefficient < 0.0
    assert verdict(one) == "they can be told apart"
    assert len(one.examples) == 5


def test_two_samples_of_one_source_are_not_told_apart() -> None:
    """Nothing differs but chance."""
    one = told(made(80, opening=""))

    assert one.auc_interval.low <= 0.5 <= one.auc_interval.high
    assert all(tell.q_value > 0.05 for tell in one.tells)


def test_too_few_conversations_give_no_number() -> None:
    """Unknown is not a half."""
    one = told(made(FEWEST_CONVERSATIONS - 1, opening="Sure! "))

    assert (one.auc, one.mistaken, one.p_value) == (None, None, None)
    assert one.pairs == FEWEST_CONVERSATIONS - 1


def lanes() -> dict[str, list[Outcome]]:
    short = [Outcome(f"{n:012x}:1", f"c{n}", None, "a few words", "stop") for n in range(12)]
    long = [Outcome(o.prefix_id, o.cluster, None, "a few words " * 9, "length") for o in short[:-1]]
    return {"recorded": short, "candidate": [*long, Outcome(short[-1].prefix_id, "c11", "timed out")]}


def test_distributions_by_hand() -> None:
    """Three words against 27; one of twelve timed out; every sign agrees, so p = 2 / 2^11."""
    here = lanes()
    by_measure = {(s.measure, s.lane): s for s in spreads(here)}
    assert by_measure["words", "recorded"].quantiles == (3.0,) * 5
    assert by_measure["words", "candidate"].n == 11
    shares = {(c.measure, c.value, c.lane): c.share for c in counts(here, level=0.95)}
    assert shares["failed", "timed out", "candidate"].value == pytest.approx(1 / 12)
    assert shares["finish reason", "length", "candidate"].value == 1.0
    tests = {(d.measure, d.value): d for d in differences(here, seed=0)}
    assert tests["words", ""].p_value == pytest.approx(2 / 2**11)
    assert tests["finish reason", "length"].pairs == 11


def test_what_a_log_does_not_state_is_not_tested() -> None:
    """A missing finish reason is no difference."""
    here = lanes()
    here["recorded"] = [Outcome(o.prefix_id, o.cluster, None, o.text) for o in here["recorded"]]

    assert not [d for d in differences(here, seed=0) if d.measure == "finish reason"]
    assert (
        next(c for c in counts(here, level=0.95) if c.value == NOT_LOGGED and c.lane == "recorded").share.value == 1.0
    )


def test_the_place_of_the_original_is_drawn_by_its_content() -> None:
    """About half of many pairs are swapped, and exchanging original and replay shows a judge the very same."""
    swapped = 0
    for n in range(60):
        prefix = Prefix("p", "c", (Message("user", f"question {n}"),))
        first, second = Response(f"answer {n}"), Response(f"other {n}")
        asked = realness_request(prefix, first, second, seed=0)
        turned = realness_request(prefix, second, first, seed=0)
        assert asked.messages == turned.messages
        assert asked.swapped != turned.swapped
        swapped += asked.swapped

    assert 15 < swapped < 45


def test_a_judges_choices_by_hand() -> None:
    """Two right, one mistaken, one undecided (half), one failed: 1.5 of 4; A was chosen once of three."""
    said = [("first", True), ("first", False), ("second", False), ("same", True), (None, False)]
    found = choice_of("judge-1", said, level=0.95)

    assert (found.mistaken.count, found.pairs, found.undecided, found.failed) == (1.5, 4, 1, 1)
    assert (found.chose_first_shown.count, found.chose_first_shown.n) == (1, 3)


@pytest.mark.parametrize("stored", ["", "[]", '{"format":1,"kind":"nothing"}', '{"format":9,"kind":"fidelity"}'])
def test_what_is_no_audit_is_refused_in_words(stored: str) -> None:
    """No traceback for an unreadable file."""
    with pytest.raises(InputError, match="cannot be read"):
        audit_from_json(stored)
