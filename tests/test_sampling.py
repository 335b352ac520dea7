"""Drawing prefixes."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from makers import NOW, conversation, fill

from deploysim.errors import InputError
from deploysim.sampling import SampleSpec, draw_sample
from deploysim.store.conversations import conversation_index
from deploysim.store.workspace import Workspace


@pytest.fixture
def index(tmp_path: Path) -> pl.DataFrame:
    """Twelve conversations of one to three turns."""
    here = Workspace(tmp_path)
    fill(here, [conversation(n, turns=1 + n % 3) for n in range(12)])
    return conversation_index(here)


def test_unit_turn_draws_from_every_answered_turn(index: pl.DataFrame) -> None:
    """Four times 1 + 2 + 3 turns."""
    drawn = draw_sample(index, SampleSpec(unit="turn"), scrubbing={}, now=NOW)

    assert drawn.about.size == 24
    assert drawn.about.conversations == 12


def test_unit_conversation_draws_the_last_turn_of_each(index: pl.DataFrame) -> None:
    """Twelve prefixes, each with the last turn's number."""
    drawn = draw_sample(index, SampleSpec(unit="conversation"), scrubbing={}, now=NOW)

    assert Counter(drawn.prefixes["turn"].to_list()) == {1: 4, 2: 4, 3: 4}


def test_every_turn_is_equally_likely(index: pl.DataFrame) -> None:
    """Over 600 seeds each of the 24 turns is drawn about as often as the others."""
    counts: Counter[str] = Counter()
    for seed in range(600):
        counts.update(draw_sample(index, SampleSpec(size=4, seed=seed), scrubbing={}, now=NOW).prefixes["prefix_id"])

    expected = 600 * 4 / 24
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert len(counts) == 24
    assert chi_square < 49.7  # 99.9th percentile with 23 degrees of freedom


@pytest.mark.parametrize(
    ("spec", "size", "reason"),
    [
        (SampleSpec(unit="conversation", models=("old-model",)), 12, None),
        (SampleSpec(unit="conversation", since=date(2026, 10, 1), until=date(2026, 10, 1)), 12, None),
        (SampleSpec(unit="conversation", max_chars=90), 4, "conversations that are too long"),
        (SampleSpec(unit="conversation", min_chars=90), 8, "conversations that are too short"),
        (SampleSpec(unit="conversation", size=5), 5, "eligible conversations not drawn"),
    ],
)
def test_what_is_left_out_is_counted_by_reason(
    index: pl.DataFrame, spec: SampleSpec, size: int, reason: str | None
) -> None:
    """Drawn and left out add up to what was there."""
    about = draw_sample(index, spec, scrubbing={}, now=NOW).about

    assert about.size == size
    assert about.exclusions == ({reason: 12 - size} if reason else {})


def test_the_window_and_its_age_are_stated(index: pl.DataFrame) -> None:
    """First and last conversation, and whole days since the last."""
    about = draw_sample(index, SampleSpec(), scrubbing={}, now=NOW).about

    assert about.window() == "2026-10-01"
    assert about.age_days(NOW) == 31


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (SampleSpec(models=("nobody",)), "12 conversations of another model"),
        (SampleSpec(size=0), "at least 1"),
        (SampleSpec(since=date(2026, 2, 1), until=date(2026, 1, 1)), "comes after"),
    ],
)
def test_a_draw_that_makes_no_sense_says_why(index: pl.DataFrame, spec: SampleSpec, says: str) -> None:
    """The error names the filter that left nothing."""
    with pytest.raises(InputError) as caught:
        draw_sample(index, spec, scrubbing={}, now=NOW)

    assert says in str(caught.value)
