"""From a log to scrubbed conversations, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from makers import NOW, write_log

from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.store.conversations import conversation_index, get_conversation
from deploysim.store.imports import import_records
from deploysim.store.workspace import Workspace

SETTINGS = read_settings({})
MARKERS = {
    "person": "Zebulon Quixworth",
    "email": "zebulon.quixworth@quixmail.test",
    "phone": "+1 415 555 0132",
    "card": "4111 1111 1111 1111",
    "user": "customer-quix-77812",
    "id": "session-quix-99120",
    "city": "zebulon.quixworth.meta@quixmail.test",
}


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path / "ws")


def test_nothing_raw_is_kept_anywhere(here: Workspace, tmp_path: Path) -> None:
    """Markers planted as personal data in every field are in no file of the workspace."""
    text = f"I am {MARKERS['person']}, {MARKERS['email']}, call {MARKERS['phone']}, card {MARKERS['card']}."
    row = {
        "id": MARKERS["id"],
        "user": MARKERS["user"],
        "metadata": {"contact": MARKERS["city"]},
        "messages": [
            {"role": "user", "content": text},
            {"role": "assistant", "content": f"Hello {MARKERS['person']}!"},
        ],
    }
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(row) + "\n", encoding="utf-8")

    result = import_file(here, log, ImportOptions(), settings=SETTINGS, now=NOW)
    kept = b"".join(path.read_bytes() for path in here.root.rglob("*") if path.is_file())
    stored = get_conversation(here, conversation_index(here)["conversation_id"][0])
    kept += repr(stored).encode()
    assert result.record.conversations == 1
    for marker in MARKERS.values():
        assert marker.encode() not in kept
    assert b"Quixworth" not in kept


def test_the_same_file_again_adds_nothing(here: Workspace, tmp_path: Path) -> None:
    """A second import, under the same or another name, keeps what is there."""
    log = write_log(tmp_path / "log.jsonl", 3)
    first = import_file(here, log, ImportOptions(), settings=SETTINGS, now=NOW)
    again = import_file(here, log, ImportOptions(), settings=SETTINGS, now=NOW)
    copy = tmp_path / "copy.jsonl"
    copy.write_text(log.read_text() + "\n")
    renamed = import_file(here, copy, ImportOptions(), settings=SETTINGS, now=NOW)

    assert [first.added, again.added, renamed.added] == [True, False, False]
    assert len(import_records(here)) == 1
    assert conversation_index(here).height == 3


def test_rows_that_cannot_be_read_are_named_with_row_and_reason(here: Workspace, tmp_path: Path) -> None:
    """A broken line costs itself only."""
    log = write_log(tmp_path / "log.jsonl", 2)
    log.write_text(log.read_text() + "{broken\n" + '{"messages": []}\n', encoding="utf-8")

    record = import_file(here, log, ImportOptions(), settings=SETTINGS, now=NOW).record
    assert record.conversations == 2
    assert [row["row"] for row in record.rejected] == [3]
    assert record.excluded == {"no messages": 1}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.jsonl", "", "empty.jsonl"),
        ("prose.txt", "Dear diary, nothing happened.\n", "prose.txt"),
        ("alone.jsonl", '{"messages": [{"role": "user", "content": "hi"}]}\n', "no assistant response"),
    ],
)
def test_a_file_without_a_good_row_is_an_error_and_leaves_nothing(
    here: Workspace, tmp_path: Path, name: str, content: str, says: str
) -> None:
    """The error gives the first reasons, and the workspace is as before."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        import_file(here, path, ImportOptions(), settings=SETTINGS, now=NOW)
    assert says in str(caught.value)
    assert import_records(here) == []
    assert list(here.conversations.glob("*")) == []


def test_progress_knows_the_end(here: Workspace, tmp_path: Path) -> None:
    """At the end as many rows are done as the file was said to have."""
    log = write_log(tmp_path / "log.jsonl", 5)
    log.write_text(log.read_text() + "{broken\n", encoding="utf-8")
    seen: list[tuple[int, int]] = []

    import_file(
        here, log, ImportOptions(), settings=SETTINGS, now=NOW, progress=lambda c: seen.append((c.done(), c.rows))
    )
    assert seen[-1] == (6, 6)
    assert seen == sorted(seen)


def test_ids_do_not_depend_on_the_workspace(here: Workspace, tmp_path: Path) -> None:
    """Two workspaces with keys of their own give a conversation the same id, so that a seed draws the same."""
    log = write_log(tmp_path / "log.jsonl", 4)
    twin = Workspace(tmp_path / "twin")
    for workspace in (here, twin):
        import_file(workspace, log, ImportOptions(), settings=SETTINGS, now=NOW)

    ids = [set(conversation_index(w)["conversation_id"]) for w in (here, twin)]
    users = [set(conversation_index(w)["user_key"]) for w in (here, twin)]
    assert ids[0] == ids[1]
    assert users[0].isdisjoint(users[1])


def test_wildchat_imports_with_its_exclusions_explained(here: Workspace, shared_data) -> None:
    """All 380 rows of the real file are kept, or left out with a reason."""
    path = shared_data("wildchat")

    record = import_file(here, path, ImportOptions(), settings=SETTINGS, now=NOW).record
    assert record.conversations + record.duplicates + sum(record.excluded.values()) + record.rejected_rows == 380
    assert record.conversations > 350
    assert record.excluded.get("could not be scrubbed", 0) == 0
