"""Imports that are killed, done again, or not scrubbed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from makers import NOW, write_log

from deploysim.config import read_settings
from deploysim.errors import BusyError
from deploysim.pipeline import importing
from deploysim.pipeline.import_counts import ImportCounts
from deploysim.pipeline.importing import NOT_SCRUBBED_HERE, ImportOptions, ImportResult, import_file
from deploysim.store import import_writer
from deploysim.store.conversations import conversation_index, get_conversation
from deploysim.store.import_writer import ImportWriter
from deploysim.store.imports import import_records
from deploysim.store.workspace import Workspace

SETTINGS = read_settings({})
AS_IT_IS = ImportOptions(scrub=False)


class KilledError(Exception):
    """Stands for a kill: nothing in the import catches it."""


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path / "ws")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with ten conversations, a double, a broken line and one without a response."""
    path = write_log(tmp_path / "log.jsonl", 10)
    lines = path.read_text(encoding="utf-8").splitlines()
    alone = json.dumps({"messages": [{"role": "user", "content": "hello?"}]})
    path.write_text("\n".join([*lines[:2], "{broken", lines[0], alone, *lines[2:]]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal a part after every conversation."""
    monkeypatch.setattr(import_writer, "PART_SECONDS", 0.0)


def run(here: Workspace, log: Path, options: ImportOptions = AS_IT_IS, **more: Any) -> ImportResult:
    """Import a log."""
    return import_file(here, log, options, settings=SETTINGS, now=NOW, **more)


def kill_after(count: int) -> Any:
    """Return a progress callback that ends the process, as it were, once so many are kept."""

    def progress(counts: ImportCounts) -> None:
        if counts.kept == count:
            raise KilledError

    return progress


@pytest.mark.parametrize("at", [1, 4, 9])
def test_a_killed_import_goes_on_and_ends_as_if_nothing_had_happened(
    here: Workspace, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Nothing is scrubbed twice, nothing is lost, and all counts are those of an import that was not disturbed."""
    whole = run(Workspace(tmp_path / "undisturbed"), log)
    with pytest.raises(KilledError):
        run(here, log, progress=kill_after(at))
    assert import_records(here) == []

    scrubbed: list[str] = []
    original = importing._Import._scrubbed

    def counted(job: Any, raws: Iterator[Any]) -> Iterator[Any]:
        for result in original(job, raws):
            scrubbed.append(result.conversation_id)
            yield result

    monkeypatch.setattr(importing._Import, "_scrubbed", counted)
    result = run(here, log)

    assert result.record == whole.record
    assert len(scrubbed) == 10 - at
    assert conversation_index(here)["conversation_id"].n_unique() == 10
    assert (result.record.duplicates, result.record.rejected_rows, result.record.excluded) == (
        1,
        1,
        {"no assistant response after a user message": 1},
    )
    assert [path.suffix for path in sorted(here.conversations.iterdir())] == [".json", ".parquet"]


def test_a_killed_import_starts_over_when_the_policy_has_changed(
    here: Workspace, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was scrubbed by another policy is not mixed with what this one gives."""
    with pytest.raises(KilledError):
        run(here, log, progress=kill_after(4))
    seen: list[int] = []
    monkeypatch.setattr(importing, "pipeline_model", lambda name: "another pipeline 9.9")

    run(here, log, progress=lambda counts: seen.append(counts.kept))
    assert seen[0] == 1
    assert conversation_index(here).height == 10


def test_two_processes_do_not_write_one_import(here: Workspace, log: Path) -> None:
    """The second says so and touches nothing."""
    result = run(here, log)
    with ImportWriter(here, result.record.import_id), pytest.raises(BusyError, match="same file"):
        run(here, log, again=True)
    assert conversation_index(here).height == 10


def test_again_puts_the_new_import_in_the_place_of_the_old(here: Workspace, log: Path) -> None:
    """The same conversations, once, scrubbed as the new options say."""
    before = run(here, log).record
    unchanged = run(here, log, ImportOptions(placeholders=True))
    after = run(here, log, ImportOptions(placeholders=True), again=True)

    assert not unchanged.added
    assert after.added
    assert [r.import_id for r in import_records(here)] == [after.record.import_id]
    assert after.record.import_id != before.import_id
    assert after.record.scrubbing == "placeholders"
    assert conversation_index(here).height == 10


def test_a_log_scrubbed_elsewhere_is_kept_as_it_is_and_recorded_so(here: Workspace, tmp_path: Path) -> None:
    """The text stays, and the record does not claim that a policy was applied; users still become hashes."""
    row = {
        "id": "a1",
        "user": "someone",
        "messages": [
            {"role": "user", "content": "I am <PERSON_1>, born 1970-01-01."},
            {"role": "assistant", "content": "Hello <PERSON_1>!"},
        ],
    }
    path = tmp_path / "scrubbed.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")

    record = run(here, path).record
    stored = get_conversation(here, conversation_index(here)["conversation_id"][0])
    assert stored.messages[0].content == "I am <PERSON_1>, born 1970-01-01."
    assert (record.scrubbing, record.scrub_fingerprint, record.replaced) == (NOT_SCRUBBED_HERE, "", {})
    assert stored.about["user_key"] != "someone"


def test_rejected_rows_are_counted_without_being_collected(here: Workspace, tmp_path: Path) -> None:
    """A file of broken rows takes no memory for each of them."""
    log = write_log(tmp_path / "log.jsonl", 1)
    log.write_text(log.read_text() + "{broken\n" * 500, encoding="utf-8")

    record = run(here, log).record
    assert record.rejected_rows == 500
    assert len(record.rejected) == 20
