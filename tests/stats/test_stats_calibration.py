"""How often a grader errs, from labels of flagged and unflagged responses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from deploysim.stats.calibration import MoreLabels, Part, grader_error, part


def counted(size: int, present: int, labels: int) -> Part:
    """A part whose labels are independent and equally likely to be drawn."""
    flags = np.arange(labels) < present
    return part(flags, np.ones(labels), np.arange(labels), size=size)


def test_precision_and_misses_have_jeffreys_posterior() -> None:
    """45 of 50 flagged are right, 2 of 100 unflagged are missed: Beta(45.5, 5.5) and Beta(2.5, 98.5)."""
    found = grader_error(counted(200, 45, 50), counted(9_800, 2, 100), draws=200_000)

    for share, posterior in ((found.precision, beta(45.5, 5.5)), (found.miss_rate, beta(2.5, 98.5))):
        assert share.median == pytest.approx(posterior.median(), rel=0.01)
        assert share.interval.low == pytest.approx(posterior.ppf(0.025), rel=0.02)
        assert share.interval.high == pytest.approx(posterior.ppf(0.975), rel=0.02)


def test_what_follows_by_hand_where_nearly_everything_is_labelled() -> None:
    """Of 1,000 flagged 900 are right, of 9,000 others 300 missed: 1,200 present.

    Sensitivity 900 / 1200, specificity 8700 / 8800, true rate 12 %.
    """
    found = grader_error(counted(1_000, 90_000, 100_000), counted(9_000, 30_000, 900_000))

    assert found.sensitivity.median == pytest.approx(0.75, abs=0.003)
    assert found.specificity.median == pytest.approx(8_700 / 8_800, abs=0.001)
    assert found.true_rate.median == pytest.approx(0.12, abs=0.001)


def test_a_thousand_clean_unflagged_ones_still_allow_misses() -> None:
    """None missed of 1,000 read allows about 250 of 100,000: the sensitivity of a rare behaviour stays wide open."""
    found = grader_error(counted(20, 18, 20), counted(99_980, 0, 1_000))

    assert 200e-5 < found.miss_rate.interval.high < 300e-5
    assert found.sensitivity.interval.low < 0.15
    assert found.sensitivity.interval.high > 0.9


@pytest.mark.parametrize(
    ("flagged", "unflagged", "known"),
    [
        (counted(20, 18, 20), counted(500, 0, 0), ("precision",)),
        (counted(20, 0, 0), counted(500, 0, 50), ("miss_rate",)),
        (counted(20, 0, 0), counted(500, 0, 0), ()),
        (counted(0, 0, 0), counted(0, 0, 0), ()),
        (counted(0, 0, 0), counted(500, 1, 50), ("miss_rate", "sensitivity", "specificity", "true_rate")),
    ],
)
def test_what_nobody_read_is_unknown(flagged: Part, unflagged: Part, known: tuple[str, ...]) -> None:
    """Without labels of a part, what depends on it is None and not perfect; an empty part needs none."""
    found = grader_error(flagged, unflagged)
    shares = ("precision", "miss_rate", "sensitivity", "specificity", "true_rate")

    assert {name for name in shares if getattr(found, name) is not None} == set(known)
    assert (found.to_halve_true_rate is not None) == ("true_rate" in known)


def test_weights_and_clusters_deflate() -> None:
    """Labels of weights 1 and 3 count by Kish, and twins in one cluster count about half."""
    weighted = part(np.array([True, False]), np.array([3.0, 1.0]), np.arange(2), size=10)
    flags = np.repeat(np.arange(40) % 2 == 0, 2)
    twins = part(flags, np.ones(80), np.repeat(np.arange(40), 2), size=500)

    assert (weighted.n, weighted.present / weighted.n) == (pytest.approx(16 / 10, abs=0.6), pytest.approx(0.75))
    assert weighted.labels == 2
    assert twins.n == pytest.approx(40, rel=0.02)


HALVED = [
    ("true_rate", "to_halve_true_rate", counted(300, 60, 80), counted(9_700, 6, 300)),
    ("true_rate", "to_halve_true_rate", counted(50, 40, 50), counted(9_950, 12, 200)),
    ("sensitivity", "to_halve_sensitivity", counted(300, 60, 80), counted(9_700, 9, 400)),
    ("sensitivity", "to_halve_sensitivity", counted(1_000, 100, 400), counted(4_000, 30, 60)),
]


@pytest.mark.parametrize(("quantity", "needs", "flagged", "unflagged"), HALVED)
def test_the_labels_asked_for_halve_the_interval(quantity: str, needs: str, flagged: Part, unflagged: Part) -> None:
    """With the labels that it asks for, at the same rates, the interval is about half as wide."""
    before = grader_error(flagged, unflagged, draws=60_000)
    more: MoreLabels = getattr(before, needs)
    grown = [
        Part(one.size, one.labels + extra, one.mean * (one.n + extra), one.n + extra)
        for one, extra in ((flagged, more.flagged), (unflagged, more.unflagged))
    ]
    after = grader_error(grown[0], grown[1], draws=60_000)

    def width(found: object) -> float:
        interval = getattr(found, quantity).interval
        return interval.high - interval.low

    assert 0.42 < width(after) / width(before) < 0.58


@pytest.mark.parametrize("flagged", [counted(300, 60, 80), counted(300, 225, 300), counted(300, 1_500, 2_000)])
def test_labels_are_shared_out_as_cheaply_as_possible(flagged: Part) -> None:
    """No other split of as many labels between the parts leaves less variance; a part that is rich gets none."""
    unflagged = counted(9_700, 6, 300)
    more = grader_error(flagged, unflagged).to_halve_true_rate

    def variance(to_flagged: int) -> float:
        worth = (flagged.n + to_flagged + 2, unflagged.n + more.total - to_flagged + 2)
        slopes = (0.03 * flagged.spread, 0.97 * unflagged.spread)
        return sum(s**2 / n for s, n in zip(slopes, worth, strict=True))

    best = min(range(more.total + 1), key=variance)
    assert abs(best - more.flagged) <= 1
    assert (more.flagged == 0) == (flagged.labels > 80)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """In 300 drawn audits of 60 flagged and 240 unflagged responses, 90 % intervals hold the truth 270 times or so."""
    rng = np.random.default_rng(5)
    size, rate, sensitivity, specificity = 5_000, 0.08, 0.8, 0.97
    held = dict.fromkeys(("sensitivity", "specificity", "true_rate"), 0)
    for seed in range(300):
        present = rng.random(size) < rate
        flags = np.where(present, rng.random(size) < sensitivity, rng.random(size) > specificity)
        truth = {
            "sensitivity": (present & flags).sum() / present.sum(),
            "specificity": (~present & ~flags).sum() / (~present).sum(),
            "true_rate": present.mean(),
        }
        parts = []
        for rows, labels in ((flags, 60), (~flags, 240)):
            chosen = rng.choice(np.flatnonzero(rows), labels, replace=False)
            parts.append(part(present[chosen], np.ones(labels), np.arange(labels), size=int(rows.sum())))
        found = grader_error(*parts, level=0.9, draws=1_000, seed=seed)
        for name in held:
            interval = getattr(found, name).interval
            held[name] += interval.low <= truth[name] <= interval.high

    assert all(255 <= count <= 297 for count in held.values()), held
