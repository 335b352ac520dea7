"""Lanes summed up: centre and covariance."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.arcsine import to_arcsine, to_rate
from deploysim.stats.lanes import lane_moments, table_moments, with_recorded


def prefixes(counts: dict[str, int]) -> np.ndarray:
    """Flags of prefixes by pattern, such as {"101": 3}."""
    return np.array([[float(c) for c in pattern] for pattern, count in counts.items() for _ in range(count)])


def plain(values: np.ndarray, clusters: np.ndarray | None = None):
    """Moments of equally weighted prefixes."""
    codes = np.arange(len(values)) if clusters is None else clusters
    return lane_moments(values, weights=np.ones(len(values)), clusters=codes)


def test_moments_by_hand() -> None:
    """5, 2, 1, 4 of neither, old only, new only, both: shares 6/12 and 5/12, variance 1/12.

    Products: the sum of (x - 6/12)(y - 5/12) is 4 - 6 * 5 / 12 = 1.5, of squares 3 and 35/12, so the correlation is
    1.5 / sqrt(3 * 35 / 12) = 0.507. Events are (sum z^2)^2 / sum z^4 = 9 / 0.75 = 12 for the old lane and about 11.84
    for the new one, so it is drawn by 11.84 / 12.84.
    """
    seen = plain(prefixes({"00": 5, "10": 2, "01": 1, "11": 4}))
    fourth = 5 * (7 / 12) ** 4 + 7 * (5 / 12) ** 4
    events = (35 / 12) ** 2 / fourth

    assert pytest.approx(seen.centre) == to_arcsine(np.array([6.0, 5.0]), 12.0)
    correlation = 1.5 / np.sqrt(3 * 35 / 12) * events / (events + 1)
    assert pytest.approx(seen.cov) == np.array([[1, correlation], [correlation, 1]]) / 12


def test_table_is_a_shortcut() -> None:
    """The joint table gives what the prefixes one by one give."""
    counts = {"000": 50, "100": 3, "010": 2, "110": 1, "001": 4, "101": 2, "011": 1, "111": 7}
    cells = np.zeros(8)
    for pattern, count in counts.items():
        cells[sum(1 << lane for lane, flag in enumerate(pattern) if flag == "1")] = count

    one_by_one, table = plain(prefixes(counts)), table_moments(cells)
    assert np.allclose(one_by_one.centre, table.centre)
    assert np.allclose(one_by_one.cov, table.cov)


def test_lanes_never_seen_are_independent() -> None:
    """Without events there is no correlation to speak of, and the variance is 1 / n."""
    seen = plain(prefixes({"000": 40}))

    assert pytest.approx(seen.cov) == np.eye(3) / 40


def test_copies_within_clusters_add_nothing() -> None:
    """Each prefix three times in a cluster of its own: the variances are those of the single prefixes."""
    values = prefixes({"11": 4, "01": 6, "10": 2, "00": 40})
    tripled = plain(np.repeat(values, 3, axis=0), np.repeat(np.arange(52), 3))

    assert pytest.approx(np.diag(plain(values).cov)) == np.diag(tripled.cov)


def test_repeats_are_worth_less_than_prefixes_and_more_than_copies() -> None:
    """A prefix answered four times by a model that wavers says more than one answer, and less than four prefixes."""
    rng = np.random.default_rng(1)
    chance = rng.beta(0.5, 2.0, size=2_000)
    answers = (rng.random((2_000, 4)) < chance[:, None]).astype(float)
    shares = np.column_stack([answers.mean(axis=1), answers.mean(axis=1)])
    single = plain(np.column_stack([answers[:, 0], answers[:, 0]])).cov[0, 0]

    rows = plain(np.repeat(answers.ravel()[:, None], 2, axis=1), np.repeat(np.arange(2_000), 4)).cov[0, 0]
    assert single / 4 < rows < single
    assert plain(shares).centre[0] == pytest.approx(to_arcsine(answers.mean() * 2_000, 2_000.0))


def test_weights_undo_oversampling() -> None:
    """A stratum drawn four times as often at a quarter of the weight gives the rates of the population.

    Risky stratum: 4,000 prefixes at weight 1/4, recorded 2,000, candidate 3,000; other: 9,000 at weight 1, 300 in both.
    Recorded 500 + 300 = 800, candidate 750 + 300 = 1,050 of 10,000.
    """
    values = np.concatenate([prefixes({"11": 2000, "01": 1000, "00": 1000}), prefixes({"11": 300, "00": 8700})])
    weights = np.repeat([0.25, 1.0], [4000, 9000])

    seen = lane_moments(values, weights=weights, clusters=np.arange(13_000))
    assert pytest.approx(to_rate(seen.centre), rel=0.001) == [0.08, 0.105]
    assert seen.cov[1, 1] < 1 / 10_000


def test_only_relative_weights_matter() -> None:
    """Weights of 1 and of 8 throughout say the same."""
    values, codes = prefixes({"11": 4, "01": 6, "10": 2, "00": 40}), np.arange(52)

    heavy = lane_moments(values, weights=np.full(52, 8.0), clusters=codes)
    assert np.allclose(heavy.cov, plain(values).cov)
    assert np.allclose(heavy.centre, plain(values).centre)


def test_the_whole_log_moves_all_lanes() -> None:
    """A log twice the sample has the recorded centre y and variance v / 2; with correlation c and equal variances v the
    candidate's centre moves by c times as much, and its variance becomes v (1 - c^2 / 2).
    """
    seen = plain(prefixes({"11": 30, "01": 10, "10": 10, "00": 50}))
    v, c = seen.cov[0, 0], seen.cov[0, 1] / seen.cov[0, 0]

    y = to_arcsine(60.0, 200.0)
    whole = with_recorded(seen, centre=y, variance=v / 2)
    step = y - seen.centre[0]
    assert pytest.approx(whole.centre - seen.centre) == [step, c * step]
    assert pytest.approx(np.diag(whole.cov)) == [v / 2, v * (1 - c**2 / 2)]


def test_the_rest_of_a_log_adds_up_with_the_sample() -> None:
    """100 drawn at random from 1,000 and the other 900 are worth what two independent measurements are: the weighted mean."""
    seen = plain(prefixes({"11": 30, "01": 10, "10": 10, "00": 50}))
    rest, whole = to_arcsine(300.0, 900.0), to_arcsine(340.0, 1_000.0)

    moved = with_recorded(seen, centre=whole, variance=1 / 1_000)
    assert moved.centre[0] == pytest.approx(0.1 * seen.centre[0] + 0.9 * rest, abs=1e-3)
    assert moved.cov[0, 0] == pytest.approx(1 / (1 / seen.cov[0, 0] + 900), rel=0.01)


def test_a_log_that_is_the_sample_changes_nothing() -> None:
    """Where everything was replayed all lanes stay."""
    seen = plain(prefixes({"11": 30, "01": 10, "10": 10, "00": 50}))

    same = with_recorded(seen, centre=seen.centre[0], variance=seen.cov[0, 0])
    assert np.array_equal(seen.centre, same.centre)
    assert np.array_equal(seen.cov, same.cov)


def test_shares_of_repeated_answers_vary_as_little_as_they_are_said_to() -> None:
    """Over 400 seeded draws of 600 prefixes answered four times, the rates scatter as the moments say, within a tenth."""
    rng = np.random.default_rng(3)
    centres, said = [], []
    for _ in range(400):
        chance = rng.beta(0.3, 3.0, 600)
        values = np.column_stack([rng.binomial(4, chance) / 4, rng.binomial(4, chance) / 4])
        moments = lane_moments(values, weights=np.ones(600), clusters=np.arange(600))
        centres.append(moments.centre)
        said.append(np.diag(moments.cov))

    assert np.std(centres, axis=0) == pytest.approx(np.sqrt(np.mean(said, axis=0)), rel=0.1)
