"""Conversations that are withheld because of a leak."""

from __future__ import annotations

from pathlib import Path

import pytest
from makers import NOW, conversation, fill

from deploysim.errors import NotFoundError
from deploysim.store.conversations import (
    ConversationFilter,
    conversation_index,
    facets,
    get_conversation,
    list_conversations,
)
from deploysim.store.quarantine import quarantined
from deploysim.store.spot_checks import SpotCheck, SpotMark, record_check, undo_check
from deploysim.store.workspace import Workspace

FIRST = conversation(1).conversation_id
LEAK = SpotCheck("ann", FIRST, 0, NOW.isoformat(), marks=(SpotMark("leak", 1, 4, "PERSON"),))


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace with three conversations."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n) for n in (1, 2, 3)])
    return workspace


def shown(workspace: Workspace) -> tuple[int, int, int, int]:
    """Return how many conversations each kind of question knows of."""
    listed = list_conversations(workspace, ConversationFilter(), offset=0, limit=10)
    found = list_conversations(workspace, ConversationFilter(text="question 1"), offset=0, limit=10)
    counted = int(facets(workspace)["n"].sum())
    assert listed.total == listed.rows.height
    return listed.total, found.total, counted, conversation_index(workspace).height


def test_a_leak_withholds_its_conversation_at_once_and_until_it_is_taken_back(here: Workspace) -> None:
    """No list, search, count or sample sees it from the moment of the mark, and an undo brings it back."""
    assert shown(here) == (3, 3, 3, 3)
    record_check(here, SpotCheck("ann", FIRST, 0, NOW.isoformat()))
    assert shown(here) == (3, 3, 3, 3)

    record_check(here, LEAK)
    assert quarantined(here) == {FIRST}
    assert shown(here) == (2, 2, 2, 2)
    with pytest.raises(NotFoundError):
        get_conversation(here, FIRST)
    assert get_conversation(here, FIRST, withheld_too=True).about["conversation_id"] == FIRST

    undo_check(here, LEAK, now=NOW)
    assert shown(here) == (3, 3, 3, 3)
