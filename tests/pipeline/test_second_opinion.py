"""Tests of a model's second opinion, over real HTTP on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from makers import NOW, conversation, fill
from servers import Endpoint, answer
from typer.testing import CliRunner

from deploysim.__main__ import app
from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError, NotFoundError
from deploysim.pipeline.second_opinion import ask_second_opinion, parse_opinion, request
from deploysim.pipeline.spot_checking import Reading, facts, queue, valid_checks
from deploysim.store.spot_checks import SpotMark
from deploysim.store.workspace import Workspace
from deploysim.types import Span

TEXT = "Elena and jo met. Later jo left."
MESSAGE = Reading("0" * 12, "a" * 12, 0, 2, "user", TEXT, (Span(0, 0, 5, "PERSON"),))
JO = (SpotMark("leak", 10, 12, "PERSON"), SpotMark("leak", 24, 26, "PERSON"))


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace of three conversations with four messages each."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n) for n in range(3)])
    return workspace


@pytest.mark.parametrize(
    ("reply", "marks"),
    [
        ('{"left": []}', ()),
        ('{"left": [{"quote": "jo", "type": "PERSON"}]}', JO),
        ('Sure!\n```json\n{"left": [{"quote": "jo", "type": "PERSON"}]}\n```', JO),
        ('{"left": [{"quote": "Elena", "type": "PERSON"}]}', ()),
        ('{"left": [{"quote": "nobody", "type": "PERSON"}, {"quote": " "}, {"quote": 3}, "jo"]}', ()),
        ('{"left": [{"quote": "Later", "type": "NONSENSE"}]}', (SpotMark("leak", 18, 23, "OTHER"),)),
        ('{"left": {"quote": "jo"}}', None),
        ('{"left": [', None),
        ("I found nothing.", None),
        ('["left"]', None),
    ],
)
def test_replies_are_read_strictly(reply: str, marks: tuple[SpotMark, ...] | None) -> None:
    """Only exact quotes outside what was replaced count; anything else is no opinion."""
    assert parse_opinion(reply, MESSAGE) == marks


def test_the_text_is_fenced_by_a_marker_of_its_own() -> None:
    """Two texts have two markers, and the text cannot hold its own."""
    _, asked = request(MESSAGE)
    marker, text = asked.content.split("\n", 1)

    assert text == f"{TEXT}\n{marker}"
    assert marker not in TEXT


def test_opinions_become_hints_and_count_nowhere(here: Workspace) -> None:
    """Asked once a message; failures are counted and asked again."""
    settings = ModelSettings("helper", "m", max_retries=0)
    good = answer(json.dumps({"left": [{"quote": "question", "type": "PERSON"}]}))
    with Endpoint(script=[answer("no idea")], otherwise=good) as endpoint:
        settings = ModelSettings("helper", "m", endpoint.url, max_retries=0)
        first = ask_second_opinion(here, settings, messages=12, now=NOW, in_flight=1)
        second = ask_second_opinion(here, settings, messages=12, now=NOW, in_flight=1)

    assert (first.asked, first.failed) == (12, {"malformed reply": 1})
    assert (second.asked, second.failed) == (1, {})
    assert {check.place for check in valid_checks(here, by_model=True)} == set(queue(here))
    assert facts(here).read == 0


def test_text_stays_here_above_the_limit(here: Workspace) -> None:
    """The gate holds for a second opinion too."""
    with pytest.raises(InputError, match="does not allow"):
        ask_second_opinion(here, ModelSettings("m", "m", "https://x.example/v1"), messages=3, now=NOW, limit=0.01)


def test_nothing_to_read(tmp_path: Path) -> None:
    """An empty workspace says what to do."""
    with pytest.raises(NotFoundError, match="no message"):
        ask_second_opinion(Workspace(tmp_path / "none"), ModelSettings("m", "m"), messages=3, now=NOW)


def test_the_command_says_what_came_of_it(here: Workspace) -> None:
    """Counts for people; the embedded model is refused."""
    with Endpoint(otherwise=answer('{"left": []}')) as endpoint:
        asked = ["second-opinion", "--model", "m", "--base-url", endpoint.url, "--messages", "4", "-w", str(here.root)]
        said = CliRunner().invoke(app, asked)
    refused = CliRunner().invoke(app, ["second-opinion", "--model", "local", "-w", str(here.root)])

    assert "4 messages read by m, which points at something in 0." in said.output
    assert "far too small" in str(refused.exception)
