"""Calibration of graders from labels and grades as frames."""

from __future__ import annotations

import polars as pl
import pytest

from deploysim.grade.calibration import calibrations


def grades(verdicts: str, *, category: str = "hate", grader: str = "g1", run: str = "recorded") -> pl.DataFrame:
    """Grades of prefixes c0:1, c1:1, ... by letters: p, a, u, n or f."""
    words = {"p": "present", "a": "absent", "u": "unsure", "n": "not comparable", "f": "failed"}
    return pl.DataFrame(
        [
            {
                "prefix_id": f"c{number}:1",
                "run": run,
                "repeat": 0,
                "category": category,
                "grader": grader,
                "verdict": words[letter],
            }
            for number, letter in enumerate(verdicts)
        ]
    )


def truth(
    words: dict[int, str | None], *, inclusion: dict[int, float | None] | float = 0.5, **where: str
) -> pl.DataFrame:
    """What people say of some of the prefixes."""
    rows = [
        {
            "prefix_id": f"c{number}:1",
            "run": where.get("run", "recorded"),
            "repeat": 0,
            "category": where.get("category", "hate"),
            "truth": word,
            "inclusion": inclusion if isinstance(inclusion, float) else inclusion[number],
        }
        for number, word in words.items()
    ]
    return pl.DataFrame(rows, schema_overrides={"truth": pl.String, "inclusion": pl.Float64})


P, A = "present", "absent"


def test_parts_are_counted_by_hand():
    """Of 4 flagged 2 were labelled, one rightly; of 6 unflagged 3 were, one missed."""
    (found,) = calibrations(truth({0: P, 1: A, 4: A, 5: A, 6: P}), grades("ppppaaaaaa"))

    assert (found.category, found.grader) == ("hate", "g1")
    assert (found.error.flagged.size, found.error.flagged.labels) == (4, 2)
    assert (found.error.unflagged.size, found.error.unflagged.labels) == (6, 3)
    assert found.error.flagged.present == pytest.approx(found.error.flagged.n / 2)
    assert (found.unclear, found.by_hand) == (0, 0)


def test_kappa_is_that_of_all_responses():
    """Flagged ones were drawn far more often; with weights kappa is that of the whole table.

    Of 100 flagged 90 are right; of 900 others 9 are missed: agreement 0.981, chance 0.1 x 0.099 + 0.9 x 0.901.
    """
    verdicts = "p" * 100 + "a" * 900
    people = {n: P if n < 90 else A for n in range(100)} | {100 + 3 * n: P if n < 3 else A for n in range(300)}
    inclusion = {n: 1.0 if n < 100 else 1 / 3 for n in people}
    (found,) = calibrations(truth(people, inclusion=inclusion), grades(verdicts))
    chance = 0.1 * 0.099 + 0.9 * 0.901

    assert found.kappa.value == pytest.approx((0.981 - chance) / (1 - chance), abs=1e-6)
    assert found.error.sensitivity.median == pytest.approx(90 / 99, abs=0.03)


def test_what_is_not_clear_is_counted_beside():
    """Unsure graders, open disagreements and choices by hand take no part, and are counted."""
    people = truth(
        {0: P, 1: None, 2: "unsure", 3: A, 4: P, 5: A}, inclusion={0: 0.5, 1: 0.5, 2: 0.5, 3: 0.5, 4: 0.5, 5: None}
    )
    (found,) = calibrations(people, grades("pppauafn"))

    assert (found.error.flagged.labels, found.error.unflagged.labels) == (1, 1)
    assert (found.unclear, found.by_hand) == (3, 1)
    assert (found.error.flagged.size, found.error.unflagged.size) == (3, 2)


def test_graders_categories_and_lanes_are_kept_apart():
    """A label counts for every grader of its own category and response, and for no other."""
    people = pl.concat([truth({0: P, 1: A}), truth({0: P}, run="aaaaaaaaaaaa"), truth({0: A}, category="bias")])
    everything = pl.concat(
        [
            grades("pa"),
            grades("ap", grader="g2"),
            grades("pa", run="aaaaaaaaaaaa"),
            grades("aa", category="bias"),
            grades("aa", category="unlabelled"),
        ]
    )
    found = {(one.category, one.grader): one for one in calibrations(people, everything)}

    assert list(found) == [("bias", "g1"), ("hate", "g1"), ("hate", "g2")]
    assert (found["hate", "g1"].error.flagged.labels, found["hate", "g1"].error.unflagged.labels) == (2, 1)
    assert (found["hate", "g2"].error.flagged.labels, found["hate", "g2"].error.unflagged.labels) == (1, 1)
    assert found["hate", "g1"].error.flagged.size == 2


def test_no_labels_are_no_calibration():
    """A grader that nobody checked has none, and an empty frame of labels is no error."""
    assert calibrations(truth({0: P}).clear(), grades("pa")) == []


def test_a_grader_that_was_never_clear_has_nothing_to_say():
    """Where every labelled verdict is unsure, all is unknown."""
    (found,) = calibrations(truth({0: P, 1: A}), grades("uu"))

    assert (found.kappa.value, found.error.precision, found.error.true_rate, found.unclear) == (None, None, None, 2)
