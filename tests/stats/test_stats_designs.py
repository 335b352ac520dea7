"""Drawing designs: shares by hand, totals kept, and inclusion probabilities that are the frequencies of drawing."""

from __future__ import annotations

import numpy as np
import pytest

from deploysim.stats.designs import chance_of_any, share_out


@pytest.mark.parametrize(
    ("sizes", "shares", "total", "expected"),
    [
        ([100, 100], [1, 1], 10, [5, 5]),
        ([100, 100], [4, 1], 10, [8, 2]),
        ([3, 100], [1, 1], 10, [3, 7]),
        ([3, 100, 4], [1, 1, 1], 30, [3, 23, 4]),
        ([5, 5], [1, 1], 99, [5, 5]),
        ([5, 0, 5], [1, 1, 1], 4, [2, 0, 2]),
        ([9, 9, 9], [1, 1, 1], 4, [2, 1, 1]),
        ([9, 9], [1, 0], 4, [4, 0]),
        ([9, 9], [1, 1], 0, [0, 0]),
    ],
)
def test_draws_are_shared_out(sizes: list[int], shares: list[float], total: int, expected: list[int]) -> None:
    """Evenly or by share; a small stratum is taken whole and the others take over."""
    found = share_out(np.array(sizes), np.array(shares, dtype=float), total)

    assert found.tolist() == expected


def test_no_draw_is_lost() -> None:
    """Whatever the strata, as many are drawn as asked for or as there are, and no stratum gives more than it has."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        sizes = rng.integers(0, 30, size=rng.integers(1, 9))
        total = int(rng.integers(0, 120))
        found = share_out(sizes, rng.random(sizes.size) + 0.01, total)

        assert found.sum() == min(total, sizes.sum())
        assert (found <= sizes).all()


def test_the_chance_of_any_draw_by_hand() -> None:
    """1 - 0.5 x 0.8 = 0.6; a certain draw is certain; no draw is 0."""
    found = chance_of_any(np.array([[0.5, 0.2], [1.0, 0.3], [0.0, 0.0]]))

    assert found.tolist() == pytest.approx([0.6, 1.0, 0.0])
