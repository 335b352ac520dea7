"""Importing from a real browser: a file that the administrator offers, and an upload that no disk ever holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from serving import in_a_browser, served

from deploysim.pipeline.offering import offered_files
from deploysim.store.imports import import_records
from deploysim.store.workspace import Workspace

pytestmark = in_a_browser
MARKER = "zanzibar.lighthouse"
"""Part of an e-mail address of every conversation: it is in the log, and may be nowhere else."""


@dataclass(frozen=True)
class Place:
    """Where a server keeps things."""

    workspace: Workspace
    folder: Path
    temporary: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An empty workspace, a folder with a log in it, and a folder for temporary files."""
    root = tmp_path_factory.mktemp("import")
    (root / "tmp").mkdir()
    (root / "offered").mkdir()
    write(root / "offered" / "chats [May] *1*.jsonl", 60)
    return Place(Workspace(root / "ws"), root / "offered", root / "tmp")


@pytest.fixture(scope="module")
def server(place: Place) -> Iterator[str]:
    """Serve an empty workspace and a folder of logs."""
    environment = {
        "DEPLOYSIM_WORKSPACE": str(place.workspace.root),
        "DEPLOYSIM_IMPORT_FOLDER": str(place.folder),
        "TMPDIR": str(place.temporary),
    }
    with served(environment, place.temporary / "server.txt") as url:
        yield url


def write(path: Path, count: int, *, broken: int = 0) -> Path:
    """Write a log whose every row holds the marker; each seventh cannot be read, the first being so many bytes long."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            asked = f"Question {n} of {path.name}: <b>who</b> reads {MARKER}{n}@example.org?"
            messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": "Somebody."}]
            row = json.dumps({"messages": messages})
            file.write((row if n % 7 else row[:-1].ljust(0 if n else broken)) + "\n")
    return path


def holding(folder: Path) -> list[Path]:
    """Return the files of a folder that hold the marker as it was written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if MARKER.encode() in path.read_bytes()]


def test_a_picked_file_from_its_dry_run_to_its_summary(page: Page, server: str, place: Place) -> None:
    """Picked by keyboard, shown, imported and summed up; another window that opens the link sees the same."""
    page.goto(f"{server}/imports")
    expect(page.get_by_text("1 file, newest first")).to_be_visible()
    page.get_by_placeholder("words of its name").fill("may")
    page.get_by_placeholder("words of its name").press("Enter")
    page.locator("[data-testid=data-grid-canvas]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")

    expect(page.get_by_role("heading", name="chats [May] *1*.jsonl")).to_be_visible()
    expect(page.get_by_text("51 of the first 60 rows would be kept.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("<b>who</b>").first).to_be_visible()
    expect(page.get_by_text("EMAIL_ADDRESS").first).to_be_visible()
    assert not place.workspace.conversations.exists()

    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("51 conversations kept")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("9 cannot be read:")).to_be_visible()
    expect(page.get_by_role("link", name="Draw a sample")).to_be_visible()
    page.reload()
    expect(page.get_by_text("51 conversations kept")).to_be_visible()


def test_an_upload_is_imported_and_parked_nowhere(page: Page, server: str, place: Place, tmp_path: Path) -> None:
    """Three megabytes go from the browser into the workspace; only their scrubbed form is on any disk."""
    log = write(tmp_path / "upload.jsonl", 70, broken=3_000_000)
    page.goto(f"{server}/imports")
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(log)
    expect(page.get_by_text("60 of the first 70 rows would be kept.")).to_be_visible(timeout=60_000)
    assert holding(place.temporary) == []

    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("60 conversations kept")).to_be_visible(timeout=120_000)
    assert "upload.jsonl" in [record.source for record in import_records(place.workspace)]
    assert holding(place.workspace.root) == []
    assert holding(place.temporary) == []


def test_the_dry_run_fits_a_narrow_window(page: Page, server: str, place: Place) -> None:
    """At 800 pixels the options stand above the dry run, and nothing runs out of the page sideways."""
    (file,) = offered_files(place.folder).files
    page.set_viewport_size({"width": 800, "height": 1000})
    page.goto(f"{server}/imports?log={file.file_id}")
    headline = page.get_by_text("51 of the first 60 rows would be kept.")
    expect(headline).to_be_visible(timeout=60_000)

    button = page.get_by_role("button", name="Import", exact=True).bounding_box()
    shown = headline.bounding_box()
    assert button is not None
    assert shown is not None
    assert shown["y"] > button["y"]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
