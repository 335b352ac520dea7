"""The Shifts page: one behaviour in depth, and another forecast beside."""

from __future__ import annotations

import shutil
from pathlib import Path

from makers import NOW
from test_pages import open_page, text_of

from deploysim.pipeline.forecasting import all_forecasts, forecast
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.ui import SHIFTS


def test_one_behaviour_in_depth(compared: tuple[Workspace, Lanes], monkeypatch) -> None:
    """Rates, what would change the call, and what the whole forecast assumes are on the page."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(compared[0].root))
    app = open_page(SHIFTS, behaviour="refusal")
    said = text_of(app)

    assert not app.exception
    assert "materially up" in said
    assert "the call rests on 18 regressed and 0 improved" in said
    assert "What it assumes" in said
    assert "their errors are not corrected" in said
    assert "It takes a baseline that was asked more than once" in said


def test_another_forecast_beside(compared: tuple[Workspace, Lanes], tmp_path: Path, monkeypatch) -> None:
    """A second forecast of the same run without its baseline can be held beside the first."""
    copy = Workspace(tmp_path / "two")
    shutil.copytree(compared[0].root, copy.root)
    lanes = compared[1]
    forecast(copy, Lanes(lanes.sample_id, lanes.candidate), load_taxonomy(), seed=0, now=NOW)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(copy.root))
    one, two = (saved.forecast_id for saved in all_forecasts(copy))
    app = open_page(SHIFTS, forecast=one)
    assert "Choose another forecast" in text_of(app)
    app = open_page(SHIFTS, forecast=one, beside=two)

    assert not app.exception
    assert "The other: 1 behaviour likely worse" in text_of(app)
    assert any("together" in frame.value.columns for frame in app.dataframe)
