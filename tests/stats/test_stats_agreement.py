"""Agreement beyond chance, with intervals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from deploysim.stats.agreement import MISSING, Design, cohen_kappa, krippendorff_alpha

_ = MISSING


def rated(table: dict[tuple[int, int], int]) -> tuple[np.ndarray, np.ndarray]:
    """Two raters' codes from a table of pairs."""
    pairs = np.array([pair for pair, count in table.items() for _ in range(count)])
    return pairs[:, 0], pairs[:, 1]


def test_kappa_by_hand() -> None:
    """20 + 15 of 50 agree: 0.7; chance gives 25/50 * 30/50 + 25/50 * 20/50 = 0.5; kappa is (0.7 - 0.5) / 0.5 = 0.4."""
    found = cohen_kappa(*rated({(0, 0): 20, (0, 1): 5, (1, 0): 10, (1, 1): 15}))

    assert (pytest.approx(0.4), pytest.approx(0.7), 50) == (found.value, found.observed, found.items)


def test_alpha_by_hand() -> None:
    """Three items, labels aa, ab, bb: of 6 labels each value has 3.

    Observed disagreement: the middle item's 2 labels of 6 meet another, 1/3. Expected: 2 * 3 * 3 / (6 * 5) = 3/5.
    Alpha is 1 - (1/3) / (3/5) = 4/9.
    """
    found = krippendorff_alpha(np.array([[0, 0], [0, 1], [1, 1]]))

    assert (pytest.approx(4 / 9), pytest.approx(2 / 3), 3) == (found.value, found.observed, found.items)


def test_alpha_by_hand_with_gaps() -> None:
    """aab counts 2 pairs of 3 against, 4 directed pairs / (3 - 1) = 2 of its 3 labels; a single label does not count.

    Items aab, bb_, a__: 5 labels that count, 2 a and 3 b. Observed 2/5; expected 2 * 2 * 3 / (5 * 4) = 3/5; alpha 1/3.
    """
    found = krippendorff_alpha(np.array([[0, 0, 1], [1, 1, _], [0, _, _]]))

    assert (pytest.approx(1 / 3), pytest.approx(3 / 5), 2) == (found.value, found.observed, found.items)


def slow_alpha(ratings: np.ndarray) -> float:
    """Alpha from the definition: every ordered pair of labels within items against every one among all labels."""
    items = [[label for label in row if label != MISSING] for row in ratings]
    items = [labels for labels in items if len(labels) > 1]
    within = sum(
        sum(a != b for a, b in itertools.permutations(labels, 2)) / (len(labels) - 1) for labels in items
    ) / sum(map(len, items))
    everything = list(itertools.chain(*items))
    among = [a != b for a, b in itertools.permutations(everything, 2)]
    return 1 - within / (sum(among) / len(among))


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_the_slow_definition(seed: int) -> None:
    """On random labels of four raters with gaps, alpha is what counting all pairs gives."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, size=(30, 1))
    ratings = np.where(rng.random((30, 4)) < 0.7, truth, rng.integers(0, 3, size=(30, 4)))
    ratings[rng.random((30, 4)) < 0.3] = MISSING

    assert pytest.approx(slow_alpha(ratings)) == krippendorff_alpha(ratings).value


def test_codes_are_names_only() -> None:
    """Which numbers stand for the labels, and which rater comes first, changes nothing."""
    first, second = rated({(0, 0): 20, (0, 1): 5, (1, 0): 10, (1, 1): 15})
    shifted = np.array([7, 3])

    assert cohen_kappa(first, second).value == pytest.approx(cohen_kappa(shifted[second], shifted[first]).value)
    both = np.stack([first, second], axis=1)
    assert krippendorff_alpha(both).value == pytest.approx(krippendorff_alpha(shifted[both][:, ::-1]).value)


def test_a_weight_is_a_number_of_items() -> None:
    """An item of weight 3 counts like three of weight 1 in the value."""
    once = rated({(0, 0): 4, (0, 1): 1, (1, 1): 2})
    thrice = rated({(0, 0): 4, (0, 1): 3, (1, 1): 2})
    weights = np.array([1.0, 1, 1, 1, 3, 1, 1])

    assert pytest.approx(cohen_kappa(*thrice).value) == cohen_kappa(*once, design=Design(weights=weights)).value


@pytest.mark.parametrize("measure", [lambda m: cohen_kappa(m[:, 0], m[:, 1]), krippendorff_alpha])
@pytest.mark.parametrize(
    ("ratings", "observed"),
    [(np.zeros((0, 2), dtype=np.int64), None), (np.array([[0, _], [_, 1]]), None), (np.ones((9, 2), dtype=int), 1.0)],
)
def test_what_is_not_defined_is_none(measure, ratings: np.ndarray, observed: float | None) -> None:
    """No item with two labels, or a single label throughout, has no agreement beyond chance: it is not 0 and not 1."""
    found = measure(ratings)

    assert (None, None, observed) == (found.value, found.interval, found.observed)


def test_perfect_agreement_on_few_items_is_not_certain() -> None:
    """Ten items of ten leave kappa open downwards; a thousand of a thousand leave little."""
    few = cohen_kappa(*rated({(0, 0): 5, (1, 1): 5}))
    many = cohen_kappa(*rated({(0, 0): 500, (1, 1): 500}))

    assert (few.value, many.value) == (1.0, 1.0)
    assert 0.5 < few.interval.low < 0.85
    assert many.interval.low > 0.99


def test_the_interval_is_the_classical_one_where_there_is_much() -> None:
    """With 5,000 items it equals kappa's large-sample interval (Fleiss, Cohen, Everitt 1969), written out here."""
    table = {(0, 0): 2000, (0, 1): 500, (1, 0): 1000, (1, 1): 1500}
    p = np.array([[0.4, 0.1], [0.2, 0.3]])
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = 0.7, rows @ columns
    kappa = (seen - chance) / (1 - chance)
    terms = sum(p[i, i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in range(2))
    off = (1 - kappa) ** 2 * sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    error = np.sqrt(terms + off - (kappa - chance * (1 - kappa)) ** 2) / ((1 - chance) * np.sqrt(5000))
    half = norm.ppf(0.975) * error

    found = cohen_kappa(*rated(table), design=Design(draws=40_000)).interval
    assert (pytest.approx(kappa - half, abs=0.001), pytest.approx(kappa + half, abs=0.001)) == (found.low, found.high)


def test_clusters_widen_the_interval() -> None:
    """Each item said four times over, in a cluster of four, is worth as much as once: twice as wide as four times."""
    first, second = rated({(0, 0): 20, (0, 1): 5, (1, 0): 10, (1, 1): 15})
    repeated = [np.repeat(codes, 4) for codes in (first, second)]

    def width(design: Design) -> float:
        found = cohen_kappa(*repeated, design=design).interval
        return found.high - found.low

    assert width(Design(clusters=np.repeat(np.arange(50), 4))) / width(Design()) == pytest.approx(2.0, rel=0.05)


def test_the_same_seed_gives_the_same_interval() -> None:
    """Draws depend on the seed alone."""
    labels = rated({(0, 0): 20, (0, 1): 5, (1, 0): 10, (1, 1): 15})

    assert cohen_kappa(*labels, design=Design(seed=3)) == cohen_kappa(*labels, design=Design(seed=3))
    assert cohen_kappa(*labels, design=Design(seed=3)) != cohen_kappa(*labels, design=Design(seed=4))


WORLDS = [(40, 0.5, 0.1), (40, 0.2, 0.05), (150, 0.1, 0.03), (150, 0.5, 0.3)]


@pytest.mark.parametrize(("items", "share", "error"), WORLDS)
@pytest.mark.parametrize("raters", [2, 4])
def test_intervals_hold_the_truth_as_often_as_they_say(items: int, share: float, error: float, raters: int) -> None:
    """In 400 drawn data sets the 90 % interval holds the true agreement 360 times, give or take 25.

    Raters err independently, so kappa and alpha of the world follow from the shares: a label is 1 with probability
    q, two raters agree with probability (1 - error)^2 + error^2, and by chance with q^2 + (1 - q)^2.
    """
    q = share * (1 - error) + (1 - share) * error
    agree, chance = (1 - error) ** 2 + error**2, q**2 + (1 - q) ** 2
    truth = (agree - chance) / (1 - chance)
    rng = np.random.default_rng(items * raters)
    held = 0
    for seed in range(400):
        right = rng.random((items, 1)) < share
        ratings = (right ^ (rng.random((items, raters)) < error)).astype(np.int64)
        found = krippendorff_alpha(ratings, design=Design(level=0.9, draws=400, seed=seed)).interval
        held += found is None or found.low <= truth <= found.high

    assert 335 <= held <= 390
