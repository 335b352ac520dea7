"""The report: one file that loads nothing, runs nothing, and shows hostile text as text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from makers import REFUSAL
from releases import Released, released_workspace

from deploysim.config import read_settings
from deploysim.forecast.records import Forecast
from deploysim.pipeline.reporting import make_report
from deploysim.pipeline.stacks import archived_stack
from deploysim.report import Example, Provenance, report_html
from deploysim.report.document import CUT
from deploysim.report.svg import rate_chart, ratio_chart

HOSTILE = '"><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)> & </style></svg>'


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A registered forecast. Tests only read it."""
    return released_workspace(tmp_path_factory.mktemp("reported"), release=4)


class Tags(HTMLParser):
    """Collects what a browser would see as tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(forecast: Forecast) -> Forecast:
    """The same forecast with names and notes that try to break out."""
    rows = tuple(replace(row, name=f"{HOSTILE}{row.category}", notes=(HOSTILE,)) for row in forecast.categories)
    lanes = tuple(replace(lane, model=HOSTILE, settings=HOSTILE) for lane in forecast.lanes)
    return replace(forecast, categories=rows, lanes=lanes, notes=(HOSTILE,), window=HOSTILE)


def test_nothing_runs_and_nothing_is_loaded(released: Released) -> None:
    """Hostile names, notes, models and conversations bring no tag and no attribute of their own."""
    example = Example(HOSTILE, "regressed", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    provenance = Provenance("f" * 64, ((HOSTILE, HOSTILE),), (HOSTILE,))
    page = report_html(hostile(released.saved.forecast), provenance, [example])
    seen = Tags(page)

    assert not {"script", "img", "link", "iframe", "object", "a", "form"} & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert not re.search(r"url\(|@import", page)
    assert page.count("<style>") == 1
    assert HOSTILE in seen.text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in seen.attributes


def test_the_report_says_what_the_forecast_says(released: Released) -> None:
    """Sentence, numbers, method, limits and provenance, with the hash and the statement."""
    page = make_report(released.workspace, released.saved)
    said = Tags(page).text

    for words in (
        "1 behaviour likely worse",
        "▲ Declines the request",
        "18 regressed, 0 improved, 2 both, 20 neither",
        "arXiv:2607.07184",
        released.saved.forecast_id,
        released.registered.registration.stack,
        "“Refusals double.”",
    ):
        assert words in said
    assert page.count("<svg") == 2
    assert "@media print" in page


def test_conversations_are_shown_only_where_asked_for(released: Released) -> None:
    """Without a stack no word of a conversation is in the file; with one, pairs that differ are."""
    stack = archived_stack(released.workspace, released.registered.registration.stack, read_settings({}))
    without, with_text = (
        make_report(released.workspace, released.saved),
        make_report(released.workspace, released.saved, stack),
    )

    assert "can't help with that" not in Tags(without).text
    assert "Please tell me fact" not in Tags(without).text
    assert Tags(with_text).text.count(REFUSAL) == 3
    assert "candidate · candidate model (simulated)" in Tags(with_text).text


def test_a_changed_input_is_said_on_top(released: Released, tmp_path: Path) -> None:
    """A report of a forecast whose inputs were altered does not look like one whose inputs were not."""
    import shutil

    from deploysim.store.workspace import Workspace

    shutil.copytree(released.workspace.root, tmp_path / "ws")
    copy = Workspace(tmp_path / "ws")
    shutil.rmtree(copy.runs / released.saved.lanes().candidate)

    said = Tags(make_report(copy, released.saved)).text
    assert "Changed since it was registered: the responses of the candidate lane." in said


def test_charts_are_well_formed_and_speak(released: Released) -> None:
    """Both drawings parse as XML, have words for a reader, and stay within their frame."""
    rows = [row for row in hostile(released.saved.forecast).categories if row.ratio]
    for chart in (ratio_chart(rows, material_ratio=1.5, words=["10x"] * len(rows)), rate_chart(rows)):
        svg = ElementTree.fromstring(chart)
        width, height = map(float, svg.get("viewBox").split()[2:])

        assert rows[0].name in svg.get("aria-label")
        assert svg.get("role") == "img"
        places = [float(e.get(name)) for e in svg.iter() for name in ("x1", "x2", "cx") if e.get(name)]
        assert all(0 <= place <= width for place in places)
        assert all(0 <= float(e.get("y")) <= height for e in svg.iter() if e.get("y"))


def test_long_messages_are_cut_and_say_so(released: Released) -> None:
    """A transcript that would not end is shown up to a length."""
    example = Example("x", "regressed", "p", "y" * (CUT + 1_234), "a", "b", "c", "d")
    page = report_html(released.saved.forecast, Provenance("f" * 64, ()), [example])

    assert "… (cut: 1,234 more characters)" in page
    assert "y" * (CUT + 1) not in page
