"""What the Shifts page says of noise and of failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from makers import NOW, repeated_workspace
from streamlit.testing.v1 import AppTest

from deploysim.pipeline.forecasting import forecast
from deploysim.taxonomy import load_taxonomy
from deploysim.ui import SHIFTS

APP = Path(__file__).resolve().parents[2] / "app.py"


def test_noise_and_failures_stand_beside_the_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table holds the noise floor with its n; the lanes say what failed and what that leaves open."""
    workspace, lanes = repeated_workspace(tmp_path)
    saved = forecast(workspace, lanes, load_taxonomy(), seed=0, now=NOW)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(workspace.root))
    app = AppTest.from_file(str(APP), default_timeout=180).run()
    app.switch_page(SHIFTS)
    app.query_params["forecast"] = saved.forecast_id
    app = app.run()

    assert not app.exception
    rows = next(frame.value for frame in app.dataframe if "category" in frame.value)
    noise = dict(zip(rows["category"].str.slice(2), rows["two baseline answers differ"], strict=True))
    assert any(said.startswith("11 % of 38 pairs") for said in noise.values())
    said = " ".join(markdown.value for markdown in app.markdown)
    assert "2 of 80 responses failed (2.5 %)" in said
    assert "open by about 2,500 per 100,000" in said
