"""The Plan page: sliders, typed rates, and a workspace's own."""

from __future__ import annotations

from test_pages import open_page, text_of

from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace
from deploysim.ui import PLAN


def test_an_empty_workspace_plans_with_typed_rates() -> None:
    """Three rates to begin with; others may be typed, and what is no rate is said."""
    app = open_page(PLAN)
    assert "in 1 of 3 behaviours" in text_of(app)
    app.text_input(key="plan_rates").set_value("refusal=120, many").run()

    assert not app.exception
    assert "in 0 of 1 behaviours" in text_of(app)
    assert "“many” is not a rate" in app.warning[0].value


def test_sliders_change_the_plan() -> None:
    """A larger sample finds it in more behaviours; a larger change takes fewer prefixes."""
    app = open_page(PLAN)
    before = app.dataframe[0].value["prefixes needed"].to_list()
    app.select_slider(key="plan_size").set_value(1_000_000).run()
    assert "1,000,000 prefixes find a change of 1.5x, 80% of the time, in 3 of 3" in text_of(app)
    app.slider(key="plan_ratio").set_value(3.0).run()

    after = app.dataframe[0].value["prefixes needed"].to_list()
    assert all(few < many for few, many in zip(after, before, strict=True))


def test_a_workspace_that_never_saw_anything_asks_for_rates(compared: tuple[Workspace, Lanes], monkeypatch) -> None:
    """Its log shows no graded behaviour, which is said, and a typed rate of one takes its name."""
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(compared[0].root))
    app = open_page(PLAN)
    assert "none of the graded behaviours" in text_of(app)
    app.text_input(key="plan_rates").set_value("refusal=500").run()

    row = app.dataframe[0].value.iloc[0]
    assert (row["behaviour"], row["rests on"]) == ("Declines the request", "given")
