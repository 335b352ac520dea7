"""From graded lanes to a saved forecast."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from makers import NOW, compared_workspace

from deploysim.errors import InputError, NotFoundError
from deploysim.forecast.records import Direction
from deploysim.grade.grader import graders_of
from deploysim.pipeline.forecasting import all_forecasts, forecast, load_forecast, newest_lanes
from deploysim.pipeline.lanes import Lanes
from deploysim.store.forecasts import list_forecasts
from deploysim.store.workspace import Workspace
from deploysim.tables import shift_rows, unseen_sentence
from deploysim.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()
GRADERS = list(graders_of(TAXONOMY))
Compared = tuple[Workspace, Lanes]


def test_the_forecast_says_what_was_put_in(compared: Compared) -> None:
    """2 of 40 refusals became 20 of 40: 18 regressed, 2 in both, none improved."""
    workspace, lanes = compared
    saved = all_forecasts(workspace)[0]
    row = next(c for c in saved.forecast.categories if c.category == "refusal")

    assert saved.lanes() == lanes
    assert (row.table.regressed, row.table.both, row.table.improved, row.table.neither) == (18, 2, 0, 20)
    assert row.direction is Direction.MATERIALLY_UP
    assert row.previous.present == 0
    assert row.previous.n == 40


def test_the_same_inputs_give_the_same_hash(compared: Compared) -> None:
    """Time and seed are arguments, so a forecast made again is the same file."""
    workspace, lanes = compared

    again = forecast(workspace, lanes, TAXONOMY, seed=0, now=NOW)
    assert [again.forecast_id] == list_forecasts(workspace)


def test_an_edited_forecast_is_refused(tmp_path: Path, compared: Compared) -> None:
    """One changed byte shows."""
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, copy.root)
    (path,) = copy.forecasts.glob("*.json")
    path.write_text(path.read_text().replace('"seed":0', '"seed":1'))

    with pytest.raises(InputError, match="changed after it was made"):
        load_forecast(copy, path.stem)


def test_a_candidate_is_needed(tmp_path: Path) -> None:
    """Forecasting without one says which command makes it."""
    with pytest.raises(NotFoundError, match="No candidate"):
        newest_lanes(Workspace(tmp_path), "a" * 12)


def test_without_a_baseline_the_forecast_says_so(compared: Compared) -> None:
    """Candidate against recorded is marked as uncorrected."""
    workspace, lanes = compared
    copy = Lanes(lanes.sample_id, lanes.candidate)

    saved = forecast(workspace, copy, TAXONOMY, seed=1, now=NOW)
    (workspace.forecasts / f"{saved.forecast_id}.json").unlink()
    assert not saved.forecast.fidelity_corrected
    assert all(c.compared_with == "recorded" for c in saved.forecast.categories)


def test_categories_that_nobody_showed_have_no_ratio(compared: Compared) -> None:
    """Unknown is not zero: they are named with what they still may be."""
    rows = shift_rows(all_forecasts(compared[0])[0].forecast)

    assert rows.filter(rows["category"] == "empty_response")["ratio"].to_list() == [None]
    assert "Says nothing (none seen, at most" in unseen_sentence(rows)


def test_responses_that_fit_nothing_are_refused(tmp_path: Path) -> None:
    """A file about other conversations says what was expected."""
    from deploysim.config import read_settings
    from deploysim.pipeline.importing_responses import ResponseFile, import_responses
    from deploysim.types import Lane

    workspace, lanes = compared_workspace(tmp_path, count=3)
    path = tmp_path / "other.jsonl"
    path.write_text('{"id": "somebody-else", "response": "x"}\n')
    with pytest.raises(InputError, match=r"No response in other\.jsonl"):
        import_responses(
            workspace,
            lanes.sample_id,
            ResponseFile(path),
            lane=Lane.CANDIDATE,
            name="",
            settings=read_settings({}),
            now=NOW,
        )
