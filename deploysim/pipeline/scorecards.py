"""Scorecards as they are kept: found, read, and kept once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deploysim.forecast.scorecard import Scorecard
from deploysim.forecast.stack import frozen_json, read_frozen
from deploysim.store.frozen import frozen_text, intact, save_frozen
from deploysim.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SavedScorecard:
    """A scorecard with the id it is kept under."""

    scorecard_id: str
    scorecard: Scorecard


def load_scorecard(workspace: Workspace, scorecard_id: str) -> SavedScorecard:
    """Return a scorecard.

    Raises:
        InputError: where its file was edited since.
    """
    text = frozen_text(workspace.scorecards, scorecard_id, kind="scorecard")
    return SavedScorecard(scorecard_id, read_frozen(Scorecard, text, "scorecard"))


def scorecards(workspace: Workspace) -> list[SavedScorecard]:
    """Return all scorecards that nobody edited, newest first."""
    found = [load_scorecard(workspace, name) for name in intact(workspace.scorecards)]
    return sorted(found, key=lambda one: (one.scorecard.created_at, one.scorecard_id), reverse=True)


def keep_scorecard(workspace: Workspace, card: Scorecard) -> SavedScorecard:
    """Keep a scorecard; where there is one that says the same, whenever it was made, that one stays."""
    text = frozen_json(card)
    for one in scorecards(workspace):
        if frozen_json(replace(one.scorecard, created_at=card.created_at, software=card.software)) == text:
            return one
    return SavedScorecard(save_frozen(workspace.scorecards, text), card)
