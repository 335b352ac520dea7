"""Blocks: every prefix in one, none split, an order that depends on the sample alone, and messages as they are stored."""

from __future__ import annotations

from collections import Counter
from itertools import chain, pairwise
from pathlib import Path

import pytest
from makers import NOW, conversation, fill

from deploysim.pipeline.drawing import draw
from deploysim.sampling import SampleSpec
from deploysim.store.blocks import Blocks, cut_into_blocks, read_blocks
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.spot_checks import SpotCheck, SpotMark, record_check
from deploysim.store.workspace import Workspace


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    fill(workspace, [conversation(n, turns=1 + n % 4) for n in range(400)])
    return workspace


def sample(workspace: Workspace, **spec: object) -> str:
    return draw(workspace, SampleSpec(**{"seed": 1, **spec}), now=NOW).sample_id


def in_order(blocks: Blocks) -> list[list[str]]:
    return [blocks.prefix_ids(block) for block in blocks.first(None)]


@pytest.mark.parametrize("spec", [{}, {"unit": "conversation"}, {"size": 300}, {"size": 7}, {"size": 1}])
def test_every_prefix_is_read_once_and_as_it_is_stored(here: Workspace, spec: dict[str, object]) -> None:
    """Through blocks or in drawing order, the prefixes are the same, with the same messages."""
    sample_id = sample(here, **spec)
    blocks = cut_into_blocks(here, sample_id)

    read = [p for _, some in read_blocks(here, sample_id, blocks, blocks.first(None)) for p in some]

    stored = {sampled.prefix.prefix_id: sampled.prefix for sampled in prefixes(here, sample_id)}
    assert [p.prefix_id for p in read] == list(chain.from_iterable(in_order(blocks)))
    assert {p.prefix_id: p for p in read} == stored
    assert len(read) == len(stored)


def test_conversations_are_whole_and_in_order(here: Workspace) -> None:
    """All prefixes of a conversation are in one block, one after the other, by turn: what a server's cache profits from."""
    found = in_order(cut_into_blocks(here, sample(here)))

    where = Counter(c for block in found for c in {p.split(":")[0] for p in block})
    assert set(where.values()) == {1}
    for block in found:
        turns = [(c, int(end)) for c, end in (p.split(":") for p in block)]
        assert turns == sorted(turns)


@pytest.mark.parametrize(("size", "least", "most"), [(None, 45, 55), (300, 13, 17), (20, 1, 2)])
def test_blocks_have_about_fifty_prefixes_and_small_samples_smaller_ones(
    here: Workspace, size: int | None, least: int, most: int
) -> None:
    """Equal numbers of conversations, so that each conversation has the same chance."""
    blocks = cut_into_blocks(here, sample(here, size=size))
    conversations = Counter(len({p.split(":")[0] for p in ids}) for ids in in_order(blocks))

    assert least <= blocks.total / len(blocks) <= most
    assert [blocks.conversations] == [n for n, times in conversations.items() if times > 1]
    assert sum(conversations.values()) - conversations[blocks.conversations] <= 1


def test_the_order_is_the_samples_own(here: Workspace) -> None:
    """Two runs of a sample go through it alike; another sample of the same conversations has another order."""
    one, other = sample(here), sample(here, seed=2)

    assert in_order(cut_into_blocks(here, one)) == in_order(cut_into_blocks(here, one))
    assert cut_into_blocks(here, one).order.tolist() != cut_into_blocks(here, other).order.tolist()
    numbers = cut_into_blocks(here, one).order.tolist()
    assert sorted(numbers) == list(range(len(numbers)))
    assert any(later < earlier for earlier, later in pairwise(numbers))


def test_a_pilot_has_about_as_many_prefixes_as_asked_for(here: Workspace) -> None:
    """Whole blocks from the beginning of the order; a pilot of the whole sample or more is the whole."""
    blocks = cut_into_blocks(here, sample(here))
    total = blocks.total

    for wanted in (1, 50, 300, 600):
        pilot = blocks.first(wanted)
        assert pilot == blocks.first(None)[: len(pilot)]
        assert wanted - 60 <= sum(len(blocks.prefix_ids(block)) for block in pilot) <= wanted + 60
    assert blocks.first(total) == blocks.first(10 * total) == blocks.first(None)
    assert len(blocks.first(1)) == 1


def test_withheld_conversations_leave_the_blocks_as_they_are(here: Workspace) -> None:
    """A conversation with a leak is not sent, and no other changes its block because of it."""
    sample_id = sample(here)
    before = in_order(cut_into_blocks(here, sample_id))
    leaking = before[3][0].split(":")[0]
    place = (leaking, 0, NOW.isoformat(), "a" * 12)
    record_check(here, SpotCheck("reader", *place, (SpotMark("leak", 0, 3, "PERSON"),)))

    after = in_order(cut_into_blocks(here, sample_id))

    assert after == [[p for p in block if p.split(":")[0] != leaking] for block in before]


def test_an_erased_conversation_leaves_the_order_of_blocks_as_it_is(here: Workspace) -> None:
    """The order of blocks does not depend on how many there are, so that a run goes on where it was."""
    big, small = cut_into_blocks(here, sample(here)), cut_into_blocks(here, sample(here), conversations=21)

    shared = min(len(big), len(small))
    assert [b for b in big.order if b < shared] == [b for b in small.order if b < shared]
