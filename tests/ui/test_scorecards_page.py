"""The Scorecards page: empty, with one scorecard, and with records that somebody edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from releases import LATER, Released, released_workspace
from test_pages import _fresh_caches, open_page, text_of  # noqa: F401

from deploysim.charts.scores import calibration_chart, score_chart
from deploysim.config import read_settings
from deploysim.forecast.score_words import score_frame
from deploysim.pipeline.grading import RULES_ONLY
from deploysim.pipeline.scorecards import SavedScorecard
from deploysim.pipeline.scoring import score
from deploysim.pipeline.stacks import archived_stack
from deploysim.ui import SCORECARDS, SHIFTS

Scored = tuple[Released, SavedScorecard]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """A forecast that was registered, released and scored."""
    one = released_workspace(tmp_path_factory.mktemp("scored"))
    stack = archived_stack(one.workspace, one.registered.registration.stack, read_settings({}))
    return one, score(one.workspace, one.saved, stack, one.plan(), now=LATER, use=RULES_ONLY)


@pytest.fixture
def served(scored: Scored, monkeypatch: pytest.MonkeyPatch) -> Scored:
    """The app serves that workspace."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(scored[0].workspace.root))
    return scored


def test_the_page_says_how_the_forecast_did(served: Scored) -> None:
    """Headline, tables, baselines and track record of one scorecard."""
    app = open_page(SCORECARDS)
    said = text_of(app)

    assert not app.exception
    assert "1 category scored, direction right in 1 of 1" in said
    assert "Past errors adjust future intervals once there are enough" in said.replace("\\", "")
    tables = [frame.value for frame in app.dataframe]
    assert tables[0]["behaviour"].to_list() == ["Declines the request"]
    assert tables[0]["called"].to_list() == ["▲ materially up"]
    assert tables[1]["method"].to_list() == ["forecast", "same rate as before"]
    assert tables[2]["models"].to_list() == ["old-model → candidate model"]


def test_the_charts_are_there_with_words(served: Scored) -> None:
    """Two charts, each with its alternative text."""
    app = open_page(SCORECARDS)

    assert len(app.get("vega_lite_chart") + app.get("arrow_vega_lite_chart")) == 2


def test_an_edit_is_shown(scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorecard that somebody improved is named and not shown."""
    shutil.copytree(scored[0].workspace.root, tmp_path / "ws")
    path = tmp_path / "ws" / "scorecards" / f"{scored[1].scorecard_id}.json"
    path.write_text(path.read_text().replace('"moved_right":1', '"moved_right":2'))
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(tmp_path / "ws"))
    app = open_page(SCORECARDS)

    assert any("was changed after it was written" in warning.value.replace("\\", "") for warning in app.warning)
    assert "No forecast has been scored yet" in text_of(app)


def test_shifts_says_that_a_forecast_is_registered(served: Scored) -> None:
    """With time and statement."""
    assert "Registered 2026-11-01 12:00 UTC" in text_of(open_page(SHIFTS)).replace("\\", "")


def test_the_score_chart_holds_both_intervals(scored: Scored) -> None:
    """Log axes with the same whole decades, a line of no error, a rule across and one up, and the point."""
    frame = score_frame(scored[1].scorecard)
    spec = score_chart(frame.filter(frame["forecast_error"].is_not_null()), ink="#000").to_dict()
    marks = [layer["mark"]["type"] for layer in spec["layer"] if "mark" in layer]

    assert marks == ["line", "rule", "rule", "point"]
    across, up = spec["layer"][1]["encoding"], spec["layer"][2]["encoding"]
    assert (across["x"]["field"], across["x2"]["field"]) == ("forecast_low", "forecast_high")
    assert (up["y"]["field"], up["y2"]["field"]) == ("realised_low", "realised_high")
    assert across["x"]["scale"] == up["y"]["scale"]
    assert across["x"]["scale"]["type"] == "log"


def test_the_calibration_chart_shows_shares_with_intervals() -> None:
    """Both axes go from 0 to 1."""
    import polars as pl

    bins = pl.DataFrame({"stated": [0.9], "share": [0.5], "low": [0.3], "high": [0.7], "n": [8]})
    spec = calibration_chart(bins, ink="#000").to_dict()

    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line", "rule", "point", "text"]
    assert spec["layer"][1]["encoding"]["y"]["scale"]["domain"] == [0, 1]
