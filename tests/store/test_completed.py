"""What counts of a run that stopped early is an unbiased sample, however much slow answers differ from fast ones."""

from __future__ import annotations

import heapq
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from makers import NOW

from deploysim.replay.engine import response_row
from deploysim.store.blocks import Blocks, sorted_rows
from deploysim.store.completed import complete_blocks, keep_complete
from deploysim.store.journal import Journal
from deploysim.store.outcomes import Outcomes, read_outcomes
from deploysim.store.responses import RESPONSES
from deploysim.store.sealing import seal_journal
from deploysim.types import Failure, FailureKind, Response


def blocks(sizes: list[int], order: list[int]) -> Blocks:
    """Return blocks of conversations of one prefix each."""
    rows = sorted_rows((f"{n:04d}", 1, 0) for n in range(sum(sizes)))
    return Blocks(rows, np.cumsum([0, *sizes]), np.array(order, np.int64), sizes[0], frozenset())


def outcomes(path: Path, done: list[tuple[int, int]], failed: tuple[int, ...] = ()) -> Outcomes:
    """Return the outcomes of a journal with some conversations and repeats."""
    path.unlink(missing_ok=True)
    rows: list[dict[str, Any]] = [
        response_row(
            f"{n:04d}:1", Failure(FailureKind.TIMED_OUT) if n in failed else Response("x"), at=NOW, repeat=repeat
        )
        for n, repeat in done
    ]
    with Journal(path) as journal:
        journal.write(rows)
    return read_outcomes(path)


def seal(journal: Path, found: Outcomes) -> Path:
    """Seal what counts and return where it is."""
    seal_journal(journal, found, journal.with_suffix(".parquet"), schema=RESPONSES)
    return journal.with_suffix(".parquet")


@pytest.mark.parametrize(
    ("done", "complete"),
    [
        ([], []),
        ([2, 3], [1]),
        ([0, 1, 4, 5], []),
        ([0, 1, 2, 3], [1]),
        ([2, 3, 4], [1]),
        ([2, 3, 4, 5], [1, 2]),
        ([0, 1, 2, 3, 4, 5], [1, 2, 0]),
    ],
)
def test_blocks_count_up_to_the_first_incomplete_one(tmp_path: Path, done: list[int], complete: list[int]) -> None:
    """A block that is complete behind one that is not does not count yet: it was only faster."""
    cut = blocks([2, 2, 2], [1, 2, 0])
    found = outcomes(tmp_path / "a.jsonl", [(n, 0) for n in done])

    assert complete_blocks(cut, found, repeat=0) == complete
    keep_complete(cut, found, repeats=1)
    assert found.counting() == 2 * len(complete)


def test_failures_complete_a_block(tmp_path: Path) -> None:
    """A failed prefix has its outcome: leaving its block out would leave failures out."""
    found = outcomes(tmp_path / "a.jsonl", [(2, 0), (3, 0)], failed=(3,))

    assert complete_blocks(blocks([2, 2, 2], [1, 2, 0]), found, repeat=0) == [1]


def test_each_repeat_is_judged_on_its_own(tmp_path: Path) -> None:
    """A run that is on its way through a second repeat loses nothing of the first."""
    cut = blocks([2, 2], [0, 1])
    found = outcomes(tmp_path / "a.jsonl", [(n, 0) for n in range(4)] + [(0, 1), (1, 1), (2, 1)])
    keep_complete(cut, found, repeats=2)
    read = pl.read_parquet(seal(tmp_path / "a.jsonl", found), columns=["prefix_id", "repeat"])

    assert read.rows() == [("0000:1", 0), ("0000:1", 1), ("0001:1", 0), ("0001:1", 1), ("0002:1", 0), ("0003:1", 0)]


def test_a_stopped_run_is_an_unbiased_sample(tmp_path: Path) -> None:
    """Flagged answers take four times as long here. Among all that arrived by the time of the stop they are too few; in
    the complete blocks, once what was in flight has ended, their share is right within the error of 400 simulated runs."""
    share, prefixes, block, in_flight, stop_at = 0.3, 800, 10, 32, 12.0
    arrived_rates, flagged_counted, counted = [], [], []
    for seed in range(400):
        random = Random(seed)
        order = list(range(prefixes // block))
        random.shuffle(order)
        cut = blocks([block] * len(order), order)
        sent = [n for b in order for n in range(b * block, (b + 1) * block)]
        flagged = {n: random.random() < share for n in sent}
        arrived, ended = _stopped(stop_at, sent, flagged, in_flight, random)
        found = outcomes(tmp_path / "a.jsonl", [(n, 0) for n in ended])
        counts = [n for b in complete_blocks(cut, found, repeat=0) for n in range(b * block, (b + 1) * block)]
        arrived_rates.append(np.mean([flagged[n] for n in arrived]))
        flagged_counted.append(sum(flagged[n] for n in counts))
        counted.append(len(counts))

    rate = sum(flagged_counted) / sum(counted)
    residuals = np.array(flagged_counted) - rate * np.array(counted)
    error = float(np.std(residuals) * math.sqrt(len(counted)) / sum(counted))
    assert abs(rate - share) < 3 * error
    assert error < 0.003
    assert np.mean(arrived_rates) < share - 10 * error


def _stopped(
    stop_at: float, sent: list[int], flagged: dict[int, bool], in_flight: int, random: Random
) -> tuple[list[int], list[int]]:
    """Return which answers have come when a run is stopped that always has so many calls in flight, and which in the
    end."""
    running: list[tuple[float, int]] = []
    ended, now, waiting = [], 0.0, iter(sent)
    while True:
        while len(running) < in_flight:
            n = next(waiting)
            heapq.heappush(running, (now + (4.0 if flagged[n] else 1.0) * random.expovariate(1.0), n))
        if running[0][0] >= stop_at:
            return ended, ended + [n for _, n in running]
        now, n = heapq.heappop(running)
        ended.append(n)
