"""Tests of spot-checks, and of what a marked leak withholds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from makers import NOW, conversation, fill

from deploysim.errors import InputError, NotFoundError
from deploysim.pipeline.drawing import draw
from deploysim.sampling import SampleSpec
from deploysim.store.conversations import (
    ConversationFilter,
    conversation_index,
    get_conversation,
    list_conversations,
    message_count,
    message_order,
)
from deploysim.store.sample_prefixes import get_prefix, prefix_count, prefix_index, prefixes, recorded_responses
from deploysim.store.spot_checks import SpotCheck, SpotMark, record_check, spot_checks, undo_check
from deploysim.store.workspace import Workspace

LEAK = SpotMark("leak", 0, 8, "PERSON")
OVER = SpotMark("over", 9, 12, "LOCATION")
THIRD = f"{3:012x}"


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace of six conversations with four messages each."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n) for n in range(6)])
    return workspace


def check(reader: str = "Ana", *marks: SpotMark, second: int = 0, message: int = 0, of: str = THIRD) -> SpotCheck:
    """Return a spot-check made at a second of the test's day."""
    return SpotCheck(reader, of, message, f"2026-11-02T00:00:{second:02}+00:00", "a" * 12, marks)


@pytest.mark.parametrize(
    ("marks", "verdict"), [((), "clean"), ((OVER,), "over"), ((LEAK,), "leak"), ((OVER, LEAK), "leak")]
)
def test_the_verdict_follows_from_the_marks(marks: tuple[SpotMark, ...], verdict: str) -> None:
    """A message with a leak leaks, whatever else is marked in it."""
    assert check("Ana", *marks).verdict == verdict


def test_the_last_word_of_each_reader_counts(here: Workspace) -> None:
    """A second verdict of one reader takes the place of the first; another reader's stands beside it."""
    for one in (check("Ana", LEAK), check("Ben", second=1), check("Ana", OVER, second=2)):
        record_check(here, one)

    assert [(c.reader, c.verdict) for c in spot_checks(here)] == [("Ben", "clean"), ("Ana", "over")]


def test_an_undone_check_is_gone_and_its_rows_stay(here: Workspace) -> None:
    """Journals only grow."""
    record_check(here, check("Ana", LEAK))
    undo_check(here, check("Ana", LEAK), now=NOW.replace(month=12))

    assert spot_checks(here) == []
    (journal,) = here.reviews.glob("*.jsonl")
    assert len(journal.read_text().splitlines()) == 2


def test_what_a_model_says_is_kept_apart(here: Workspace) -> None:
    """A second opinion is no reader's verdict and withholds nothing."""
    record_check(here, replace(check("model m", LEAK), by_model=True))

    assert spot_checks(here) == []
    assert len(spot_checks(here, by_model=True)) == 1
    assert get_conversation(here, THIRD)


def test_nobody_s_check_is_refused(here: Workspace) -> None:
    """Without a name two readers could not be told apart."""
    with pytest.raises(InputError, match="name"):
        record_check(here, check("  "))


def test_no_words_are_written(here: Workspace) -> None:
    """A journal holds positions and types, and none of the message."""
    record_check(here, check("Ana", LEAK))

    (journal,) = here.reviews.glob("*.jsonl")
    assert "question" not in journal.read_text()


def test_a_leak_withholds_its_conversation_everywhere_at_once(here: Workspace) -> None:
    """Lists, the index that samples are drawn from, and samples that were drawn before leave it out."""
    sample = draw(here, SampleSpec(unit="conversation", seed=1), now=NOW).sample_id
    record_check(here, check("Ana", LEAK))

    assert THIRD not in conversation_index(here)["conversation_id"]
    assert list_conversations(here, ConversationFilter(), offset=0, limit=10).total == 5
    with pytest.raises(NotFoundError, match="no conversation"):
        get_conversation(here, THIRD)
    assert THIRD not in prefix_index(here, sample)["conversation_id"]
    assert THIRD not in {one.prefix.conversation_id for one in prefixes(here, sample)}
    assert recorded_responses(here, sample).height == prefix_count(here, sample) == 5
    assert get_prefix(here, sample, f"{THIRD}:3") is None


def test_whoever_judges_the_scrubbing_still_sees_it(here: Workspace) -> None:
    """The order of reading and the counts keep what is withheld, or found leaks would vanish from the rate."""
    before = message_order(here, seed=0, limit=100)
    record_check(here, check("Ana", LEAK))

    assert message_order(here, seed=0, limit=100).equals(before)
    assert message_count(here) == (24, 6)
    assert message_count(here, import_ids=["b" * 12]) == (0, 0)
    assert get_conversation(here, THIRD, withheld_too=True)


def test_the_order_of_reading_holds_every_message_once_and_depends_on_the_seed(here: Workspace) -> None:
    """Two seeds give two orders of the same messages."""
    first, second = (message_order(here, seed=seed, limit=100) for seed in (0, 1))

    assert first.unique().height == first.height == 24
    assert not first.equals(second)
    assert first.sort("conversation_id", "message").equals(second.sort("conversation_id", "message"))
