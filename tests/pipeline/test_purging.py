"""Tests of erasure over a whole workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock
from makers import NOW, compared_workspace, conversation, write_log
from typer.testing import CliRunner
from whole_workspace import everything_in

from deploysim.__main__ import app
from deploysim.config import read_settings
from deploysim.errors import BusyError, InputError, NotFoundError
from deploysim.pipeline import purging
from deploysim.pipeline.forecasting import all_forecasts, edited_forecasts
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.lanes import Lanes, graded_name
from deploysim.pipeline.purging import Erasure, erased_note, erasure, purge, reach
from deploysim.store.conversations import conversation_index
from deploysim.store.files import sha256_file
from deploysim.store.import_writer import ImportWriter
from deploysim.store.imports import import_records
from deploysim.store.journal import Journal
from deploysim.store.responses import responses
from deploysim.store.runs import journal_path, read_run
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.samples import list_samples, load_sample, sample_path
from deploysim.store.tombstones import erased_keys, tombstones
from deploysim.store.workspace import Workspace, keyed_hash, workspace_key

LATER = NOW + timedelta(days=1)
MARKS = ("about the number 7.",)
"""Text that only conversation 7 of the log holds."""


@pytest.fixture(scope="module")
def _master(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Lanes]:
    return compared_workspace(tmp_path_factory.mktemp("master"), count=12)


@pytest.fixture
def full(_master: tuple[Workspace, Lanes], tmp_path: Path) -> tuple[Workspace, Lanes]:
    """A workspace of its own with everything in it up to a forecast, with a run's journal and a review too."""
    here = Workspace(tmp_path / "ws")
    shutil.copytree(_master[0].root, here.root)
    lanes = _master[1]
    with Journal(journal_path(here, lanes.candidate or "")) as journal:
        journal.append(responses(here, lanes.candidate or "").to_dicts())
    with Journal(here.root / "reviews" / "one.jsonl") as journal:
        row = {"conversation_id": seventh(here), "verdict": "leak", "start": 3, "end": 9, "note": "about the number 7."}
        journal.append([row, {"conversation_id": "0" * 12, "verdict": "clean", "note": "kept"}])
    return here, lanes


def seventh(workspace: Workspace) -> str:
    """Return the id of the conversation that holds the marks."""
    rows = conversation_index(workspace).filter(pl.col("row") == 8)
    return str(rows["conversation_id"][0])


def wanted(workspace: Workspace) -> Erasure:
    """Ask for the conversation that holds the marks."""
    return Erasure(frozenset({seventh(workspace)}))


def test_nothing_of_a_conversation_stays_in_any_file(full: tuple[Workspace, Lanes]) -> None:
    """Read back in full and as bytes, no file holds its text; only ids stay, in the tombstone and in the review."""
    here, lanes = full
    mark, gone = MARKS[0], seventh(here)
    assert any(mark in text for _, text in everything_in(here.root))

    done = purge(here, wanted(here), reason="request 7", now=LATER)

    assert [path for path, text in everything_in(here.root) if mark in text] == []
    holders = {path.parent.name or path.name for path, text in everything_in(here.root) if gone in text}
    assert {"reviews", here.root.name} == holders
    assert done.samples == (lanes.sample_id,)
    assert gone in erased_keys(here)


def test_what_stays_is_consistent(full: tuple[Workspace, Lanes]) -> None:
    """Counts, positions, grades and the forecast's file agree after an erasure."""
    here, lanes = full
    frozen = {path: path.read_bytes() for path in here.forecasts.glob("*.json")}
    kept = responses(here, lanes.candidate or "").filter(~pl.col("prefix_id").str.starts_with(seventh(here)))

    purge(here, wanted(here), reason="", now=LATER)

    record = import_records(here)[0]
    assert (record.conversations, record.messages, record.excluded) == (11, 22 + 11, {"erased on request": 1})
    about = list_samples(here)[0]
    sampled = list(prefixes(here, lanes.sample_id))
    assert (about.size, len(sampled), about.exclusions["conversations erased on request"]) == (11, 11, 1)
    assert list(range(11)) == [one.about["position"] for one in sampled]
    for run in (lanes.candidate, lanes.baseline):
        assert read_run(here, run or "").prefixes == 11
        name = graded_name(here, lanes.sample_id, run)
        assert all((folder / f"{name}.parquet").exists() for folder in here.grades.iterdir())
    assert kept.equals(responses(here, lanes.candidate or ""))
    assert frozen == {path: path.read_bytes() for path in here.forecasts.glob("*.json")}
    assert edited_forecasts(here) == []
    review = [json.loads(line) for line in (here.root / "reviews" / "one.jsonl").read_text().splitlines()]
    assert [row["verdict"] for row in review] == ["leak", "clean"]
    assert "note" not in review[0]
    assert review[1]["note"] == "kept"


def test_the_tombstone_names_the_files_by_their_hashes(full: tuple[Workspace, Lanes]) -> None:
    """Each rewritten file stands there with the new hash; the old one is the hash that it had."""
    here, _ = full
    before = {p.relative_to(here.root).as_posix(): sha256_file(p) for p in here.root.rglob("*") if p.is_file()}

    [tombstone] = purge(here, wanted(here), reason="request 7", now=LATER).tombstones

    assert tombstone.reason == "request 7"
    assert tombstone.done
    assert {"conversations", "samples", "runs", "grades", "reviews"} == {f.file.split("/")[0] for f in tombstone.files}
    for one in tombstone.files:
        path = here.root / one.file
        assert before[one.file] == one.before
        assert one.after == (sha256_file(path) if path.exists() else None)


def test_forecasts_made_before_are_marked_and_later_ones_are_not(full: tuple[Workspace, Lanes]) -> None:
    """A forecast says how many conversations that it rests on are gone."""
    here, lanes = full
    made = all_forecasts(here)[0].forecast.created_at
    assert erased_note(here, lanes.sample_id, since=made) == ""

    purge(here, wanted(here), reason="", now=LATER)

    said = "Rests on 1 conversation that was erased on request since."
    assert said == erased_note(here, lanes.sample_id, since=made)
    assert erased_note(here, lanes.sample_id, since=(LATER + timedelta(days=1)).isoformat()) == ""
    result = CliRunner().invoke(app, ["status", "--workspace", str(here.root)])
    assert said in result.output


def test_all_of_a_user_goes(full: tuple[Workspace, Lanes]) -> None:
    """A raw identifier is hashed under the workspace's key and finds all conversations of its user, and only those."""
    here, _ = full
    key = workspace_key(here, "")
    purge(here, erasure([], [], ["user-2"], key), reason="", now=LATER)

    hashed = keyed_hash(key, "user", "user-2")
    index = conversation_index(here)
    assert (index.height, index.filter(pl.col("user_key") == hashed).height) == (10, 0)
    assert hashed in erased_keys(here)
    assert not any("user-2" in text for _, text in everything_in(here.root))


def test_a_user_who_is_not_here_is_kept_out_from_now_on(full: tuple[Workspace, Lanes]) -> None:
    """An identifier that no conversation has leaves a tombstone, once."""
    here, _ = full
    stranger = Erasure(user_keys=frozenset({"ab" * 8}))
    first, second = (purge(here, stranger, reason="", now=LATER) for _ in range(2))

    assert (len(first.tombstones), len(second.tombstones)) == (1, 0)
    assert "ab" * 8 in erased_keys(here)


class _KilledError(BaseException):
    """Stands for a process that is killed: nothing catches it."""


STEPS = ("erase_from_import", "erase_from_sample", "erase_from_run", "count_run_anew", "erase_rows", "bare_lines")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_erasure_is_finished_by_the_next(
    full: tuple[Workspace, Lanes], monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    """Killed before or after any step, the workspace can be read, and the same call ends where an unbroken one does."""
    here, lanes = full
    asked = wanted(here)
    real: Callable[..., None] = getattr(purging, step)

    def killed(*args: object, **named: object) -> None:
        if after:
            real(*args, **named)
        raise _KilledError

    monkeypatch.setattr(purging, step, killed)
    with pytest.raises(_KilledError):
        purge(here, asked, reason="", now=LATER)
    monkeypatch.setattr(purging, step, real)
    assert len(list(prefixes(here, lanes.sample_id))) in (11, 12)
    assert asked.conversation_ids <= erased_keys(here)

    done = purge(here, asked, reason="", now=LATER)

    assert [True] == [one.done for one in tombstones(here)] == [one.done for one in done.tombstones]
    assert [path for path, text in everything_in(here.root) if MARKS[0] in text] == []
    assert (import_records(here)[0].conversations, read_run(here, lanes.candidate or "").prefixes) == (11, 11)
    assert import_records(here)[0].excluded == {"erased on request": 1}


def test_a_real_kill_leaves_no_half_of_a_file(full: tuple[Workspace, Lanes]) -> None:
    """What a process was writing when it was killed goes with the next erasure, as it may hold anything."""
    here, _ = full
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    partial = here.samples / f".abc.duckdb.{ended.pid}.part"
    partial.write_text("about the number 7.")

    purge(here, wanted(here), reason="", now=LATER)

    assert not partial.exists()


@pytest.mark.parametrize("busy", ["run", "import", "partial"])
def test_what_is_being_written_is_not_purged(full: tuple[Workspace, Lanes], busy: str) -> None:
    """A run or an import at work, or a file in the making, refuses the erasure before anything is changed."""
    here, lanes = full
    before = {path: sha256_file(path) for path in here.root.rglob("*") if path.is_file() and "lock" not in path.name}
    locks = {
        "run": f"{journal_path(here, lanes.candidate or '')}.lock",
        "import": str(here.conversations / f".{'b' * 12}.lock"),
        "partial": str(here.root / "other.lock"),
    }
    if busy == "partial":
        partial = here.samples / f".abc.duckdb.{os.getppid()}.part"
        partial.write_text("")
        before[partial] = sha256_file(partial)

    with FileLock(locks[busy]), pytest.raises(BusyError):
        purge(here, wanted(here), reason="", now=LATER)

    now = {path: sha256_file(path) for path in here.root.rglob("*") if path.is_file() and "lock" not in path.name}
    assert before == {path: digest for path, digest in now.items() if path.name != "tombstones.jsonl"}
    assert tombstones(here) == []


def test_an_interrupted_import_that_holds_it_begins_anew(full: tuple[Workspace, Lanes]) -> None:
    """Parts of an import that was killed hold scrubbed text too; those with the conversation go as a whole."""
    here, _ = full
    gone = seventh(here)

    with ImportWriter(here, "b" * 12) as writer:
        writer.add(replace(conversation(1), conversation_id=gone))
        writer.seal({})
    with ImportWriter(here, "c" * 12) as writer:
        writer.add(conversation(2))
        writer.seal({})

    purge(here, Erasure(frozenset({gone})), reason="", now=LATER)

    assert [f".{'c' * 12}.parts"] == [path.name for path in here.conversations.glob(".*.parts")]


def test_a_sample_that_still_holds_it_is_not_loaded(full: tuple[Workspace, Lanes], tmp_path: Path) -> None:
    """A copy that was handed out before cannot bring the conversation back."""
    here, lanes = full
    copy = tmp_path / "handed-out.duckdb"
    shutil.copyfile(sample_path(here, lanes.sample_id), copy)
    purge(here, wanted(here), reason="", now=LATER)

    with pytest.raises(InputError, match="erased"):
        load_sample(here, copy)


def test_an_unknown_conversation_is_an_error(full: tuple[Workspace, Lanes]) -> None:
    """A wrong id must not pass for an erasure."""
    with pytest.raises(NotFoundError):
        reach(full[0], Erasure(frozenset({"f" * 12})))


def test_the_command_shows_asks_and_erases(full: tuple[Workspace, Lanes]) -> None:
    """A dry run changes nothing, a script needs --yes, and raw identifiers come from standard input."""
    here, lanes = full
    run = CliRunner().invoke
    where = ["--workspace", str(here.root)]
    command = ["purge", seventh(here), *where]

    dry = run(app, [*command, "--dry-run"])
    assert dry.exit_code == 0
    assert "Nothing was changed" in dry.output
    assert lanes.sample_id in dry.output
    refused = run(app, command)
    assert isinstance(refused.exception, InputError)
    assert tombstones(here) == []
    erased = run(app, [*command, "--yes"])
    assert "1 conversation erased" in erased.output
    assert "beyond reach" in erased.output
    user = run(app, ["purge", "--user-id", "-", "--yes", *where], input="user-3\n")
    assert "erased" in user.output
    assert "user-3" not in user.output
    again = run(app, [*command, "--yes"])
    assert again.exit_code == 0
    assert "keeps it out" in again.output


def test_what_was_erased_is_not_imported_again(full: tuple[Workspace, Lanes], tmp_path: Path) -> None:
    """The same log, even imported anew, leaves the erased conversation and the erased user's out, and counts them."""
    here, _ = full
    purge(here, wanted(here), reason="", now=LATER)
    purge(here, erasure([], [], ["user-3"], workspace_key(here, "")), reason="", now=LATER)
    log = write_log(tmp_path / "log.jsonl", 12)

    record = import_file(here, log, ImportOptions(), settings=read_settings({}), now=LATER, again=True).record

    assert record.excluded == {"erased on request": 3}
    assert record.conversations == 9
