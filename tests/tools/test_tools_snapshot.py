"""Tests of the repository as it was: the right commit, and no way out of its tree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from repositories import git

from deploysim.errors import InputError
from deploysim.tools.snapshot import PathError, Snapshot

SECRET = "top secret of the machine"


def at(day: int) -> datetime:
    """Return noon of a day of the month in which the repository was made."""
    return datetime(2026, 3, day, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with three commits, links, a submodule, a binary file, and a secret beside it."""
    root = tmp_path_factory.mktemp("repository")
    (root / "secret.txt").write_text(SECRET)
    other, main = root / "other", root / "main"
    for folder in (other, main):
        folder.mkdir()
        git(folder, "init", "-b", "main")
    (other / "inside.txt").write_text("of the submodule")
    git(other, "add", ".")
    git(other, "commit", "-m", "other")
    (main / "src").mkdir()
    (main / "src" / "app.py").write_text("value = 1\nprint(value)\n")
    (main / "notes.txt").write_text("first\n")
    git(main, "add", ".")
    git(main, "commit", "-m", "begin", day=5)
    (main / "src" / "app.py").write_text("value = 2\nprint(value)\n")
    (main / "data.bin").write_bytes(b"\0\1\2")
    (main / "link").symlink_to("../secret.txt")
    (main / "folder_link").symlink_to("/")
    git(main, "submodule", "add", str(other), "module")
    git(main, "add", ".")
    git(main, "commit", "-m", "change\n\nwith a body", day=10)
    git(main, "checkout", "-b", "side", day=11)
    (main / "src" / "side.py").write_text("pass\n")
    git(main, "add", ".")
    git(main, "commit", "-m", "on the side", day=12)
    git(main, "checkout", "main")
    git(main, "merge", "--no-ff", "side", "-m", "merge", day=20)
    return main


@pytest.fixture
def early(repository: Path) -> Iterator[Snapshot]:
    """The repository on the seventh."""
    snapshot = Snapshot(repository, at(7))
    yield snapshot
    snapshot.close()


@pytest.fixture
def late(repository: Path) -> Iterator[Snapshot]:
    """The repository on the fifteenth, when the side branch was not merged yet."""
    snapshot = Snapshot(repository, at(15))
    yield snapshot
    snapshot.close()


def test_a_file_is_seen_as_it_was(early: Snapshot, late: Snapshot) -> None:
    """What was changed after the moment is not seen."""
    assert early.read("src/app.py").startswith("value = 1")
    assert late.read("./src//app.py").startswith("value = 2")
    assert early.names() == ["notes.txt", "src/"]


def test_what_was_merged_later_is_not_there_yet(late: Snapshot, repository: Path) -> None:
    """A commit made on a branch in time reached this one only with the merge."""
    with pytest.raises(PathError, match="does not exist"):
        late.read("src/side.py")
    merged = Snapshot(repository, at(25))
    assert merged.names("src") == ["app.py", "side.py"]
    merged.close()


def test_history_ends_at_the_moment(early: Snapshot, late: Snapshot) -> None:
    """Newest first, with the first line of each message."""
    assert [line.split(" ", 2)[1:] for line in late.log()] == [["2026-03-10", "change"], ["2026-03-05", "begin"]]
    assert len(early.log()) == 1
    assert len(late.log("notes.txt")) == 1


def test_searching_says_where(late: Snapshot) -> None:
    """Regular expressions, or plain words where they are none."""
    assert late.search("value =") == ["src/app.py:1:value = 2"]
    assert late.search(r"^print\(", "src") == ["src/app.py:2:print(value)"]
    assert late.search("print(value") == ["src/app.py:2:print(value)"]
    assert late.search("nowhere") == []


def test_a_pattern_that_takes_for_ever_is_stopped(tmp_path: Path) -> None:
    """A model writes the pattern."""
    git(tmp_path, "init", "-b", "main")
    (tmp_path / "a.txt").write_text("a" * 40 + "!\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "a")
    snapshot = Snapshot(tmp_path, at(2))
    with pytest.raises(PathError, match="too long"):
        snapshot.search(r"(a|aa|a?a)+$(?<!!)")
    snapshot.close()


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "src/../../secret.txt",
        "..\\secret.txt",
        "/etc/passwd",
        "~/.bashrc",
        "C:\\secret.txt",
        "link",
        "folder_link/etc/passwd",
        "module",
        "module/inside.txt",
        ".git/config",
        "data.bin",
        "src/app.py/x",
        "a\0b",
        "no such file",
    ],
)
def test_no_path_leads_anywhere_else(late: Snapshot, path: str) -> None:
    """Neither up, nor through links, nor into submodules, nor to what is no text."""
    with pytest.raises(PathError) as caught:
        late.read(path)
    assert SECRET not in str(caught.value)


def test_searching_and_listing_follow_no_links_either(late: Snapshot) -> None:
    """A link is a name in a list, and nothing more."""
    assert "link" in late.names()
    assert late.search("secret") == []
    with pytest.raises(PathError):
        late.names("folder_link")
    with pytest.raises(PathError, match="outside"):
        late.log("../x")


def test_what_cannot_be_looked_at_is_said(repository: Path, tmp_path: Path) -> None:
    """Too early, no such branch, no repository, no commit."""
    with pytest.raises(InputError, match="begins on 2026-03-05"):
        Snapshot(repository, at(1))
    with pytest.raises(InputError, match="no branch 'none'"):
        Snapshot(repository, at(20), branch="none")
    with pytest.raises(InputError, match="no git repository"):
        Snapshot(tmp_path, at(20))
    git(tmp_path, "init", "-b", "main")
    with pytest.raises(InputError, match="no commit yet"):
        Snapshot(tmp_path, at(20))


def test_another_branch_and_nothing_is_written(repository: Path) -> None:
    """A side branch by its name; looking changes no file of the repository."""
    before = sorted((p, p.stat().st_mtime_ns) for p in repository.rglob("*") if p.is_file())
    side = Snapshot(repository, at(13), branch="side")

    assert "side.py" in side.names("src")
    side.close()
    assert before == sorted((p, p.stat().st_mtime_ns) for p in repository.rglob("*") if p.is_file())
