"""Which files the administrator's folder offers, and that nothing outside it can be reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploysim.errors import ConfigError, NotFoundError
from deploysim.pipeline import offering
from deploysim.pipeline.offering import chosen_by, offered_file, offered_files


def put(path: Path, *, changed: int = 0) -> Path:
    """Write a small file that was changed at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (changed, changed))
    return path


def test_files_are_offered_newest_first(tmp_path: Path) -> None:
    """Files of inner folders too, by their name within the folder; hidden files and folders are not."""
    put(tmp_path / "old.jsonl", changed=1_000)
    put(tmp_path / "inner" / "new.jsonl", changed=2_000)
    put(tmp_path / ".hidden.jsonl")
    put(tmp_path / ".git" / "config")

    offer = offered_files(tmp_path)
    assert [(file.name, file.size) for file in offer.files] == [("inner/new.jsonl", 2), ("old.jsonl", 2)]
    assert offer.complete


@pytest.mark.parametrize("kind", ["file", "folder", "chain"])
def test_no_link_leads_out_of_the_folder(tmp_path: Path, kind: str) -> None:
    """A symbolic link to a file or folder elsewhere is not offered; one within the folder is."""
    inside, outside = tmp_path / "in", put(tmp_path / "out" / "secret.jsonl")
    own = put(inside / "own.jsonl")
    (inside / "alias.jsonl").symlink_to(own)
    if kind == "folder":
        (inside / "link").symlink_to(outside.parent)
    else:
        (inside / "link.jsonl").symlink_to(outside)
    if kind == "chain":
        (inside / "chain.jsonl").symlink_to(inside / "link.jsonl")

    assert sorted(file.name for file in offered_files(inside).files) == ["alias.jsonl", "own.jsonl"]


@pytest.mark.parametrize("file_id", ["../../etc/passwd", "/etc/passwd", "", "0" * 12])
def test_an_id_that_is_not_offered_is_not_found(tmp_path: Path, file_id: str) -> None:
    """Ids stand for offered files: no path can be written in their place."""
    put(tmp_path / "own.jsonl")

    with pytest.raises(NotFoundError):
        offered_file(tmp_path, file_id)


def test_a_file_is_found_by_its_id(tmp_path: Path) -> None:
    """Names may be anything that a file can be called, bytes that are no text too."""
    put(tmp_path / "<b>*a*.jsonl")
    put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jsonl")))

    found = offered_files(tmp_path).files
    assert sorted(file.name for file in found) == ["<b>*a*.jsonl", "\ufffd.jsonl"]
    for file in found:
        assert offered_file(tmp_path, file.file_id).path.read_text() == "{}"


def test_pipes_and_unreadable_names_are_not_offered(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever; a dangling or circular link leads nowhere."""
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "none.jsonl")
    (tmp_path / "circle.jsonl").symlink_to(tmp_path / "circle.jsonl")

    assert offered_files(tmp_path).files == ()


def test_words_narrow_the_list(tmp_path: Path) -> None:
    """All words must be in the name, in any case and order."""
    for name in ("May/Chats.jsonl", "may/other.jsonl", "june/chats.jsonl"):
        put(tmp_path / name)

    offer = offered_files(tmp_path)
    assert [file.name for file in chosen_by(offer, "CHATS may")] == ["May/Chats.jsonl"]
    assert len(chosen_by(offer, " ")) == 3


def test_a_missing_folder_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    """The setting that names it is in the message."""
    with pytest.raises(ConfigError, match="is not there") as error:
        offered_files(tmp_path / "none")

    assert "DEPLOYSIM_IMPORT_FOLDER" in str(error.value)


def test_a_huge_folder_is_offered_in_part_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stays quick."""
    monkeypatch.setattr(offering, "MOST_FILES", 3)
    for n in range(5):
        put(tmp_path / f"{n}.jsonl")

    offer = offered_files(tmp_path)
    assert (len(offer.files), offer.complete) == (3, False)
